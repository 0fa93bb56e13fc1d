import type { SocketConstructor, TicketSource } from '@wsticket/client'
import type { ticketWebSocket } from '@wsticket/client/libraries'

/** A library with a connection, as the demonstration and the tests see it. */
export interface Line {
  /** Says something and resolves with what comes back: `ada: hello`. */
  ask(text: string): Promise<string>
  /** The subprotocol that was negotiated, as far as the library shows it. */
  readonly protocol: string
  close(): void
}

/** What a line is made of. */
export interface LineParts {
  readonly http: string
  readonly ws: string
  readonly tickets: TicketSource
  /** Where the runtime has none. */
  readonly WebSocket?: SocketConstructor | undefined
  /** How soon the library's own reconnects begin, in milliseconds. @default as it comes */
  readonly paceMs?: number | undefined
  /** Called when it has given up, with the reason that a user would be shown. */
  readonly onStopped: (reason: string) => void
}

/** What a `ticketWebSocket` of a line goes by. */
export function socketOptions({ WebSocket, paceMs }: LineParts): Parameters<typeof ticketWebSocket>[1] {
  // The first window is a second wide.
  return { WebSocket, ...(paceMs === undefined ? {} : { random: () => paceMs / 1000 }) }
}

/** Connects by a library. */
export type OpenLine = (parts: LineParts) => Line

/** Sorts answers to those who wait for them. */
export class Answers {
  readonly #waiting = new Map<string, (answer: string) => void>()

  /** Resolves with the answer that ends with this text. */
  to(text: string): Promise<string> {
    return new Promise((resolve) => this.#waiting.set(text, resolve))
  }

  take(answer: string): void {
    const text = answer.replace(/^\w+: /, '')
    this.#waiting.get(text)?.(answer)
    this.#waiting.delete(text)
  }
}
