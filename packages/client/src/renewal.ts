import { REFRESH_THRESHOLD_SECONDS } from '@wsticket/protocol'

// A clock that is wrong must not turn renewals into a storm.
const SOONEST_MS = 1000

/**
 * Gives the milliseconds until a session should be renewed, or `undefined` if its end is past already: then the server
 * closes it and the client comes back with a fresh ticket.
 *
 * That is 15 to 30 s before the end, spread by chance, or within the last quarter of what is left of a shorter life.
 */
export function renewalDelay(facts: {
  /** Both in milliseconds since 1970. */
  readonly endsAt: number
  readonly now: number
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: number
}): number | undefined {
  const left = facts.endsAt - facts.now
  if (left <= 0) return undefined
  const lead = Math.min(REFRESH_THRESHOLD_SECONDS * 1000, left / 4) * (1 - facts.random / 2)
  return Math.max(SOONEST_MS, Math.round(left - lead))
}
