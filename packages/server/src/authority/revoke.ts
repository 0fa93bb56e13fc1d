import type { RevokeTarget, SessionEndCode } from '../stores/store.js'
import { type AuthorityContext, type UserName, userKey } from './context.js'
import { resolveRef } from './resolve-ref.js'
import { loginKey } from './secret.js'

/** What to revoke. Exactly one of ticket, session, login and subject. */
export type Revocation =
  /** By ref, or by the ticket itself. With `owner`, only if it is that user's. */
  | { readonly ticket: string; readonly owner?: UserName | undefined }
  | {
      readonly session: string
      readonly owner?: UserName | undefined
      readonly code?: SessionEndCode | undefined
    }
  | ({ readonly login: string } & UserName)
  | UserName

/**
 * Revokes: what is outstanding can no longer be redeemed, what is live is closed, on every node.
 *
 * Resolves to `false` if there is no such ticket or live session, or it is another's.
 */
export async function revoke(context: AuthorityContext, revocation: Revocation): Promise<boolean> {
  const target = await targetOf(context, revocation)
  if (target === undefined) return false
  const outcome = await context.store.call('revoke', (store) => store.revoke(target))
  if (outcome.kind !== 'revoked') return false
  const subject = 'owner' in revocation ? revocation.owner?.subject : undefined
  if (target.kind === 'ticket') context.events.emit('ticket.revoked', { ref: target.ref, subject })
  else if (target.kind === 'session')
    context.events.emit('session.revoked', { ref: target.ref, code: target.code, subject })
  else if ('login' in revocation) {
    context.events.emit('login.revoked', { subject: revocation.subject, login: revocation.login })
  } else if ('subject' in revocation) context.events.emit('subject.revoked', { subject: revocation.subject })
  return true
}

async function targetOf(
  context: AuthorityContext,
  revocation: Revocation,
): Promise<RevokeTarget | undefined> {
  if ('ticket' in revocation || 'session' in revocation) {
    const ref = await resolveRef(context, 'ticket' in revocation ? revocation.ticket : revocation.session)
    if (ref === undefined) return undefined
    const owner = revocation.owner === undefined ? undefined : userKey(context, revocation.owner)
    if ('ticket' in revocation) return { kind: 'ticket', ref, owner }
    return { kind: 'session', ref, owner, code: revocation.code ?? 'session_closed' }
  }
  named('subject', revocation.subject)
  const subject = userKey(context, revocation)
  const rememberMs = (context.maxTokenAgeSeconds + context.skewSeconds) * 1000
  if (!('login' in revocation)) return { kind: 'subject', subject, rememberMs }
  named('login', revocation.login)
  const issuer = revocation.issuer ?? context.defaultIssuer
  const login = loginKey(issuer, revocation.subject, revocation.login)
  return { kind: 'login', subject, login, rememberMs }
}

/** Revoking nobody would look like success, and what was meant would live on. */
function named(what: string, name: unknown): void {
  if (typeof name === 'string' && name !== '') return
  throw new TypeError(
    `revoke() got ${JSON.stringify(name)} as ${what}; name one of ticket, session, login (with its subject) and subject`,
  )
}
