import { isFinal } from '@wsticket/client/libraries'

// Widest window of the first wait, and of any: see the backoff of `TicketSocket`.
const FIRST_WINDOW_MS = 1000
const LONGEST_WINDOW_MS = 15_000

/** Why there is no connection: a `TicketError`, or what a server said when it ended one. */
export interface Failure {
  readonly code: string
  readonly retryAfterSeconds?: number | undefined
}

/** Decides how a connection goes on that failed: again after a while, with full jitter, or not at all. */
export class Comeback {
  readonly #again: () => void
  readonly #stopped: (code: string) => void
  readonly #firstWindowMs: number
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(again: () => void, stopped: (code: string) => void, firstWindowMs: number = FIRST_WINDOW_MS) {
    this.#again = again
    this.#stopped = stopped
    this.#firstWindowMs = firstWindowMs
  }

  failed(failure?: Failure): void {
    if (failure !== undefined && isFinal(failure.code)) {
      this.#stopped(failure.code)
      return
    }
    const windowMs = Math.min(LONGEST_WINDOW_MS, this.#firstWindowMs * 2 ** this.#failures++)
    const waitMs = (failure?.retryAfterSeconds ?? 0) * 1000 + Math.random() * windowMs
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#again, waitMs)
  }

  succeeded(): void {
    this.#failures = 0
  }

  cancel(): void {
    clearTimeout(this.#timer)
  }
}

/** Tells whether something that came over the wire is a failure with a code. */
export function isFailure(value: unknown): value is Failure {
  return value instanceof Object && 'code' in value && typeof value.code === 'string'
}
