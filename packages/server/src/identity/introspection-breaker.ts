import type { CircuitBreakerPolicy, IBackoff, IHalfOpenAfterBackoffContext } from 'cockatiel'
import type { Clock } from '../clock.js'
import { isWsticketError, messageOf, WsticketError } from '../errors.js'
import { AUTHENTICATE_BUDGET_MS } from './authenticate.js'

/** When an auth service that fails is left alone, and for how long. */
export interface BreakerOptions {
  /** After so many failures in a row, 1 to 1000. @default 5 */
  readonly failures?: number | undefined
  /** For so many seconds, 1 to 300, then one request tries. A longer `Retry-After` counts. @default 5 */
  readonly openSeconds?: number | undefined
}

/** The same with every default filled in. */
export interface BreakerSettings {
  readonly failures: number
  readonly openSeconds: number
}

/**
 * Failures in a row, not their share of a sample: a sample says nothing at night, when few ask, and a service that
 * answers every second time should go on being asked. Five, since one or two are a deployment or a lost packet.
 */
export const DEFAULT_FAILURES = 5
/** As long as a restart takes; a request in five seconds disturbs no recovery. */
export const DEFAULT_OPEN_SECONDS = 5

// Loaded when it is needed: it makes an AbortController as it is loaded, which Workers allow within a request only. There
// it must lie in one file with us, as their tools bundle it: what is a module of its own is loaded outside of requests.
type Cockatiel = typeof import('cockatiel')

/**
 * Leaves an auth service alone that fails, and then tries it by one request at a time; who comes during that try waits
 * for its outcome.
 *
 * The states are cockatiel's. It has no timers: when it is called it compares times, which it takes from here, so that
 * the clock is ours. (Its own comparison with the machine's clock always has the answer that ours gives.)
 */
export class Breaker {
  readonly #clock: Clock
  readonly #failures: number
  readonly #openMs: number
  #circuit: CircuitBreakerPolicy | undefined
  // While it is open; otherwise of the last time.
  #openedAt = 0
  #openUntil = 0
  #because: unknown
  #triedAt = 0

  constructor(clock: Clock, { failures, openSeconds }: BreakerSettings) {
    this.#clock = clock
    this.#failures = failures
    this.#openMs = openSeconds * 1000
  }

  /** Does the work, whose failures count, or rejects with when to come back. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const cockatiel = await import('cockatiel')
    try {
      return await this.#liveCircuit(cockatiel).execute(work)
    } catch (error) {
      if (!cockatiel.isBrokenCircuitError(error)) throw error
      throw this.#notAsked()
    }
  }

  #liveCircuit(cockatiel: Cockatiel): CircuitBreakerPolicy {
    // Where a runtime ends a request's work together with the request, a try may never be heard of again.
    const isLost = this.#triedAt + AUTHENTICATE_BUDGET_MS <= this.#clock.now()
    const known = this.#circuit
    if (known !== undefined && !(known.state === cockatiel.CircuitState.HalfOpen && isLost)) return known
    // What is half open is written down as open, with its time over.
    const circuit = this.#newCircuit(cockatiel, known?.toJSON())
    this.#circuit = circuit
    return circuit
  }

  #newCircuit(cockatiel: Cockatiel, initialState?: unknown): CircuitBreakerPolicy {
    const circuit = cockatiel.circuitBreaker(cockatiel.handleAll, {
      breaker: new cockatiel.ConsecutiveBreaker(this.#failures),
      halfOpenAfter: this.#pause(cockatiel),
      initialState,
    })
    circuit.onHalfOpen(() => {
      this.#triedAt = this.#clock.now()
    })
    return circuit
  }

  #pause(cockatiel: Cockatiel): IBackoff<IHalfOpenAfterBackoffContext> {
    const isOver = (): boolean => {
      const now = this.#clock.now()
      // A clock that was set back would keep it open for as long.
      return now >= this.#openUntil || now < this.#openedAt
    }
    const pause: IBackoff<IHalfOpenAfterBackoffContext> = {
      get duration() {
        return isOver() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
      },
      next: ({ result }) => {
        const error: unknown = 'error' in result ? result.error : undefined
        // That is no failure: a circuit goes on from where another one was.
        if (cockatiel.isHydratingCircuitError(error)) return pause
        const wished = isWsticketError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0
        this.#because = error
        this.#openedAt = this.#clock.now()
        this.#openUntil = this.#openedAt + Math.max(this.#openMs, wished)
        return pause
      },
    }
    return pause
  }

  #notAsked(): WsticketError {
    const seconds = Math.max(Math.ceil((this.#openUntil - this.#clock.now()) / 1000), 1)
    return new WsticketError(
      'identity_unavailable',
      `not asked for another ${seconds} s: ${messageOf(this.#because)}`,
      {
        remedy: isWsticketError(this.#because) ? this.#because.remedy : undefined,
        retryAfterSeconds: seconds,
      },
    )
  }
}
