import type { Principal } from '../identity/principal.js'
import { type AuthorityContext, holderOf, overtaken, type Refused, refused, timesRefused } from './context.js'
import { resolveRef } from './resolve-ref.js'

/** A session whose deadline was moved. */
export interface Renewed {
  readonly ok: true
  readonly ref: string
  /** Unix milliseconds. */
  readonly deadline: number
  readonly remainingMs: number
  readonly permissions: readonly string[]
}

/** Moves the deadline of a live session, named by ref or ticket, to what a fresh credential of its login allows. */
export async function renew(
  context: AuthorityContext,
  ticketOrRef: string,
  principal: Principal,
): Promise<Renewed | Refused> {
  const times = timesRefused(context, principal)
  if (times !== undefined) return times
  const ref = await resolveRef(context, ticketOrRef)
  if (ref === undefined) return refused({ code: 'not_found' })
  const outcome = await context.store.call('renew', (store) =>
    store.renewSession(ref, {
      holder: holderOf(context, principal),
      permissions: principal.permissions,
      maxSessionMs: context.sessions.maxSeconds * 1000,
      skewMs: context.skewSeconds * 1000,
    }),
  )
  switch (outcome.kind) {
    case 'revoked':
    case 'too_soon':
      return overtaken(outcome)
    case 'expired':
      return refused({ code: 'credential_invalid' }, 'nothing is left of its life')
    case 'unknown':
      return refused({ code: 'not_found' })
    case 'over':
      return refused({ code: 'session_over', ref })
    case 'renewed': {
      const deadline = outcome.at + outcome.remainingMs
      context.events.emit('session.renewed', { ref, subject: principal.subject, deadline })
      return { ok: true, ref, deadline, remainingMs: outcome.remainingMs, permissions: outcome.permissions }
    }
  }
}
