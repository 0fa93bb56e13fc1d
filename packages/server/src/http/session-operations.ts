import { refused } from '../authority/context.js'
import type { Claims } from '../identity/principal.js'
import { type Answer, type Call, type RouteParts, toSeconds } from './operation.js'
import { emptyRequestSchema, logoutRequestSchema } from './schemas.js'

export async function renewSession<C extends Claims>(parts: RouteParts<C>, call: Call<C>): Promise<Answer> {
  const caller = await call.identify()
  if (!caller.ok) return caller
  const read = await call.read(emptyRequestSchema)
  if (!read.ok) return read
  const ref = await call.ref()
  if (ref === undefined) return refused({ code: 'not_found' })
  const renewed = await parts.authority.renew(ref, caller.principal)
  if (!renewed.ok) return renewed
  parts.registry.renewed(ref, renewed.remainingMs, renewed.permissions)
  return { ok: true, body: { session_id: ref, expires_at: toSeconds(renewed.deadline) } }
}

export async function listSessions<C extends Claims>(parts: RouteParts<C>, call: Call<C>): Promise<Answer> {
  const caller = await call.identifyLive()
  if (!caller.ok) return caller
  const sessions = await parts.authority.listSessions(caller.principal)
  return {
    ok: true,
    body: {
      sessions: sessions.map(({ ref, openedAt, deadline, sockets, audience, origin, address }) => ({
        session_id: ref,
        opened_at: toSeconds(openedAt),
        expires_at: toSeconds(deadline),
        sockets,
        audience,
        origin,
        address,
      })),
    },
  }
}

export async function closeSession<C extends Claims>(parts: RouteParts<C>, call: Call<C>): Promise<Answer> {
  const caller = await call.identifyLive()
  if (!caller.ok) return caller
  const session = await call.ref()
  const done = session !== undefined && (await parts.authority.revoke({ session, owner: caller.principal }))
  return done ? { ok: true, body: { closed: true } } : refused({ code: 'not_found' })
}

export async function logOut<C extends Claims>(parts: RouteParts<C>, call: Call<C>): Promise<Answer> {
  const caller = await call.identifyLive()
  if (!caller.ok) return caller
  const read = await call.read(logoutRequestSchema)
  if (!read.ok) return read
  const { everywhere } = read.value
  const { issuer, subject, login } = caller.principal
  const scope = everywhere === true || login === undefined ? 'subject' : 'login'
  await parts.authority.revoke(
    scope === 'subject' || login === undefined ? { issuer, subject } : { issuer, subject, login },
  )
  return { ok: true, body: { scope } }
}
