import { isProblem } from '@wsticket/protocol'
import type { Fetch } from './environment.js'
import { TicketError, type TicketErrorCode } from './ticket-error.js'

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
  { method, url, credential, body, signal }: TicketCall,
  environment: { readonly fetch: Fetch; readonly now: () => number },
): Promise<unknown> {
  let response: Response
  let text: string
  try {
    response = await environment.fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      // A redirect would carry the credential to a place that nobody configured.
      redirect: 'error',
    })
    text = await response.text()
  } catch (cause) {
    throw new TicketError('network_unreachable', { cause })
  }
  const answer = parseJson(text)
  if (response.ok) return answer
  const retryAfterSeconds = retryAfter(response.headers.get('retry-after'), environment.now())
  if (!isProblem(answer)) throw new TicketError(codeOfStatus(response.status), { retryAfterSeconds })
  const { code, retry_after = retryAfterSeconds, ref, detail } = answer
  throw new TicketError(code, { retryAfterSeconds: retry_after, ref, detail })
}

// Something in front of the server answered in its place: a proxy, a load balancer, a rate limiter. What it says is never final:
// a 404 may be all that a proxy has while no server is up.
function codeOfStatus(status: number): TicketErrorCode {
  if (status === 401) return 'credential_invalid'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'upstream_unreachable' : 'response_invalid'
}

/** Reads `Retry-After`, seconds or a date, into seconds. */
function retryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined
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

/**
 * Gives the address of another route of the server that has the ticket route at `ticketUrl`: mounted under a prefix, it is under
 * the same one; where the ticket route has an address of its own choosing, at the root.
 */
export function siblingRoute(ticketUrl: string, path: string): string {
  const bare = ticketUrl.replace(/\/?(?:[?#].*)?$/s, '')
  const prefix = /^(.*?)(?:(?:\/api)?\/websocket|\/auth)\/ticket$/.exec(bare)?.[1]
  return (prefix ?? /^(?:[a-z]+:)?\/\/[^/]+/i.exec(bare)?.[0] ?? '') + path
}
