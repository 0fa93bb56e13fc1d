import type { Clock } from '../clock.js'
import { AUTHENTICATE_BUDGET_MS } from './authenticate.js'

interface Flight<T> {
  readonly outcome: Promise<T>
  readonly since: number
}

/** One call at a time for each token; who comes meanwhile gets its outcome, whatever it is. */
export class Flights<T> {
  readonly #clock: Clock
  readonly #flights = new Map<string, Flight<T>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  join(token: string, call: () => Promise<T>): Promise<T> {
    const now = this.#clock.now()
    const known = this.#flights.get(token)
    // Where a runtime ends a request's work together with the request, a call may never be heard of again.
    if (known !== undefined && now - known.since < AUTHENTICATE_BUDGET_MS) return known.outcome
    const outcome = call().finally(() => {
      if (this.#flights.get(token) === flight) this.#flights.delete(token)
    })
    const flight = { outcome, since: now }
    this.#flights.set(token, flight)
    return outcome
  }
}
