import { type Clock, pause, withDeadline } from '../../clock.js'
import type { OwnLink, RedisLink } from './redis-link.js'

// So often a reader looks by itself, although nobody woke it: what no notice tells of, such as a failover, is found then.
export const LOOK_MS = 1000
// A connection that does not answer for so much longer than it was asked to wait is dead, whatever the kernel thinks.
const DEAD_MS = 2000
// A connection that cannot be had is tried again after this; meanwhile readers look by themselves.
const RECONNECT_MS = 500
// A connection that nobody waits on is let go after this.
const IDLE_MS = 10_000

/** Wakes those who wait for a notice: one blocking read, over a connection of its own, for all of them. */
export class NoticeWaker {
  readonly #link: RedisLink
  readonly #key: string
  readonly #clock: Clock
  readonly #waiting = new Map<() => void, string>()
  #own: OwnLink | undefined
  #running = false
  #closed = false
  #cancelIdle: () => void = () => {}

  constructor(link: RedisLink, key: string, clock: Clock) {
    this.#link = link
    this.#key = key
    this.#clock = clock
  }

  /** Resolves when there is something after an entry of the stream, when it is time to look anyway, or at the abort. */
  async wait(entry: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed) return
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel()
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      const cancel = this.#clock.after(LOOK_MS, wake)
      signal.addEventListener('abort', wake)
      this.#waiting.set(wake, entry)
      if (!this.#running) void this.#run()
    })
  }

  close(): void {
    this.#closed = true
    this.#wakeAll()
    this.#drop()
  }

  async #run(): Promise<void> {
    this.#running = true
    this.#cancelIdle()
    while (this.#waiting.size > 0 && !this.#closed) {
      try {
        this.#own ??= this.#link.duplicate()
        const askedAt = this.#clock.now()
        if (await this.#somethingCame(this.#own)) this.#wakeAll()
        // Something between that does not let a read block must not make this a loop without a pause.
        else if (this.#clock.now() - askedAt < LOOK_MS / 2) await pause(this.#clock, LOOK_MS)
      } catch {
        this.#drop()
        await pause(this.#clock, RECONNECT_MS)
      }
    }
    this.#running = false
    if (this.#closed) this.#drop()
    else this.#cancelIdle = this.#clock.after(IDLE_MS, () => this.#drop())
  }

  async #somethingCame(link: OwnLink): Promise<boolean> {
    const from = [...this.#waiting.values()].reduce(earlier)
    const args = ['XREAD', 'COUNT', '1', 'BLOCK', String(LOOK_MS), 'STREAMS', this.#key, from]
    const reply = await withDeadline(link.send(this.#key, args), {
      clock: this.#clock,
      ms: LOOK_MS + DEAD_MS,
      late: () => new Error('a blocking read of notices was not answered'),
    })
    return reply !== null && reply !== undefined
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting.keys()]) wake()
  }

  #drop(): void {
    this.#cancelIdle()
    this.#own?.close()
    this.#own = undefined
  }
}

/** The earlier one of two ids of a stream: milliseconds, `-`, number. */
function earlier(one: string, other: string): string {
  const [oneMs = 0, oneNumber = 0] = one.split('-').map(Number)
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number)
  if (oneMs !== otherMs) return oneMs < otherMs ? one : other
  return oneNumber <= otherNumber ? one : other
}
