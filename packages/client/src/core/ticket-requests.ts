import { isProblem } from '@wsticket/protocol'
import type { Fetch } from './environment.js'
import { TicketError } from './ticket-error.js'

/** A request to the ticket routes. */
export interface TicketCall {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly credential: string
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/** Sends a request and gives the parsed body, or throws a {@link TicketError}. */
export type CallRoute = (call: TicketCall) => Promise<unknown>

/**
 * Makes what calls the ticket routes. `foreign` says what an answer means that is not the server's, since something in front of it
 * answered in its place; of the server's own it is asked for the delay in the header, if the body names none.
 */
export function routeCaller(
  fetch: Fetch,
  foreign: (response: Response) => TicketError = ({ status }) =>
    new TicketError(status === 401 ? 'credential_invalid' : 'response_invalid'),
): CallRoute {
  return async ({ method, url, credential, body, signal = null }) => {
    let response: Response
    let answer: unknown
    try {
      response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${credential}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal,
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
        // A redirect would carry the credential to a place that nobody configured.
        redirect: 'error',
      })
      answer = parseJson(await response.text())
    } catch (cause) {
      throw new TicketError('network_unreachable', { cause })
    }
    if (response.ok) return answer
    if (!isProblem(answer)) throw foreign(response)
    const { code, retry_after: retryAfterSeconds = foreign(response).retryAfterSeconds, ref, detail } = answer
    throw new TicketError(code, { retryAfterSeconds, ref, detail })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
