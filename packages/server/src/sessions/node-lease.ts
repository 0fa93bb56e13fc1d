import { type Clock, repeat } from '../clock.js'
import { isWsticketError, type WsticketError } from '../errors.js'
import { NODE_LEASE_MS } from '../stores/store.js'
import type { StoreCalls } from '../stores/store-calls.js'

// A lease lasts three times as long: one failed call, or two, costs nothing.
const KEEP_MS = 10_000
// Where it failed, soon: the sooner all nodes are back after an outage, the shorter nobody knows who is alive.
const RETRY_MS = 1000
// A node that has just begun, or has just come back from an outage, may see others that are about to. By then they have.
const SETTLE_MS = 5000

/**
 * This node's lease in the store, and the nodes that have one.
 *
 * A node whose lease runs out is dead to the others: its sockets are not counted and its sessions are not there. It holds the
 * lease again as soon as the store can be reached.
 */
export class NodeLease {
  readonly #store: StoreCalls
  readonly #clock: Clock
  readonly #id: string
  readonly #held: Promise<void>
  #setHeld: () => void = () => {}
  #live: readonly string[] | undefined
  /** When the lease was asked for last that was granted: it lasts from then at least. */
  #keptAt = Number.NEGATIVE_INFINITY
  #failure: WsticketError | undefined
  #stop: (() => void) | undefined

  constructor(store: StoreCalls, clock: Clock, id: string) {
    this.#store = store
    this.#clock = clock
    this.#id = id
    this.#held = new Promise((resolve) => {
      this.#setHeld = resolve
    })
  }

  /** Resolves once the lease is held for the first time. Begins at the first call. */
  start(): Promise<void> {
    this.#stop ??= repeat(this.#clock, () => this.#keep())
    return this.#held
  }

  /** Lets the lease run out. */
  stop(): void {
    this.#stop ??= () => {}
    this.#stop()
  }

  /** Why the lease could not be had when it was asked for last; `undefined` if it could. */
  get failure(): WsticketError | undefined {
    return this.#failure
  }

  /** The nodes that are alive, this one among them; `undefined` while that is not known: then all count. */
  get liveNodes(): readonly string[] | undefined {
    return this.#lapsed(this.#clock.now()) ? undefined : this.#live
  }

  /** Asks for the lease; tells after how many milliseconds to do so again. */
  async #keep(): Promise<number> {
    const askedAt = this.#clock.now()
    try {
      const nodes = await this.#store.call('lease', (store) => store.keepNode(this.#id))
      const anew = this.#lapsed(askedAt)
      this.#live = anew ? undefined : [...new Set([this.#id, ...nodes])]
      this.#keptAt = askedAt
      this.#failure = undefined
      this.#setHeld()
      return anew ? SETTLE_MS : KEEP_MS
    } catch (error) {
      // Told to the hub already. Who was alive is known for as long as their leases last.
      if (isWsticketError(error)) this.#failure = error
      return RETRY_MS
    }
  }

  #lapsed(now: number): boolean {
    return now - this.#keptAt >= NODE_LEASE_MS
  }
}
