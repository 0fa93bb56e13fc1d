import type { Json, RefusalCode } from '@wsticket/protocol'
import type { Quota, Rate } from '../rate/gcra.js'

/** Hexadecimal SHA-256 of issuer, 0x00, subject: no input reaches a key name. */
export type SubjectKey = string
/** Hexadecimal SHA-256 of issuer, 0x00, subject, 0x00, login. */
export type LoginKey = string

/** How long an ended ticket or session stays known, so that expired, used and garbage can be told apart. */
export const GRACE_MS = 300_000

/** How long a node counts as alive after it was last heard of. */
export const NODE_LEASE_MS = 30_000

/** The principal as a store keeps it: JSON, with the permissions that the ticket was given. */
export interface StoredPrincipal {
  readonly issuer?: string | undefined
  readonly subject: string
  readonly email?: string | undefined
  readonly permissions: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly login?: string | undefined
  readonly issuedAt?: number | undefined
  readonly expiresAt?: number | undefined
}

/** What a ticket was bound to when it was issued. Absent is unbound. */
export interface Bindings {
  /** The exact `Origin`. */
  readonly origin?: string | undefined
  /** The client's network, such as `203.0.113.0/24`. */
  readonly network?: string | undefined
  /** SHA-256 of the binding cookie's value, base64url. */
  readonly cookie?: string | undefined
}

/** The times of the credential behind a request, in Unix seconds. */
export interface CredentialTimes {
  readonly issuedAt?: number | undefined
  readonly expiresAt?: number | undefined
}

/** Who a request speaks for, as far as a store must know. */
export interface Holder extends CredentialTimes {
  readonly subject: SubjectKey
  readonly login?: LoginKey | undefined
}

/** What a store keeps of a ticket. Never the ticket itself. */
export interface TicketRecord {
  readonly ref: string
  readonly holder: Holder
  readonly principal: StoredPrincipal
  readonly metadata: { readonly [name: string]: Json }
  readonly audience: string
  readonly singleUse: boolean
  readonly ttlMs: number
  readonly bindings: Bindings
}

/** The limits that an issue is held against. */
export interface IssueTerms {
  /** `undefined`: no limit. */
  readonly rate: Rate | undefined
  /** Outstanding tickets of a subject; at the cap the oldest is voided. */
  readonly outstanding: number
}

/** A credential that a logout has overtaken. */
export type OvertakenCredential =
  /** The login was revoked, or the credential is from before the subject's logout. */
  | { readonly kind: 'revoked' }
  /** The credential is from the very second of the logout: which came first cannot be told. */
  | { readonly kind: 'too_soon'; readonly retryAfterMs: number }

/** What became of an issue. */
export type IssueOutcome =
  | {
      readonly kind: 'issued'
      /** The store's clock, Unix milliseconds. */
      readonly at: number
      readonly remainingMs: number
      readonly quota: Quota | undefined
      /** The oldest outstanding ticket, if the cap voided it. */
      readonly voided: string | undefined
    }
  | { readonly kind: 'rate_limited'; readonly quota: Quota }
  /** The credential has nothing left to give a ticket. */
  | { readonly kind: 'expired' }
  | OvertakenCredential

/** One handshake's try to redeem. */
export interface RedeemAttempt {
  /** 128 random bits; the same attempt again gets the same answer. */
  readonly id: string
  /** The node that will hold the socket. */
  readonly node: string
  readonly address?: string | undefined
  /** What the client shows of that which a ticket may be bound to. */
  readonly shown: Bindings
}

/** The rules that a redeem goes by. */
export interface RedeemTerms {
  readonly audience: string
  /** Sockets of a subject over all its sessions. */
  readonly sessionsPerUser: number
  readonly maxSessionMs: number
  readonly skewMs: number
  /** The nodes that are alive; sockets of others are not counted. `undefined`: all are. */
  readonly liveNodes: readonly string[] | undefined
}

