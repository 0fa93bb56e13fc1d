import { type Clock, withDeadline } from '../clock.js'
import { WsticketError } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import type { NodeLease } from '../sessions/node-lease.js'
import type { SessionRegistry } from '../sessions/registry.js'
import { STORE_BUDGET_MS } from '../stores/store-calls.js'

export interface NodeParts<C extends Claims> {
  readonly clock: Clock
  readonly lease: NodeLease
  readonly registry: SessionRegistry<C>
}

/** This node, from its first admission to its end: it holds its lease and hears what is revoked elsewhere. */
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
    const { clock, lease, registry } = this.#parts
    return withDeadline(Promise.all([lease.start(), registry.ready()]), {
      clock,
      ms: STORE_BUDGET_MS,
      late: () =>
        lease.failure ??
        registry.failure ??
        new WsticketError('store_unavailable', 'the store lets this node neither live nor hear'),
    }).then(() => {})
  }

  /** The nodes that are alive; `undefined` while that is not known. Who asks has a use for this node, so it begins. */
  liveNodes(): readonly string[] | undefined {
    const { lease, registry } = this.#parts
    void lease.start()
    void registry.ready()
    return lease.liveNodes
  }
}
