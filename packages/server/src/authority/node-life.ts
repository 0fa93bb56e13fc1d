import { type Clock, pause, withDeadline } from '../clock.js'
import { isWsticketError, WsticketError } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import type { NodeLease } from '../sessions/node-lease.js'
import type { SessionPolicy } from '../sessions/policy.js'
import type { SessionRegistry } from '../sessions/registry.js'
import { STORE_BUDGET_MS, type StoreCalls } from '../stores/store-calls.js'
import type { SealKeys } from './seal-keys.js'
import type { Health, StoreWatch } from './store-watch.js'

// At the start a store connects, and looks at every machine that it consists of.
const START_BUDGET_MS = 3000
const START_RETRY_MS = 250

// Whoever asks whether this node is ready asks often, and counts no answer as a no.
const PROBE_MS = 150
// An answer of the store counts for so long, so that those who ask in a row cost it one call.
const PROBE_FRESH_MS = 1000

/** Whether this node should get new sockets, as load balancers ask it. */
export interface Readiness {
  readonly status: 'ready' | 'starting' | 'unavailable' | 'draining'
  readonly store: { readonly kind: string; readonly reachable: boolean }
}

export interface NodeParts<C extends Claims> {
  readonly clock: Clock
  readonly store: StoreCalls
  readonly watch: StoreWatch
  readonly lease: NodeLease
  readonly seals: SealKeys
  readonly registry: SessionRegistry<C>
  readonly sessions: SessionPolicy
}

/** This node, from its first use to its end: it holds its lease, hears what is revoked elsewhere, and watches the store. */
export class NodeLife<C extends Claims = Claims> {
  readonly #parts: NodeParts<C>
  #mayAdmit = false
  #closing: Promise<void> | undefined

  constructor(parts: NodeParts<C>) {
    this.#parts = parts
  }

  /** Whether it has begun to shut down: then nobody is let in any more. */
  get draining(): boolean {
    return this.#closing !== undefined
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
    if (!this.#mayAdmit) void this.#begun()
    return this.#parts.lease.liveNodes
  }

  health(): Promise<Health> {
    return this.#parts.watch.health()
  }

  /** Tells within {@link PROBE_MS} whether this node should get new sockets, by what is known of the store until then. */
  async readiness(): Promise<Readiness> {
    const { clock, store, watch } = this.#parts
    if (!this.draining) {
      const asked = Promise.all([this.#begun(), watch.ask(PROBE_FRESH_MS)])
      await withDeadline(asked, { clock, ms: PROBE_MS, late: () => new Error('late') }).catch(() => {})
    }
    return { status: this.#status(), store: { kind: store.store.kind, reachable: watch.reachable } }
  }

  /**
   * Lets nobody in any more, closes what is held, and lets go of the store. Resolves when all that is done; nothing of the
   * store's can hold it up.
   */
  close(): Promise<void> {
    // Whoever closes is draining from here on, the first socket's own handlers included.
    this.#closing ??= Promise.resolve().then(() => this.#close())
    return this.#closing
  }

  async #close(): Promise<void> {
    const { registry, lease, watch, seals, store, sessions } = this.#parts
    await registry.drain(sessions.drainSeconds * 1000)
    lease.stop()
    watch.stop()
    seals.stop()
    await registry.stop()
    await store.close()
  }

  #status(): Readiness['status'] {
    const { registry, watch } = this.#parts
    if (this.draining) return 'draining'
    if (watch.failure !== undefined || registry.failure !== undefined) return 'unavailable'
    return this.#mayAdmit && watch.reachable ? 'ready' : 'starting'
  }

  async #begun(): Promise<void> {
    const { lease, registry, watch } = this.#parts
    watch.start()
    await Promise.all([lease.start(), registry.ready()])
    this.#mayAdmit = true
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
