import { randomBytes } from 'node:crypto'
import { checkSealKeys } from '../checks.js'
import { type Clock, systemClock } from '../clock.js'
import { decideRate } from '../rate/gcra.js'
import { ExpiryQueue } from './expiry-queue.js'
import { MemoryLogouts } from './memory-logouts.js'
import { admitted, MemorySessions, sessionDeadline } from './memory-sessions.js'
import { NoticeLog } from './notice-log.js'
import {
  type Bindings,
  GRACE_MS,
  type Holder,
  type Inspection,
  type IssueOutcome,
  type IssueTerms,
  type LoginKey,
  NODE_LEASE_MS,
  type NoticeBatch,
  type OvertakenCredential,
  type RedeemAttempt,
  type RedeemOutcome,
  type RedeemTerms,
  type Renewal,
  type RenewOutcome,
  type RevokeOutcome,
  type RevokeTarget,
  type SessionCheck,
  type SessionSummary,
  type StoreHealth,
  type SubjectKey,
  type TicketRecord,
  type TicketState,
  type TicketStore,
} from './store.js'

// Readers are woken at each notice, so they are never far behind; one that is further behind than this has
// stopped, and finds a gap.
const NOTICES_KEPT = 1024
// Subjects with nothing left to remember are looked for this often.
const SUBJECT_CHECK_MS = 60_000

interface Ticket {
  /** Narrowed by renewals, so that a reusable ticket gives back nothing that they took. */
  record: TicketRecord
  readonly expiresAt: number
  ended: 'voided' | 'revoked' | undefined
  /** The attempt that redeemed it first. */
  first: { readonly at: number; readonly address?: string | undefined } | undefined
}

interface Subject {
  rateArrival: number | undefined
  /** Refs in the order of issue. */
  readonly outstanding: Set<string>
}

type Due = readonly ['ticket' | 'subject' | 'node', string]

/** A store whose contents can be counted. */
export interface MemoryTicketStore extends TicketStore {
  /** How much is kept at the moment: tickets, sessions, subjects, logouts and nodes, together. */
  size(): number
}

/**
 * Keeps everything in this process: the default, for one node.
 *
 * Single use and revocation are absolute. Nothing survives the process: outstanding tickets die with it,
 * and clients fetch fresh ones.
 */
export function memoryStore(
  options: {
    readonly clock?: Clock | undefined
    /** 32 bytes. @default random, so that tickets of another process are refused unseen */
    readonly sealKey?: Uint8Array | undefined
    /** Milliseconds that ended tickets and sessions stay known. @default 300_000 */
    readonly graceMs?: number | undefined
  } = {},
): MemoryTicketStore {
  checkSealKeys('sealKey', options.sealKey === undefined ? undefined : [options.sealKey])
  return new MemoryStore(
    options.clock ?? systemClock,
    options.sealKey ?? randomBytes(32),
    options.graceMs ?? GRACE_MS,
  )
}

class MemoryStore implements MemoryTicketStore {
  readonly kind = 'memory'
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #sealKeys: readonly Uint8Array[]
  readonly #tickets = new Map<string, Ticket>()
  readonly #subjects = new Map<SubjectKey, Subject>()
  readonly #nodes = new Map<string, number>()
  readonly #logouts: MemoryLogouts
  readonly #sessions: MemorySessions
  readonly #due: ExpiryQueue<Due>
  readonly #notices = new NoticeLog(NOTICES_KEPT)
  #expired = 0

  constructor(clock: Clock, sealKey: Uint8Array, graceMs: number) {
    const now = clock.now()
    this.#clock = clock
    this.#graceMs = graceMs
    this.#sealKeys = [sealKey]
    this.#logouts = new MemoryLogouts(now)
    this.#sessions = new MemorySessions(now, graceMs)
    this.#due = new ExpiryQueue(now)
  }

  async issue(record: TicketRecord, terms: IssueTerms): Promise<IssueOutcome> {
    const now = this.#sweep()
    const overtaken = this.#logouts.overtaken(record.holder, now)
    if (overtaken !== undefined) return overtaken
    const credentialEnd = record.holder.expiresAt === undefined ? Infinity : record.holder.expiresAt * 1000
    const expiresAt = Math.min(now + record.ttlMs, credentialEnd)
    if (expiresAt <= now) return { kind: 'expired' }
    const subject = this.#subject(record.holder.subject, now)
    const rate = terms.rate === undefined ? undefined : decideRate(terms.rate, subject.rateArrival, now)
    if (rate?.allowed === false) return { kind: 'rate_limited', quota: rate.quota }
    subject.rateArrival = rate?.arrival
    const voided = this.#makeRoom(subject, terms.outstanding)
    this.#tickets.set(record.ref, { record, expiresAt, ended: undefined, first: undefined })
    subject.outstanding.add(record.ref)
    this.#due.add(['ticket', record.ref], expiresAt)
    return { kind: 'issued', at: now, remainingMs: expiresAt - now, quota: rate?.quota, voided }
  }

