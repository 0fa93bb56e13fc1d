import type { Clock } from './environment.js'

/** What a WebSocket can send. */
export type Message = string | ArrayBufferLike | ArrayBufferView | Blob

/** A message as it is kept: a copy, so that later changes to the caller's buffer do not reach it. */
export type KeptMessage = string | Uint8Array<ArrayBuffer> | Blob

/** Most messages kept: what a person can have typed, not what a stream can have made. */
export const OUTBOX_MAX_MESSAGES = 256

/** Most bytes kept. */
export const OUTBOX_MAX_BYTES: number = 1024 * 1024

/** Longest wait of the oldest message: who has not been connected for so long should hear it, not type on. */
export const OUTBOX_MAX_AGE_MS = 60_000

/** Thrown by `send()` when the outbox takes no more. The message was not kept; those before it were. */
export class OutboxFullError extends Error {
  override readonly name: string = 'OutboxFullError'
  readonly code = 'outbox_full'
}

/**
 * Keeps messages until there is a connection. It holds only what was never handed to a socket: a message that was sent
 * and perhaps lost is not sent again, since nobody but the application can tell whether that would be twice.
 */
export class Outbox {
  readonly #clock: Clock
  #kept: Kept[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#kept.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0
  }

  /** Keeps a message, or throws {@link OutboxFullError}. */
  add(given: Message): void {
    const at = this.#clock.now()
    const message = copyOf(given)
    const bytes = byteLength(message)
    const [oldest = { at }] = this.#kept
    const { length } = this.#kept
    const ageMs = at - oldest.at
    if (length >= OUTBOX_MAX_MESSAGES || this.bytes + bytes > OUTBOX_MAX_BYTES || ageMs > OUTBOX_MAX_AGE_MS) {
      throw new OutboxFullError(`full: ${length} messages, ${this.bytes} bytes, ${ageMs} ms`)
    }
    this.#kept.push({ message, bytes, at })
  }

  /** Hands the messages over in their order; one whose hand-over fails stays, with all behind it. */
  flush(send: (message: KeptMessage) => void): void {
    for (let first = this.#kept[0]; first; first = this.#kept[0]) {
      send(first.message)
      this.#kept.shift()
    }
  }

  /** Forgets everything. */
  empty(): void {
    this.#kept = []
  }
}

interface Kept {
  readonly message: KeptMessage
  readonly bytes: number
  readonly at: number
}

/** Bytes of a message on the wire, without its frame. */
export function byteLength(message: KeptMessage): number {
  return new Blob([message]).size
}

/** Takes the message as it is now, as a WebSocket's own `send` does: also what is none, as a text. */
export function copyOf(message: Message): KeptMessage {
  if (message instanceof Blob) return message
  if (ArrayBuffer.isView(message)) {
    return new Uint8Array(message.buffer, message.byteOffset, message.byteLength).slice()
  }
  return message instanceof Object && 'byteLength' in message
    ? new Uint8Array(message).slice()
    : String(message)
}
