import type { TicketResponse } from '@wsticket/protocol'
import { fetchOr } from './environment.js'
import type { CredentialCallback, Grants, TicketRoute } from './grants.js'
import { jwtUser } from './jwt-claims.js'
import { asTicketError, TicketError } from './ticket-error.js'
import { routeCaller, type TicketCall } from './ticket-requests.js'

/** Life of the tickets that are asked for: they are used at once, so a short one does, and a leaked one soon ends. */
export const TICKET_TTL_SECONDS = 60

/** Takes tickets from the server's own route, for one socket. */
export function routeGrants(route: TicketRoute): Grants {
  const call = routeCaller(fetchOr(route.fetch))
  let last: string
  return {
    async grant({ refresh, signal } = {}) {
      const credential = await askForCredential(route.credential, refresh)
      const answer = await call(ticketCall(route, credential, signal))
      // The same one again comes from a cache.
      if (!isTicket(answer) || answer.ticket_id === last) throw new TicketError('response_invalid')
      last = answer.ticket_id
      return { ticket: last, ref: answer.ref, user: String(jwtUser(credential)) }
    },
  }
}

/** Makes the request that buys a ticket. */
export function ticketCall(
  {
    url,
    ttlSeconds = TICKET_TTL_SECONDS,
    reusable,
    audience,
    permissions,
    metadata,
  }: TicketRoute & { readonly reusable?: boolean | undefined },
  credential: string,
  signal: AbortSignal | undefined,
): TicketCall {
  const body = { ttl_seconds: ttlSeconds, single_use: !reusable, audience, permissions, metadata }
  return { method: 'POST', url, credential, signal, body }
}

/** Asks the application for the credential. */
export async function askForCredential(callback: CredentialCallback, refresh = false): Promise<string> {
  let credential: unknown
  try {
    credential = await callback({ refresh })
  } catch (thrown) {
    throw asTicketError(thrown)
  }
  if (credential && typeof credential === 'string') return credential
  throw new TicketError('credential_missing')
}

/** Of all that the server tells, a socket needs this. */
function isTicket(answer: unknown): answer is Pick<TicketResponse, 'ticket_id' | 'ref'> {
  const { ticket_id, ref }: { ticket_id?: unknown; ref?: unknown } = answer instanceof Object ? answer : {}
  return typeof ticket_id === 'string' && typeof ref === 'string'
}