  async redeem(ref: string, attempt: RedeemAttempt, terms: RedeemTerms): Promise<RedeemOutcome> {
    const now = this.#sweep()
    const ticket = this.#tickets.get(ref)
    if (ticket === undefined) return { kind: 'unknown' }
    const { record } = ticket
    const { holder } = record
    const session = this.#sessions.live(ref, now)
    const state = stateOf(ticket, now)
    // Whatever became of the ticket since: the answer to this attempt was given when it won.
    if (session?.sockets.has(attempt.id) === true) return admitted(session, now)
    if (state === 'used') return { kind: 'used', first: ticket.first ?? { at: now }, holder }
    if (state !== 'outstanding') return { kind: state }
    const what = mismatch(record, attempt, terms)
    if (what !== undefined) return { kind: 'mismatch', what }
    if (this.#sessions.sockets(holder.subject, terms.liveNodes, now) >= terms.sessionsPerUser) {
      return { kind: 'session_limit' }
    }
    if (sessionDeadline(holder, now, terms) <= now) return { kind: 'expired' }
    const opened = session ?? this.#sessions.open(record, attempt, terms, now)
    opened.sockets.set(attempt.id, attempt.node)
    ticket.first ??= { at: now, address: attempt.address }
    if (record.singleUse) this.#subjects.get(holder.subject)?.outstanding.delete(ref)
    return admitted(opened, now)
  }

  async inspect(ref: string): Promise<Inspection> {
    const now = this.#clock.now()
    const ticket = this.#tickets.get(ref)
    if (ticket === undefined || now >= ticket.expiresAt + this.#graceMs) return { kind: 'unknown' }
    const { record, expiresAt } = ticket
    return { kind: 'known', state: stateOf(ticket, now), record, at: now, remainingMs: expiresAt - now }
  }

  async revoke(target: RevokeTarget): Promise<RevokeOutcome> {
    const now = this.#sweep()
    if (target.kind === 'ticket' || target.kind === 'session') return this.#revokeOne(target, now)
    const login = target.kind === 'login' ? target.login : undefined
    if (login === undefined) this.#logouts.ofSubject(target.subject, now, target.rememberMs)
    else this.#logouts.ofLogin(login, now, target.rememberMs)
    this.#revokeOutstanding(target.subject, login)
    this.#sessions.endAll(target.subject, login, now)
    const { subject } = target
    this.#notices.append(
      login === undefined
        ? { kind: 'subject', subject, at: now }
        : { kind: 'login', subject, login, at: now },
    )
    return { kind: 'revoked', at: now }
  }

  async checkCredential(holder: Holder): Promise<{ readonly kind: 'good' } | OvertakenCredential> {
    return this.#logouts.overtaken(holder, this.#sweep()) ?? { kind: 'good' }
  }

  async renewSession(ref: string, renewal: Renewal): Promise<RenewOutcome> {
    const now = this.#sweep()
    const session = this.#sessions.get(ref)
    const { holder } = renewal
    if (session === undefined || !sameHolder(session.record.holder, holder)) return { kind: 'unknown' }
    const overtaken = this.#logouts.overtaken(holder, now)
    if (overtaken !== undefined) return overtaken
    if (this.#sessions.live(ref, now) === undefined) return { kind: 'over' }
    const deadline = sessionDeadline(holder, session.openedAt, renewal)
    if (deadline <= now) return { kind: 'expired' }
    session.deadline = Math.max(session.deadline, deadline)
    const kept = session.permissions.filter((permission) => renewal.permissions.includes(permission))
    if (kept.length < session.permissions.length) {
      session.permissions = kept
      const ticket = this.#tickets.get(ref)
      if (ticket !== undefined) ticket.record = narrowed(ticket.record, kept)
      this.#notices.append({ kind: 'narrowed', ref, permissions: kept })
    }
    return { kind: 'renewed', at: now, remainingMs: session.deadline - now, permissions: session.permissions }
  }

  async closeSocket(ref: string, attemptId: string): Promise<void> {
    const now = this.#sweep()
    const session = this.#sessions.get(ref)
    if (session?.sockets.delete(attemptId) !== true || session.sockets.size > 0) return
    if (session.over === undefined) this.#sessions.end(session, 'ended', now)
  }

  async listSessions(subject: SubjectKey, liveNodes?: readonly string[]): Promise<readonly SessionSummary[]> {
    return this.#sessions.list(subject, liveNodes, this.#sweep())
  }

  async checkSessions(refs: readonly string[]): Promise<readonly SessionCheck[]> {
    const now = this.#sweep()
    return refs.map((ref) => this.#sessions.check(ref, now))
  }

  async keepNode(id: string): Promise<readonly string[]> {
    const now = this.#sweep()
    this.#nodes.set(id, now + NODE_LEASE_MS)
    this.#due.add(['node', id], now + NODE_LEASE_MS)
    return [...this.#nodes].filter(([, until]) => until > now).map(([node]) => node)
  }

  notices(cursor: string | undefined, signal: AbortSignal): Promise<NoticeBatch> {
    return this.#notices.read(cursor, signal)
  }

  async sealKeys(): Promise<readonly Uint8Array[]> {
    return this.#sealKeys
  }

  async health(): Promise<StoreHealth> {
    this.#sweep()
    return {
      kind: this.kind,
      reachable: true,
      latencyMs: 0,
      promises: { single_use: 'absolute', revocation: 'absolute', shared: 'process' },
      expired: this.#expired,
      warnings: [],
    }
  }

  size(): number {
    this.#sweep()
    const { size } = this.#tickets
    return size + this.#subjects.size + this.#logouts.size + this.#nodes.size + this.#sessions.size
  }

  #revokeOne(target: Extract<RevokeTarget, { ref: string }>, now: number): RevokeOutcome {
    const { ref } = target
    const ticket = this.#tickets.get(ref)
    const session = this.#sessions.live(ref, now)
    const holder = (session ?? ticket)?.record.holder
    const foreign = target.owner !== undefined && holder?.subject !== target.owner
    if (holder === undefined || foreign || (target.kind === 'session' && session === undefined)) {
      return { kind: 'unknown' }
    }
    if (ticket !== undefined && (session !== undefined || stateOf(ticket, now) === 'outstanding')) {
      ticket.ended = 'revoked'
      this.#subjects.get(holder.subject)?.outstanding.delete(ref)
    }
    const code = target.kind === 'session' ? target.code : 'session_revoked'
    if (session !== undefined) this.#sessions.end(session, code, now)
    this.#notices.append({ kind: 'session', ref, code })
    return { kind: 'revoked', at: now }
  }

  #revokeOutstanding(key: SubjectKey, login: LoginKey | undefined): void {
    const outstanding = this.#subjects.get(key)?.outstanding
    for (const ref of outstanding ?? []) {
      const ticket = this.#tickets.get(ref)
      if (ticket === undefined || (login !== undefined && ticket.record.holder.login !== login)) continue
      ticket.ended = 'revoked'
      outstanding?.delete(ref)
    }
  }

  /** Voids the oldest outstanding ticket of a subject that is at its cap. */
  #makeRoom(subject: Subject, cap: number): string | undefined {
    if (subject.outstanding.size < cap) return undefined
    const [oldest] = subject.outstanding
    const ticket = oldest === undefined ? undefined : this.#tickets.get(oldest)
    if (oldest === undefined || ticket === undefined) return undefined
    ticket.ended = 'voided'
    subject.outstanding.delete(oldest)
    return oldest
  }

