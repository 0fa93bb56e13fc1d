/**
 * Remembers what is due when, by the second. Costs one map entry a second in use, whatever the number of
 * keys, and nothing while nobody asks.
 */
export class ExpiryQueue<K> {
  readonly #buckets = new Map<number, K[]>()
  #swept: number

  constructor(now: number) {
    this.#swept = Math.floor(now / 1000)
  }

  /** Makes a key due at or, by at most a second, after a time in Unix milliseconds. */
  add(key: K, at: number): void {
    const second = Math.max(Math.ceil(at / 1000), this.#swept + 1)
    const bucket = this.#buckets.get(second)
    if (bucket === undefined) this.#buckets.set(second, [key])
    else bucket.push(key)
  }

  /** Takes out all that is due. */
  take(now: number): K[] {
    const until = Math.floor(now / 1000)
    const due: K[] = []
    if (until <= this.#swept) return due
    // After a long pause it is cheaper to look at the buckets there are than at every second that passed.
    const seconds =
      until - this.#swept > this.#buckets.size
        ? [...this.#buckets.keys()].filter((second) => second <= until).sort((a, b) => a - b)
        : Array.from({ length: until - this.#swept }, (_, index) => this.#swept + 1 + index)
    for (const second of seconds) {
      const bucket = this.#buckets.get(second)
      if (bucket === undefined) continue
      for (const key of bucket) due.push(key)
      this.#buckets.delete(second)
    }
    this.#swept = until
    return due
  }
}
