import { TicketError, type TicketErrorCode } from './core/ticket-error.js'

/**
 * Says what an answer means that something in front of the server gave: a proxy, a load balancer, a rate limiter. It is never
 * final: a 404 may be all that a proxy has while no server is up.
 */
export function foreignAnswer({ status, headers }: Response, now: number): TicketError {
  return new TicketError(codeOfStatus(status), {
    retryAfterSeconds: secondsOf(headers.get('retry-after'), now),
  })
}

function codeOfStatus(status: number): TicketErrorCode {
  if (status === 401) return 'credential_invalid'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'upstream_unreachable' : 'response_invalid'
}

/** Reads `Retry-After`, seconds or a date, into seconds. */
function secondsOf(header: string | null, now: number): number | undefined {
  if (!header) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  // `Date.parse` takes almost anything for a date; those of HTTP begin with the day of the week.
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000))
}
