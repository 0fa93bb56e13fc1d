import { sourceAround } from '../source-around.js'
import { TicketSocket, type TicketSocketOptions } from '../ticket-socket.js'
import type { TicketSource } from '../ticket-source.js'

// All is said; only a login helps; only whoever deploys can help.
const FINAL_CLOSE_CODES: readonly unknown[] = [1000, 3000, 3003]

/** What libraries take in the place of `WebSocket`. */
export interface TicketWebSocket {
  readonly prototype: TicketSocket
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
  new (url: string | URL, protocols?: string | string[]): TicketSocket
}

/**
 * Makes a `WebSocket` with tickets for libraries that reconnect by themselves: each `new` is one connection.
 *
 * Until it is open, a `TicketSocket` does what it always does: it fetches a ticket, waits while the ticket route is down, and
 * is told refusals. Once open, it renews its session. With its connection it ends, and the library makes the next one. It
 * fires no `error`, which says nothing and which libraries take for fatal: what happened is in the `close` that follows.
 *
 * @example
 * const TicketWebSocket = ticketWebSocket(ticketSource({ url, credential }))
 * createClient({ url: 'wss://api.example.com/graphql', webSocketImpl: TicketWebSocket, shouldRetry: mayReconnect })
 */
export function ticketWebSocket(
  tickets: TicketSource,
  options: Omit<TicketSocketOptions, 'tickets' | 'protocols'> = {},
): TicketWebSocket {
  // The library's sockets come one after the other: what counts failures has to take them for one.
  const by = {}
  const { settled } = tickets
  const asOne = sourceAround(tickets, {
    grant: (grantOptions) => tickets.grant({ ...grantOptions, by }),
    ...(settled && { settled: (outcome) => settled.call(tickets, { ...outcome, by }) }),
  })
  return class extends TicketSocket {
    #ended = false

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, { ...options, tickets: asOne, protocols })
      // Before any listener of the library's.
      this.addEventListener('error', (event) => event.stopImmediatePropagation())
      this.addEventListener('close', (event) => {
        if (this.#ended) return event.stopImmediatePropagation()
        this.#ended = true
        this.close()
      })
    }
  }
}

/** Tells of a `close` whether there is something to come back for; of anything else, that there is not. */
export function mayReconnect(ended: unknown): boolean {
  return ended instanceof Object && 'code' in ended && !FINAL_CLOSE_CODES.includes(ended.code)
}
