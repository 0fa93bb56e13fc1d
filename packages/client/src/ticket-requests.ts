import { isProblem, PATHS } from '@wsticket/protocol'
import type { Fetch } from './environment.js'
import { isTicketError, TicketError, type TicketErrorCode } from './ticket-error.js'

/** A request to the ticket routes. */
export interface TicketCall {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly credential: string
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/** Sends a request and gives the parsed body, or throws a {@link TicketError}. */
export async function callTicketRoute(
  call: TicketCall,
  environment: { readonly fetch: Fetch; readonly now: () => number },
): Promise<unknown> {
  let response: Response
  let body: unknown
  try {
    response = await environment.fetch(call.url, {
      method: call.method,
      headers: {
        authorization: `Bearer ${call.credential}`,
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      // A redirect would carry the credential to a place that nobody configured.
      redirect: 'error',
    })
    body = parseJson(await response.text())
  } catch (cause) {
    throw new TicketError('network_unreachable', { cause })
  }
  if (response.ok) return body
  throw refusalOf(response, body, environment.now())
}

function refusalOf(response: Response, body: unknown, now: number): TicketError {
  const retryAfterSeconds = retryAfter(response.headers.get('retry-after'), now)
  if (!isProblem(body)) return new TicketError(codeOfStatus(response.status), { retryAfterSeconds })
  return new TicketError(body.code, {
    retryAfterSeconds: body.retry_after ?? retryAfterSeconds,
    ref: body.ref,
    detail: body.detail,
  })
}

// Something in front of the server answered in its place: a proxy, a load balancer, a rate limiter.
function codeOfStatus(status: number): TicketErrorCode {
  if (status === 401) return 'credential_invalid'
  if (status === 404) return 'not_found'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'upstream_unreachable' : 'response_invalid'
}

/** Reads `Retry-After`, seconds or a date, into seconds. */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  // `Date.parse` takes almost anything for a date; those of HTTP begin with the day of the week.
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Gives the address of another route of the server that has the ticket route at `ticketUrl`. */
export function siblingRoute(ticketUrl: string, path: string): string {
  const bare = ticketUrl.replace(/[?#].*$/s, '').replace(/\/$/, '')
  const known = [PATHS.ticket, ...PATHS.ticketAliases].find((suffix) => bare.endsWith(suffix))
  // Mounted under a prefix, the siblings are under the same one; at an address of its own choosing, at the root.
  const base =
    known === undefined ? (/^(?:[a-z]+:)?\/\/[^/]+/i.exec(bare)?.[0] ?? '') : bare.slice(0, -known.length)
  return base + path
}

/** Turns whatever a callback or a request threw into a {@link TicketError}. */
export function asTicketError(thrown: unknown): TicketError {
  return isTicketError(thrown) ? thrown : new TicketError('credential_unavailable', { cause: thrown })
}
