/** Widest window of the first wait. A second spreads ten thousand clients of a crashed node to ten a millisecond. */
export const SOON_MS = 1000

/** Widest window of any wait: longer, and a user whose network came back would sit before a dead page. */
export const BACKOFF_CAP_MS = 15_000

/** Longest delay of a server that is believed: what asks for more is a mistake, and nobody would wait for it. */
export const RETRY_AFTER_CAP_SECONDS = 3600

/**
 * Gives the milliseconds to wait before the next try: full jitter over a window that doubles with each failure.
 *
 * The jitter comes on top of the delay that the server asked for, so that all who were told "in 5 s" do not come in
 * the same moment.
 */
export function backoffDelay(facts: {
  /** Failures in a row before this one. */
  readonly failures: number
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: number
  readonly retryAfterSeconds?: number | undefined
}): number {
  const window = Math.min(BACKOFF_CAP_MS, SOON_MS * 2 ** facts.failures)
  // An application may have computed it: what is no number, or negative, is no delay.
  const told = Math.max(0, Math.min(RETRY_AFTER_CAP_SECONDS, facts.retryAfterSeconds ?? 0)) || 0
  return Math.round(told * 1000 + facts.random * window)
}
