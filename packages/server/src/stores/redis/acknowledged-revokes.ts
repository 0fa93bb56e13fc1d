import type { RevokeTarget } from '../store.js'

// Redis replicates within a second where it can; a replica that is further behind than this is not promoted by anybody.
const KEEP_MS = 600_000
// Some MB at the most. Who revokes more within ten minutes keeps the latest.
const KEEP_COUNT = 10_000

/** A revoke that was acknowledged, and when, by the store's clock. */
export interface AcknowledgedRevoke {
  readonly target: RevokeTarget
  readonly at: number
}

/**
 * The revokes that this node acknowledged lately. A master that dies takes with it what its replica had not heard of:
 * whoever acknowledged a revoke then tells it to the new master.
 */
export class AcknowledgedRevokes {
  #kept: (AcknowledgedRevoke & { readonly until: number })[] = []

  add(target: RevokeTarget, at: number, now: number): void {
    this.#kept.push({ target, at, until: now + KEEP_MS })
    if (this.#kept.length > 2 * KEEP_COUNT) this.#kept = this.recent(now).slice(-KEEP_COUNT)
  }

  recent(now: number): (AcknowledgedRevoke & { readonly until: number })[] {
    this.#kept = this.#kept.filter(({ until }) => until > now)
    return this.#kept
  }
}
