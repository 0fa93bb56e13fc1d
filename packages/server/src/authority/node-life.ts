import { type Clock, pause, withDeadline } from '../clock.js'
import { isWsticketError, WsticketError } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import type { NodeLease } from '../sessions/node-lease.js'
import type { SessionRegistry } from '../sessions/registry.js'
import { STORE_BUDGET_MS } from '../stores/store-calls.js'
import type { Health, StoreWatch } from './store-watch.js'

// At the start a store connects, and looks at every machine that it consists of.
const START_BUDGET_MS = 3000
const START_RETRY_MS = 250

export interface NodeParts<C extends Claims> {
  readonly clock: Clock
  readonly watch: StoreWatch
  readonly lease: NodeLease
  readonly registry: SessionRegistry<C>
}

/** This node, from its first use to its end: it holds its lease, hears what is revoked elsewhere, and watches the store. */
export class NodeLife<C extends Claims = Claims> {
  readonly #parts: NodeParts<C>

  constructor(parts: NodeParts<C>) {
    this.#parts = parts
  }

  /**
   * Resolves once this node may admit: the others count its sockets, and it hears revocations. Begins at the first call;
   * rejects if that takes longer than a store call may, and goes on trying.
   */
  begin(): Promise<void> {
    return this.#within(STORE_BUDGET_MS, this.#begun())
  }

  /** The same, and the store was asked how it is. Waits for a store that is about to be there, not for one that needs help. */
  ready(): Promise<void> {
    return this.#within(START_BUDGET_MS, Promise.all([this.#reached(), this.#begun()]))
  }

  /** The nodes that are alive; `undefined` while that is not known. Who asks has a use for this node, so it begins. */
  liveNodes(): readonly string[] | undefined {
    void this.#begun()
    return this.#parts.lease.liveNodes
  }

  health(): Promise<Health> {
    return this.#parts.watch.health()
  }

  async #begun(): Promise<void> {
    const { lease, registry, watch } = this.#parts
    watch.start()
    await Promise.all([lease.start(), registry.ready()])
  }

  async #reached(): Promise<void> {
    const { clock, watch } = this.#parts
    const until = clock.now() + START_BUDGET_MS
    for (;;) {
      try {
        return await watch.ask()
      } catch (error) {
        // With a remedy there is something to do, and waiting does not do it.
        if (isWsticketError(error) && error.remedy !== undefined) throw error
        if (clock.now() >= until) throw error
        await pause(clock, START_RETRY_MS)
      }
    }
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const { clock, lease, registry, watch } = this.#parts
    await withDeadline(work, {
      clock,
      ms,
      late: () =>
        watch.failure ??
        lease.failure ??
        registry.failure ??
        new WsticketError('store_unavailable', `the store was not there in ${ms} ms`),
    })
  }
}
