import type { RevokeTarget, SessionEndCode } from '../stores/store.js'
import type { AuthorityContext } from './context.js'
import { loginKey, subjectKey } from './secret.js'

/** What to revoke. Exactly one of ticket, session, login and subject. */
export type Revocation =
  /** By ref. With `owner`, only if it is that user's. */
  | { readonly ticket: string; readonly owner?: UserName | undefined }
  | { readonly session: string; readonly owner?: UserName | undefined; readonly code?: SessionEndCode | undefined }
  | ({ readonly login: string } & UserName)
  | UserName

/** A user, as its issuer names it. */
export interface UserName {
  readonly subject: string
  /** @default the issuer that `authenticate` names, if it names one */
  readonly issuer?: string | undefined
}

/**
 * Revokes: what is outstanding can no longer be redeemed, what is live is closed, on every node.
 *
 * Resolves to `false` if there is no such ticket or live session, or it is another's.
 */
export async function revoke(context: AuthorityContext, revocation: Revocation): Promise<boolean> {
  const rememberMs = (context.maxTokenAgeSeconds + context.skewSeconds) * 1000
  const target = targetOf(revocation, rememberMs)
  const outcome = await context.store.call('revoke', (store) => store.revoke(target))
  if (outcome.kind !== 'revoked') return false
  if (target.kind === 'ticket' || target.kind === 'session') context.events.emit('ticket.revoked', { ref: target.ref })
  else if ('login' in revocation) {
    context.events.emit('login.revoked', { subject: revocation.subject, login: revocation.login })
  } else if ('subject' in revocation) context.events.emit('subject.revoked', { subject: revocation.subject })
  return true
}

function targetOf(revocation: Revocation, rememberMs: number): RevokeTarget {
  if ('ticket' in revocation) return { kind: 'ticket', ref: revocation.ticket, owner: keyOf(revocation.owner) }
  if ('session' in revocation) {
    const { session: ref, owner, code } = revocation
    return { kind: 'session', ref, owner: keyOf(owner), code: code ?? 'session_closed' }
  }
  const { issuer, subject } = revocation
  const key = subjectKey(issuer, subject)
  if ('login' in revocation) {
    return { kind: 'login', subject: key, login: loginKey(issuer, subject, revocation.login), rememberMs }
  }
  return { kind: 'subject', subject: key, rememberMs }
}

function keyOf(user: UserName | undefined): string | undefined {
  return user === undefined ? undefined : subjectKey(user.issuer, user.subject)
}