  #subject(key: SubjectKey, now: number): Subject {
    const known = this.#subjects.get(key)
    if (known !== undefined) return known
    const subject: Subject = { rateArrival: undefined, outstanding: new Set() }
    this.#subjects.set(key, subject)
    this.#due.add(['subject', key], now + SUBJECT_CHECK_MS)
    return subject
  }

  #sweep(): number {
    const now = this.#clock.now()
    this.#sessions.sweep(now)
    this.#logouts.sweep(now)
    for (const [kind, key] of this.#due.take(now)) {
      if (kind === 'ticket') this.#sweepTicket(key, now)
      else if (kind === 'subject') this.#sweepSubject(key, now)
      // A lease that was held on to since has a later entry of its own.
      else if ((this.#nodes.get(key) ?? 0) <= now) this.#nodes.delete(key)
    }
    return now
  }

  #sweepTicket(ref: string, now: number): void {
    const ticket = this.#tickets.get(ref)
    if (ticket === undefined) return
    // Before it is forgotten: after a long pause, its expiry and the end of its grace are found at once.
    const expires = this.#subjects.get(ticket.record.holder.subject)?.outstanding.delete(ref) === true
    if (expires && ticket.first === undefined) this.#expired += 1
    if (now >= ticket.expiresAt + this.#graceMs) this.#tickets.delete(ref)
    else this.#due.add(['ticket', ref], ticket.expiresAt + this.#graceMs)
  }

  #sweepSubject(key: SubjectKey, now: number): void {
    const subject = this.#subjects.get(key)
    if (subject === undefined) return
    const idle = subject.outstanding.size === 0 && (subject.rateArrival ?? 0) <= now
    if (idle) this.#subjects.delete(key)
    else this.#due.add(['subject', key], now + SUBJECT_CHECK_MS)
  }
}

function stateOf(ticket: Ticket, now: number): TicketState {
  if (ticket.ended !== undefined) return ticket.ended
  if (ticket.record.singleUse && ticket.first !== undefined) return 'used'
  return ticket.expiresAt <= now ? 'expired' : 'outstanding'
}

function narrowed(record: TicketRecord, permissions: readonly string[]): TicketRecord {
  return { ...record, principal: { ...record.principal, permissions } }
}

function sameHolder(held: Holder, other: Holder): boolean {
  return held.subject === other.subject && held.login === other.login
}

function mismatch(
  record: TicketRecord,
  attempt: RedeemAttempt,
  terms: RedeemTerms,
): 'audience' | keyof Bindings | undefined {
  if (record.audience !== terms.audience) return 'audience'
  const bound: readonly (keyof Bindings)[] = ['origin', 'network', 'cookie']
  return bound.find(
    (what) => record.bindings[what] !== undefined && record.bindings[what] !== attempt.shown[what],
  )
}
