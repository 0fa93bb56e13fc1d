import type { Clock } from '../clock.js'
import { limitKeyOf, type Networks } from '../request/addresses.js'
import type { Quota, Rate } from './gcra.js'
import { decideRate } from './gcra.js'

// Addresses whose rate is remembered; an attacker with more addresses than this gains what the limit per user still
// takes away.
const ADDRESSES_KEPT = 100_000
// How many make room at once when all are in use, so that a look through all of them stays rare.
const ADDRESSES_DROPPED = 10_000

/** Limits per address, in this process. An address of IPv6 counts as its /64. */
export class AddressLimits {
  readonly #clock: Clock
  readonly #exempt: Networks
  readonly #rate: Rate | undefined
  readonly #socketCap: number
  readonly #arrivals = new Map<string, number>()
  readonly #sockets = new Map<string, number>()

  constructor(parts: {
    readonly clock: Clock
    readonly exempt: Networks
    readonly rate: Rate | undefined
    readonly sockets: number
  }) {
    this.#clock = parts.clock
    this.#exempt = parts.exempt
    this.#rate = parts.rate
    this.#socketCap = parts.sockets
  }

  /** Counts one request; gives what is left, or `undefined` where there is no limit. */
  countRequest(address: string): (Quota & { readonly allowed: boolean }) | undefined {
    if (this.#rate === undefined || this.#exempt.has(address)) return undefined
    const now = this.#clock.now()
    if (this.#arrivals.size >= ADDRESSES_KEPT) this.#forget(now)
    const key = limitKeyOf(address)
    const decision = decideRate(this.#rate, this.#arrivals.get(key), now)
    if (decision.allowed) this.#arrivals.set(key, decision.arrival)
    return { ...decision.quota, allowed: decision.allowed }
  }

  /** Takes a place for a socket; what it gives back frees it. `undefined` at the cap. */
  takeSocket(address: string): (() => void) | undefined {
    const key = limitKeyOf(address)
    const count = this.#sockets.get(key) ?? 0
    if (count >= this.#socketCap && !this.#exempt.has(address)) return undefined
    this.#sockets.set(key, count + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (this.#sockets.get(key) ?? 1) - 1
      if (left === 0) this.#sockets.delete(key)
      else this.#sockets.set(key, left)
    }
  }

  #forget(now: number): void {
    for (const [key, arrival] of this.#arrivals) if (arrival <= now) this.#arrivals.delete(key)
    // All of them are recent: those that were first seen go.
    for (const key of this.#arrivals.keys()) {
      if (this.#arrivals.size <= ADDRESSES_KEPT - ADDRESSES_DROPPED) break
      this.#arrivals.delete(key)
    }
  }
}
