import { type Clock, pause } from './clock.js'

const RETRY_MS = 2000
// By then whatever is asked is not there, or not all of it.
const FAILURES_IN_A_ROW = 3

/** Jobs that failed and are done again, one after the other, until they succeed. */
export class RetryLater<T> {
  readonly #clock: Clock
  readonly #attempt: (job: T) => Promise<boolean>
  readonly #most: number
  readonly #jobs = new Set<T>()
  readonly #stop = new AbortController()
  #running = false

  /** With more than `most` jobs, the oldest are given up. `attempt` tells whether it succeeded, and does not reject. */
  constructor(clock: Clock, most: number, attempt: (job: T) => Promise<boolean>) {
    this.#clock = clock
    this.#most = most
    this.#attempt = attempt
  }

  add(job: T): void {
    if (this.#stop.signal.aborted) return
    this.#jobs.add(job)
    for (const oldest of this.#jobs) {
      if (this.#jobs.size <= this.#most) break
      this.#jobs.delete(oldest)
    }
    if (!this.#running) void this.#run()
  }

  /** Gives up all of them. */
  stop(): void {
    this.#stop.abort()
    this.#jobs.clear()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    this.#running = true
    while (this.#jobs.size > 0 && !signal.aborted) {
      await pause(this.#clock, RETRY_MS, signal)
      await this.#round()
    }
    this.#running = false
  }

  async #round(): Promise<void> {
    let failures = 0
    for (const job of [...this.#jobs]) {
      if (failures >= FAILURES_IN_A_ROW) return
      const done = await this.#attempt(job)
      failures = done ? 0 : failures + 1
      this.#jobs.delete(job)
      // Last, so that one whose time has not come does not stand in the way of the others.
      if (!done && !this.#stop.signal.aborted) this.#jobs.add(job)
    }
  }
}
