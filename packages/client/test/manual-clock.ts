import type { Clock } from '../src/core/environment.js'

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000
  #timers: { readonly at: number; readonly callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(milliseconds: number, callback: () => void): () => void {
    this.#timers.push({ at: this.#now + milliseconds, callback })
    return () => {
      this.#timers = this.#timers.filter((other) => other.callback !== callback)
    }
  }

  /** Milliseconds until each timer that runs, soonest first. */
  get pending(): number[] {
    return this.#timers.map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  /** Goes on by so much, and calls what becomes due in between. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    this.#now = Math.max(this.#now, end)
  }

  /** Goes on by so much while timers stand still, as in a machine that sleeps; they are late when it wakes. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Is put back by so much; timers run on as they did. */
  putBack(milliseconds: number): void {
    this.#now -= milliseconds
    this.#timers = this.#timers.map(({ at, callback }) => ({ at: at - milliseconds, callback }))
  }

  /** Goes on until the next timer is due. */
  advanceToNext(): void {
    this.advance(Math.max(0, this.pending[0] ?? 0))
  }

  #next(end: number): { readonly at: number; readonly callback: () => void } | undefined {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}
