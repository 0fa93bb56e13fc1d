import { PATHS } from '@wsticket/protocol'
import type { Claims } from '../identity/principal.js'
import type { Operation, RouteParts } from './operation.js'
import { readHealth, readReadiness } from './probe-operations.js'
import { ticketRequestSchema } from './schemas.js'
import { closeSession, listSessions, logOut, renewSession } from './session-operations.js'
import { issueTicket, readConfig, readStatus, revokeTicket, validateTicket } from './ticket-operations.js'

/** The operations of the HTTP interface. */
export function operations<C extends Claims>(parts: RouteParts<C>): readonly Operation<C>[] {
  const body = ticketRequestSchema(parts.tickets.maxTtlSeconds)
  return [
    {
      name: 'ticket',
      method: 'POST',
      paths: [PATHS.ticket, ...PATHS.ticketAliases],
      run: (call) => issueTicket(parts, call, body),
    },
    { name: 'validate', method: 'GET', paths: [PATHS.validate], run: (call) => validateTicket(parts, call) },
    {
      name: 'revoke',
      method: 'DELETE',
      paths: [PATHS.ticketByRef],
      run: (call) => revokeTicket(parts, call),
    },
    { name: 'status', method: 'GET', paths: [PATHS.status], run: () => readStatus(parts) },
    { name: 'renew', method: 'POST', paths: [PATHS.renew], run: (call) => renewSession(parts, call) },
    { name: 'sessions', method: 'GET', paths: [PATHS.sessions], run: (call) => listSessions(parts, call) },
    {
      name: 'close',
      method: 'DELETE',
      paths: [PATHS.sessionByRef],
      run: (call) => closeSession(parts, call),
    },
    { name: 'logout', method: 'POST', paths: [PATHS.logout], run: (call) => logOut(parts, call) },
    {
      name: 'config',
      method: 'GET',
      paths: [PATHS.config],
      run: async () => ({ ok: true, body: readConfig(parts) }),
    },
    { name: 'health', method: 'GET', paths: [PATHS.health], run: async () => readHealth() },
    { name: 'ready', method: 'GET', paths: [PATHS.ready], run: () => readReadiness(parts) },
  ]
}
