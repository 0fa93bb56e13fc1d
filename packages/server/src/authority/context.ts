import type { Refusal } from '@wsticket/protocol'
import type { Clock } from '../clock.js'
import type { EventHub } from '../events/hub.js'
import type { Principal } from '../identity/principal.js'
import type { Quota } from '../rate/gcra.js'
import type { SessionPolicy } from '../sessions/policy.js'
import type { Holder, OvertakenCredential, SubjectKey } from '../stores/store.js'
import type { StoreCalls } from '../stores/store-calls.js'
import type { Limits, TicketPolicy } from './policy.js'
import type { SealKeys } from './seal-keys.js'
import { loginKey, type RandomBytes, subjectKey } from './secret.js'

/** What the authority's operations share. */
export interface AuthorityContext {
  readonly store: StoreCalls
  readonly seals: SealKeys
  readonly events: EventHub
  readonly clock: Clock
  readonly random: RandomBytes
  readonly tickets: TicketPolicy
  readonly limits: Limits
  readonly sessions: SessionPolicy
  /** How far clocks may differ, 0 to 30 seconds. */
  readonly skewSeconds: number
  /** Credentials that live longer than this are refused; so long is a logout remembered. */
  readonly maxTokenAgeSeconds: number
  /** What tickets are bound to besides their audience. */
  readonly bind: { readonly origin: boolean; readonly network: boolean; readonly cookie: boolean }
  /** What happens when a single-use ticket is presented a second time. */
  readonly onReuse: 'event' | 'revoke-session'
  /** The routes that tickets can be for. */
  readonly audiences: () => readonly string[]
  /** This node's id. */
  readonly node: string
  /** The nodes that are alive; `undefined` while that is not known: then all count. */
  readonly liveNodes: () => readonly string[] | undefined
  /** The issuer of users that are named without one. */
  readonly defaultIssuer: string | undefined
}

/** A user, as its issuer names it. */
export interface UserName {
  readonly subject: string
  /** @default the issuer that `authenticate` names, if it names one */
  readonly issuer?: string | undefined
}

/** A user's key in the store. */
export function userKey(context: AuthorityContext, user: UserName): SubjectKey {
  return subjectKey(user.issuer ?? context.defaultIssuer, user.subject)
}

/** An operation that was refused. */
export interface Refused {
  readonly ok: false
  readonly refusal: Refusal
  readonly quota?: Quota | undefined
  /** What the audit log may know and the client may not. */
  readonly reason?: string | undefined
}

/** Builds a refused result. */
export function refused(refusal: Refusal, reason?: string): Refused {
  return reason === undefined ? { ok: false, refusal } : { ok: false, refusal, reason }
}

/** Who a principal's requests speak for, in the store's terms. */
export function holderOf(context: AuthorityContext, principal: Principal): Holder {
  const { subject, login, issuedAt, expiresAt } = principal
  const issuer = principal.issuer ?? context.defaultIssuer
  return {
    subject: subjectKey(issuer, subject),
    login: login === undefined ? undefined : loginKey(issuer, subject, login),
    // Logouts are compared by the second: a fraction would make the second of a logout look later than it is.
    issuedAt: issuedAt === undefined ? undefined : Math.floor(issuedAt),
    expiresAt,
  }
}

/** The refusal of a credential that a logout has overtaken. */
export function overtaken(outcome: OvertakenCredential): Refused {
  if (outcome.kind === 'revoked') return refused({ code: 'credential_revoked' })
  const retryAfterSeconds = Math.ceil(outcome.retryAfterMs / 1000)
  return refused({ code: 'credential_invalid', retryAfterSeconds }, 'issued in the second of the logout')
}

/** Why a credential's times cannot be accepted; `undefined` if they can. */
export function timesRefused(context: AuthorityContext, principal: Principal): Refused | undefined {
  const { issuedAt, expiresAt } = principal
  // A time that is none would compare as neither before nor after anything, and so never end.
  if (![issuedAt, expiresAt].every((time) => time === undefined || Number.isFinite(time)))
    return refused({ code: 'credential_invalid' }, 'its times are not numbers')
  const now = context.clock.now() / 1000
  // Without a beginning, what is left must not outlast the memory of a logout.
  if (issuedAt === undefined) {
    const left = (expiresAt ?? now) - now
    if (left <= context.maxTokenAgeSeconds + context.skewSeconds) return undefined
    const reason = `has no issuedAt, and lives for more than ${context.maxTokenAgeSeconds} seconds from now`
    return refused({ code: 'credential_invalid' }, reason)
  }
  // One from the future would outlast a logout.
  if (issuedAt > now + context.skewSeconds)
    return refused({ code: 'credential_invalid' }, 'issued in the future')
  if ((expiresAt ?? now) - issuedAt <= context.maxTokenAgeSeconds) return undefined
  return refused({ code: 'credential_invalid' }, `lives longer than ${context.maxTokenAgeSeconds} seconds`)
}
