import type { RevokeTarget } from '../store.js'

// Redis replicates within a second where it can; a replica that is further behind than this is not promoted by anybody.
const KEEP_MS = 600_000
// Some MB at the most. Who revokes more within ten minutes keeps the latest.
const KEEP_COUNT = 10_000

// Revokes that are told again at the same time.
const AT_ONCE = 50

/** A revoke that was acknowledged, and when, by the store's clock. */
export interface AcknowledgedRevoke {
  readonly target: RevokeTarget
  readonly at: number
}

interface Kept extends AcknowledgedRevoke {
  readonly until: number
}

/**
 * The revokes that this node acknowledged lately. A master that dies takes with it what its replica had not heard of:
 * whoever acknowledged a revoke then tells it to the new master.
 */
export class AcknowledgedRevokes {
  #kept: Kept[] = []
  readonly #due = new Set<Kept>()

  add(target: RevokeTarget, at: number, now: number): void {
    this.#kept.push({ target, at, until: now + KEEP_MS })
    // Not at each one: what is too many is cut off at twice as many.
    if (this.#kept.length > 2 * KEEP_COUNT) this.#kept = this.#recent(now)
  }

  /** All of them are to be told again. */
  allDue(now: number): void {
    for (const revoke of this.#recent(now)) this.#due.add(revoke)
  }

  /** Tells what is due; what cannot be told stays due. Never rejects. */
  async tellDue(tell: (revoke: AcknowledgedRevoke) => Promise<void>): Promise<void> {
    const due = [...this.#due]
    for (let start = 0; start < due.length; start += AT_ONCE) {
      const some = due.slice(start, start + AT_ONCE)
      const told = await Promise.allSettled(some.map(tell))
      some.forEach((revoke, index) => {
        if (told[index]?.status === 'fulfilled') this.#due.delete(revoke)
      })
      // Whoever does not answer these will not answer the others now.
      if (told.every(({ status }) => status === 'rejected')) return
    }
  }

  #recent(now: number): Kept[] {
    return this.#kept.filter(({ until }) => until > now).slice(-KEEP_COUNT)
  }
}
