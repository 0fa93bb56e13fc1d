import type { Clock } from '../clock.js'
import { decideRate } from '../stores/gcra.js'
import type { Quota, Rate } from '../stores/store.js'
import type { Networks } from './addresses.js'

// Addresses whose rate is remembered. One more costs a look through all, so it is rare; an attacker with more
// addresses than this gains what the limit per user still takes away.
const ADDRESSES_KEPT = 100_000

/** Limits per address, in this process. */
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
    const decision = decideRate(this.#rate, this.#arrivals.get(address), now)
    if (decision.allowed) this.#arrivals.set(address, decision.arrival)
    return { ...decision.quota, allowed: decision.allowed }
  }

  /** Takes a place for a socket; what it gives back frees it. `undefined` at the cap. */
  takeSocket(address: string): (() => void) | undefined {
    const count = this.#sockets.get(address) ?? 0
    if (count >= this.#socketCap && !this.#exempt.has(address)) return undefined
    this.#sockets.set(address, count + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (this.#sockets.get(address) ?? 1) - 1
      if (left === 0) this.#sockets.delete(address)
      else this.#sockets.set(address, left)
    }
  }

  #forget(now: number): void {
    for (const [address, arrival] of this.#arrivals) if (arrival <= now) this.#arrivals.delete(address)
    // All of them are recent: the oldest go.
    for (const address of this.#arrivals.keys()) {
      if (this.#arrivals.size < ADDRESSES_KEPT) break
      this.#arrivals.delete(address)
    }
  }
}
