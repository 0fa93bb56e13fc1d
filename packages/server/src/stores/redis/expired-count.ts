import { type Clock, withDeadline } from '../../clock.js'
import { type RedisKeys, SHARDS } from './keys.js'
import { text } from './replies.js'
import type { ScriptRunner } from './script-runner.js'
import { COUNT_EXPIRED } from './scripts/shared.js'

// A master that does not answer must not keep the rest of `health()` waiting.
const COUNT_MS = 600

/** How many tickets ended unused, summed up over all shards. */
export class ExpiredCount {
  readonly #runner: ScriptRunner
  readonly #keys: RedisKeys
  readonly #clock: Clock
  readonly #spanMs: number
  #last = 0
  #lastAt = Number.NEGATIVE_INFINITY
  #counting: Promise<number> | undefined

  constructor(runner: ScriptRunner, keys: RedisKeys, clock: Clock, spanMs: number) {
    this.#runner = runner
    this.#keys = keys
    this.#clock = clock
    this.#spanMs = spanMs
  }

  /** Gives the sum, at most as old as the spans in which it is counted; the last one known if it cannot be had. */
  async read(): Promise<number> {
    if (this.#clock.now() - this.#lastAt < this.#spanMs) return this.#last
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined
    })
    try {
      this.#last = await withDeadline(this.#counting, {
        clock: this.#clock,
        ms: COUNT_MS,
        late: () => new Error('counting took too long'),
      })
      this.#lastAt = this.#clock.now()
    } catch {
      // A number for a dashboard: whether the store works is told by what else is asked.
    }
    return this.#last
  }

  async #count(): Promise<number> {
    const keys = SHARDS.map((shard) => this.#keys.expiries(shard))
    // A script takes keys of one slot only.
    const groups = this.#runner.link.topology === 'cluster' ? keys.map((key) => [key]) : [keys]
    const counts = await Promise.all(
      groups.map((group) => this.#runner.run(COUNT_EXPIRED, group, [String(this.#spanMs)])),
    )
    return counts.reduce<number>((sum, count) => sum + Number(text(count)), 0)
  }
}