/** What became of a redeem. All but `admitted` let nobody in. */
export type RedeemOutcome =
  | {
      readonly kind: 'admitted'
      readonly at: number
      readonly record: TicketRecord
      readonly openedAt: number
      /** Until the session's deadline. */
      readonly remainingMs: number
      /** The permissions of the session: those of the record unless a renewal narrowed them. */
      readonly permissions: readonly string[]
    }
  | {
      readonly kind: 'used'
      /** Who redeemed it first. */
      readonly first: { readonly at: number; readonly address?: string | undefined }
      readonly holder: Holder
    }
  | { readonly kind: 'unknown' | 'expired' | 'voided' | 'revoked' | 'session_limit' }
  | { readonly kind: 'mismatch'; readonly what: 'audience' | keyof Bindings }

/** Where a ticket stands; `used` only for single-use ones. */
export type TicketState = 'outstanding' | 'expired' | 'used' | 'voided' | 'revoked'

/** What is known of a ticket. */
export type Inspection =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'known'
      readonly state: TicketState
      readonly record: TicketRecord
      readonly at: number
      /** Until the ticket expires; 0 or less if it has. */
      readonly remainingMs: number
    }

/** Why a session ended before its deadline. */
export type SessionEndCode = Extract<RefusalCode, 'session_revoked' | 'session_closed'>

/** What a revoke ends. */
export type RevokeTarget =
  /** A ticket and, if it was redeemed, the session that it opened. With `owner`, only that subject's. */
  | { readonly kind: 'ticket'; readonly ref: string; readonly owner?: SubjectKey | undefined }
  /** A live session and the ticket that opened it. With `owner`, only that subject's. */
  | {
      readonly kind: 'session'
      readonly ref: string
      readonly owner?: SubjectKey | undefined
      readonly code: SessionEndCode
    }
  | {
      readonly kind: 'login'
      readonly subject: SubjectKey
      readonly login: LoginKey
      /** How long credentials of this login could still be presented. */
      readonly rememberMs: number
    }
  | { readonly kind: 'subject'; readonly subject: SubjectKey; readonly rememberMs: number }

/** What became of a revoke. */
export type RevokeOutcome =
  | { readonly kind: 'revoked'; readonly at: number }
  /** There is no such ticket or live session, or it is another's. Logins and subjects are always known. */
  | { readonly kind: 'unknown' }

/** A fresh credential's wish for a later deadline. */
export interface Renewal {
  readonly holder: Holder
  readonly permissions: readonly string[]
  readonly maxSessionMs: number
  readonly skewMs: number
}

/** What became of a renewal. */
export type RenewOutcome =
  | {
      readonly kind: 'renewed'
      readonly at: number
      readonly remainingMs: number
      /** The intersection of what the session had and what the renewal brought. */
      readonly permissions: readonly string[]
    }
  /** Not there, or another subject's or login's. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'over' }
  /** The credential has nothing left to give a session. */
  | { readonly kind: 'expired' }
  | OvertakenCredential

/** A live session, as its owner may see it. */
export interface SessionSummary {
  readonly ref: string
  /** Unix milliseconds, by the store's clock. */
  readonly openedAt: number
  /** The store's clock plus the remaining time: Unix milliseconds. */
  readonly deadline: number
  readonly sockets: number
  readonly audience: string
  readonly origin?: string | undefined
  readonly address?: string | undefined
}

/** Where a session stands. */
export type SessionCheck =
  | {
      readonly ref: string
      readonly kind: 'live'
      readonly remainingMs: number
      readonly permissions: readonly string[]
    }
  | { readonly ref: string; readonly kind: 'over'; readonly code: SessionEndCode }
  /** Its deadline has passed, or it was forgotten. */
  | { readonly ref: string; readonly kind: 'gone' }

/** A revocation, or a renewal that narrowed, on its way to the nodes that hold the sockets. */
export type Notice =
  | { readonly kind: 'session'; readonly ref: string; readonly code: SessionEndCode }
  | {
      readonly kind: 'login'
      readonly subject: SubjectKey
      readonly login: LoginKey
      /** When it was revoked, by the store's clock: told twice, it ends nothing that was opened since. */
      readonly at: number
    }
  | { readonly kind: 'subject'; readonly subject: SubjectKey; readonly at: number }
  | { readonly kind: 'narrowed'; readonly ref: string; readonly permissions: readonly string[] }

/** What was announced since a cursor. */
export interface NoticeBatch {
  /** To be given to the next call. Opaque. */
  readonly cursor: string
  readonly notices: readonly Notice[]
  /** True whenever it cannot be proved that nothing was missed: every held session is to be checked. */
  readonly gap: boolean
}

