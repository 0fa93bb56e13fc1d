import type { Clock } from '../clock.js'
import type { SessionCheck } from '../stores/store.js'
import type { StoreCalls } from '../stores/store-calls.js'

// Of sessions in one call: a call takes a store milliseconds, and a node that holds many makes few of them.
const BATCH = 500
// A part of a store that does not answer must not hold up the others; one that just came back must not be stormed.
const CALLS_AT_ONCE = 4
const RETRY_MS = 1000

export interface RecheckHandlers {
  /** Whether anybody still wants to know. */
  held(ref: string): boolean
  checked(check: SessionCheck): void
}

/** Checks sessions of which something may have been missed, and asks until there is an answer for each. */
export class Recheck {
  readonly #store: StoreCalls
  readonly #clock: Clock
  readonly #handlers: RecheckHandlers
  /** Those whose question has not been sent yet. One that is being asked may be in doubt again. */
  readonly #waiting = new Set<string>()
  readonly #batches: (readonly string[])[] = []
  #asking = 0

  constructor(store: StoreCalls, clock: Clock, handlers: RecheckHandlers) {
    this.#store = store
    this.#clock = clock
    this.#handlers = handlers
  }

  /** Has sessions checked. */
  add(refs: Iterable<string>): void {
    this.#queue(this.#mark(refs))
  }

  /** Those of them that are not waiting already, which they do from here on. */
  #mark(refs: Iterable<string>): string[] {
    const fresh = [...refs].filter((ref) => !this.#waiting.has(ref))
    for (const ref of fresh) this.#waiting.add(ref)
    return fresh
  }

  #queue(refs: string[]): void {
    // A ref begins with its shard: in order, what lies together in the store is asked for together.
    refs.sort()
    for (let start = 0; start < refs.length; start += BATCH) {
      this.#batches.push(refs.slice(start, start + BATCH))
    }
    this.#work()
  }

  #work(): void {
    while (this.#asking < CALLS_AT_ONCE) {
      const batch = this.#batches.shift()
      if (batch === undefined) return
      this.#asking += 1
      void this.#check(batch).then(() => {
        this.#asking -= 1
        this.#work()
      })
    }
  }

  async #check(batch: readonly string[]): Promise<void> {
    for (const ref of batch) this.#waiting.delete(ref)
    const refs = batch.filter((ref) => this.#handlers.held(ref))
    if (refs.length === 0) return
    try {
      const checks = new Map((await this.#store.checkSessions(refs)).map((check) => [check.ref, check]))
      // A store that says nothing of a session does not know it.
      for (const ref of refs) this.#handlers.checked(checks.get(ref) ?? { ref, kind: 'gone' })
    } catch {
      // The failure was told to the hub. Until it is known what was missed, nothing of this can be trusted.
      const again = this.#mark(refs)
      this.#clock.after(RETRY_MS, () => this.#queue(again))
    }
  }
}
