/** A rate: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** What is left of a rate. */
export interface Quota {
  readonly remaining: number
  /** Milliseconds until one more is allowed. */
  readonly resetMs: number
}

/** What a rate decides about one more. */
export interface RateDecision {
  readonly allowed: boolean
  /** The theoretical arrival time to keep, in milliseconds; unchanged if not allowed. */
  readonly arrival: number
  readonly quota: Quota
}

// Intervals are whole multiples of 2^-10 ms. A double holds sums of those with Unix milliseconds exactly, so that no
// rounding eats the last one of a burst.
export const RATE_STEPS_PER_MS = 1024

/** Milliseconds between two, in the steps that sums keep exactly. */
export function intervalMs(rate: Rate): number {
  return Math.ceil((1000 / rate.perSecond) * RATE_STEPS_PER_MS) / RATE_STEPS_PER_MS
}

/**
 * Decides whether one more is allowed now, by the generic cell rate algorithm (ITU-T I.371).
 *
 * The whole state is one number per key, the theoretical arrival time; a key that is new, or whose time has
 * passed, has its full burst.
 */
export function decideRate(rate: Rate, kept: number | undefined, now: number): RateDecision {
  const interval = intervalMs(rate)
  const tolerance = interval * (rate.burst - 1)
  const arrival = Math.max(kept ?? now, now)
  const ahead = arrival - now
  if (ahead > tolerance) {
    return { allowed: false, arrival, quota: { remaining: 0, resetMs: Math.ceil(ahead - tolerance) } }
  }
  const next = arrival + interval
  const left = Math.floor((tolerance - (next - now)) / interval) + 1
  const untilOneMore = left > 0 ? 0 : Math.ceil(next - now - tolerance)
  return { allowed: true, arrival: next, quota: { remaining: Math.max(left, 0), resetMs: untilOneMore } }
}