/** What a deployment of a store keeps, in words that `/status` shows. */
export interface StorePromises {
  readonly single_use: 'absolute' | 'wait' | 'none'
  readonly revocation: 'absolute' | 'bounded' | 'none'
  readonly shared: 'process' | 'nodes'
}

/** How a store is. */
export interface StoreHealth {
  readonly kind: string
  readonly reachable: boolean
  readonly latencyMs: number
  readonly promises: StorePromises
  /** Tickets that ended unused, since the store began. */
  readonly expired: number
  /** What keeps it from promising more, and what to do about it: one sentence each, for operators. Holds no secret. */
  readonly warnings: readonly string[]
}

/**
 * Keeps tickets, sessions and revocations.
 *
 * - Every call MUST be one atomic step: no other call sees half of it. There is no get-then-delete.
 * - Time MUST be the store's own; callers' clocks are never compared with it.
 * - A ticket MUST be admitted to one attempt at most, whatever fails, and never after its expiry or after
 *   an acknowledged `revoke`.
 * - A store that fails MUST reject with a `WsticketError` of code `store_unavailable` that names it. It MUST
 *   NOT answer with less than it knows.
 * - Ended tickets and sessions stay known for {@link GRACE_MS} and MUST then leave by themselves.
 *
 * `@wsticket/server/conformance` holds the suite that every implementation passes.
 */
export interface TicketStore {
  readonly kind: string

  /**
   * Refuses a credential that a logout has overtaken, counts the subject's rate, and keeps the record. A
   * ticket never outlives its credential. Only what is issued is counted.
   */
  issue(record: TicketRecord, terms: IssueTerms): Promise<IssueOutcome>

  /**
   * Lets one attempt win and opens its session in the same step. `mismatch` and `session_limit` MUST NOT
   * burn the ticket. The same attempt again is `admitted` again, unless its session has ended.
   */
  redeem(ref: string, attempt: RedeemAttempt, terms: RedeemTerms): Promise<RedeemOutcome>

  /** Tells what is known of a ticket. MUST change nothing. */
  inspect(ref: string): Promise<Inspection>

  /** First the state that issue, redeem and renew check, then the notice; resolves after both. */
  revoke(target: RevokeTarget): Promise<RevokeOutcome>

  /** Tells whether a logout has overtaken a credential, for requests that neither issue nor renew. */
  checkCredential(holder: Holder): Promise<{ readonly kind: 'good' } | OvertakenCredential>

  /**
   * Moves a live session's deadline, never to an earlier time. Permissions only ever narrow, for the ticket as well: what
   * it opens later has no more.
   */
  renewSession(ref: string, renewal: Renewal): Promise<RenewOutcome>

  /** One socket of a session is gone; the session ends with its last. Unknown ones are ignored. */
  closeSocket(ref: string, attemptId: string): Promise<void>

  /**
   * Gives the live sessions of a subject; those past their deadline are not among them. With `liveNodes`, neither are
   * sockets of other nodes, and sessions that have no other sockets.
   */
  listSessions(subject: SubjectKey, liveNodes?: readonly string[]): Promise<readonly SessionSummary[]>

  /** Says for many at once which are over and when the others end. In the order of `refs`. */
  checkSessions(refs: readonly string[]): Promise<readonly SessionCheck[]>

  /** Holds a node's lease for {@link NODE_LEASE_MS} and gives the ids of all nodes that have one. */
  keepNode(id: string): Promise<readonly string[]>

  /**
   * Gives what was announced after `cursor`, at least once, waiting until there is something or `signal`
   * aborts. Without a cursor it answers at once with the present end.
   */
  notices(cursor: string | undefined, signal: AbortSignal): Promise<NoticeBatch>

  /** Keys that seal tickets: the one for new tickets first, then those still accepted. 32 bytes each. */
  sealKeys(): Promise<readonly Uint8Array[]>

  /** Tells how the store is, within the deadline of any other call. */
  health(): Promise<StoreHealth>

  /** Lets go of what the store opened for itself. What it was given, such as a client, stays open. */
  close?(): Promise<void>
}
