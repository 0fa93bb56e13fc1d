import type { Clock } from '../clock.js'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes on by so many milliseconds, calling what becomes due in between, in order of time. */
  advance(ms: number): void
  /**
   * Goes on like `advance`, and after each call lets the promises that hang on it settle, so that timers which
   * those set are called too.
   */
  run(ms: number): Promise<void>
  /** Milliseconds until each timer that is set, soonest first. */
  pending(): number[]
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/**
 * Makes a clock for tests.
 *
 * @example
 * const clock = manualClock()
 * const store = memoryStore({ clock })
 * clock.advance(30_000)
 */
export function manualClock(start = 1_700_000_000_000): ManualClock {
  // A set keeps the order in which timers were set: those of one time are called in it.
  const timers = new Set<Timer>()
  let now = start

  const nextUntil = (end: number): Timer | undefined => {
    let next: Timer | undefined
    for (const timer of timers)
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
    return next
  }
  const call = (timer: Timer): void => {
    timers.delete(timer)
    now = Math.max(now, timer.at)
    timer.callback()
  }

  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + Math.max(ms, 0), callback }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    advance(ms) {
      const end = now + ms
      for (let next = nextUntil(end); next !== undefined; next = nextUntil(end)) call(next)
      now = end
    },
    async run(ms) {
      const end = now + ms
      await settled()
      for (let next = nextUntil(end); next !== undefined; next = nextUntil(end)) {
        call(next)
        await settled()
      }
      now = end
    },
    pending: () => [...timers].map(({ at }) => at - now).sort((a, b) => a - b),
  }
}

/** Resolves once every promise that can settle without time has done so. */
export function settled(): Promise<void> {
  // A task of its own begins only when the queue of promises is empty.
  return new Promise((resolve) => setImmediate(resolve))
}
