/** Where time comes from. Every part that waits or compares times takes one. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls back once after `ms` milliseconds; what it returns cancels the call. */
  after(ms: number, callback: () => void): () => void
}

// Longer delays make timers fire at once: they are kept in a signed 32-bit integer.
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS))
    timer.unref?.()
    return () => clearTimeout(timer)
  },
}

/**
 * Settles as `work` does, or rejects with what `late` makes once `ms` milliseconds have passed.
 *
 * `work` itself goes on; its late outcome is handed to `abandoned`, if given, and ignored otherwise.
 */
export function withDeadline<T>(
  work: Promise<T>,
  deadline: {
    readonly clock: Clock
    readonly ms: number
    readonly late: () => Error
    readonly abandoned?: (value: T) => void
  },
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let over = false
    const cancel = deadline.clock.after(deadline.ms, () => {
      over = true
      reject(deadline.late())
    })
    work.then(
      (value) => {
        cancel()
        if (over) deadline.abandoned?.(value)
        else resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}

/** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel()
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(ms, wake)
    if (signal?.aborted === true) wake()
    else signal?.addEventListener('abort', wake)
  })
}

/**
 * Does a job after `firstAfterMs` milliseconds and then again and again: each time it tells after how many milliseconds it is
 * due next. One is over before the next begins; it must not reject. What is returned ends that.
 */
export function repeat(clock: Clock, job: () => Promise<number>, firstAfterMs = 0): () => void {
  let ended = false
  const round = async (): Promise<void> => {
    const nextAfterMs = await job()
    if (!ended) cancel = clock.after(nextAfterMs, () => void round())
  }
  let cancel = (): void => {}
  if (firstAfterMs > 0) cancel = clock.after(firstAfterMs, () => void round())
  else void round()
  return () => {
    ended = true
    cancel()
  }
}
