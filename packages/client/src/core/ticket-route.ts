import { fetchOr } from './environment.js'
import type { CredentialCallback, GrantSource, TicketRoute } from './grants.js'
import { jwtUser } from './jwt-claims.js'
import { asTicketError, TicketError } from './ticket-error.js'
import { routeCaller, type TicketCall } from './ticket-requests.js'

/** Life of the tickets that are asked for: they are used at once, so a short one does, and a leaked one soon ends. */
export const TICKET_TTL_SECONDS = 60

/** Tickets from the server's own route, for one socket. */
export function routeGrants(route: TicketRoute): GrantSource {
  const call = routeCaller(fetchOr(route.fetch))
  return {
    async grant({ refresh, signal } = {}) {
      const credential = await askForCredential(route.credential, refresh)
      const answer = await call(ticketCall(route, credential, signal))
      if (!isTicket(answer)) throw new TicketError('response_invalid')
      return { ticket: answer.ticket_id, ref: answer.ref, user: jwtUser(credential) }
    },
  }
}

/** The request that buys a ticket. */
export function ticketCall(
  { url, ttlSeconds = TICKET_TTL_SECONDS, audience, permissions, metadata }: TicketRoute,
  credential: string,
  signal: AbortSignal | undefined,
  singleUse = true,
): TicketCall {
  const body = { ttl_seconds: ttlSeconds, single_use: singleUse, audience, permissions, metadata }
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
function isTicket(answer: unknown): answer is { readonly ticket_id: string; readonly ref?: string } {
  return answer instanceof Object && 'ticket_id' in answer && typeof answer.ticket_id === 'string'
}
