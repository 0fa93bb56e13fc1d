import { ExpiryQueue } from './expiry-queue.js'
import type {
  Holder,
  LoginKey,
  RedeemAttempt,
  RedeemOutcome,
  RedeemTerms,
  Renewal,
  SessionCheck,
  SessionEndCode,
  SessionSummary,
  SubjectKey,
  TicketRecord,
} from './store.js'

/** A session of the memory store. */
export interface MemorySession {
  readonly record: TicketRecord
  readonly openedAt: number
  /** The attempt that opened it. */
  readonly attempt: RedeemAttempt
  /** Attempt id to node. */
  readonly sockets: Map<string, string>
  permissions: readonly string[]
  /** Unix milliseconds; moved by renewals, brought forward by an early end. */
  deadline: number
  over: SessionEndCode | 'ended' | undefined
}

/** The sessions half of the memory store. Times come from the caller: one call, one time. */
export class MemorySessions {
  readonly #graceMs: number
  readonly #sessions = new Map<string, MemorySession>()
  readonly #bySubject = new Map<SubjectKey, Set<string>>()
  readonly #due: ExpiryQueue<string>

  constructor(now: number, graceMs: number) {
    this.#graceMs = graceMs
    this.#due = new ExpiryQueue(now)
  }

  get size(): number {
    return this.#sessions.size
  }

  get(ref: string): MemorySession | undefined {
    return this.#sessions.get(ref)
  }

  live(ref: string, now: number): MemorySession | undefined {
    const session = this.#sessions.get(ref)
    return session !== undefined && isLive(session, now) ? session : undefined
  }

  open(record: TicketRecord, attempt: RedeemAttempt, terms: RedeemTerms, now: number): MemorySession {
    const session: MemorySession = {
      record,
      openedAt: now,
      attempt,
      sockets: new Map(),
      permissions: record.principal.permissions,
      deadline: sessionDeadline(record.holder, now, terms),
      over: undefined,
    }
    const { ref, holder } = record
    this.#sessions.set(ref, session)
    const refs = this.#bySubject.get(holder.subject)
    if (refs === undefined) this.#bySubject.set(holder.subject, new Set([ref]))
    else refs.add(ref)
    this.#due.add(ref, session.deadline + this.#graceMs)
    return session
  }

  end(session: MemorySession, code: SessionEndCode | 'ended', now: number): void {
    session.over = code
    session.deadline = Math.min(session.deadline, now)
    this.#forgetSubject(session)
    this.#due.add(session.record.ref, now + this.#graceMs)
  }

  /** Ends the live sessions of a subject, or only those of one of its logins. */
  endAll(subject: SubjectKey, login: LoginKey | undefined, now: number): void {
    for (const session of this.#liveOf(subject, now)) {
      if (login === undefined || session.record.holder.login === login)
        this.end(session, 'session_revoked', now)
    }
  }

  sockets(subject: SubjectKey, liveNodes: readonly string[] | undefined, now: number): number {
    let count = 0
    for (const session of this.#liveOf(subject, now)) count += heldSockets(session, liveNodes)
    return count
  }

  list(subject: SubjectKey, liveNodes: readonly string[] | undefined, now: number): SessionSummary[] {
    const summaries = this.#liveOf(subject, now).map((session) => ({
      ref: session.record.ref,
      openedAt: session.openedAt,
      deadline: session.deadline,
      sockets: heldSockets(session, liveNodes),
      audience: session.record.audience,
      origin: session.attempt.shown.origin,
      address: session.attempt.address,
    }))
    return summaries.filter(({ sockets }) => sockets > 0)
  }

  check(ref: string, now: number): SessionCheck {
    const session = this.#sessions.get(ref)
    if (session === undefined || session.over === 'ended') return { ref, kind: 'gone' }
    if (session.over !== undefined) return { ref, kind: 'over', code: session.over }
    if (session.deadline <= now) return { ref, kind: 'gone' }
    return { ref, kind: 'live', remainingMs: session.deadline - now, permissions: session.permissions }
  }

  sweep(now: number): void {
    for (const ref of this.#due.take(now)) {
      const session = this.#sessions.get(ref)
      if (session === undefined) continue
      const forgetAt = session.deadline + this.#graceMs
      if (now >= forgetAt) {
        this.#sessions.delete(ref)
        this.#forgetSubject(session)
      } else if (session.over === undefined) {
        // A renewal moved the deadline. One that ended early has an entry of its own.
        this.#due.add(ref, forgetAt)
      }
    }
  }

  #liveOf(subject: SubjectKey, now: number): MemorySession[] {
    const sessions: MemorySession[] = []
    for (const ref of this.#bySubject.get(subject) ?? []) {
      const session = this.live(ref, now)
      if (session !== undefined) sessions.push(session)
    }
    return sessions
  }

  #forgetSubject(session: MemorySession): void {
    const { ref, holder } = session.record
    const refs = this.#bySubject.get(holder.subject)
    if (refs?.delete(ref) === true && refs.size === 0) this.#bySubject.delete(holder.subject)
  }
}

/** What a redeem answers for an open session. */
export function admitted(session: MemorySession, now: number): RedeemOutcome {
  return {
    kind: 'admitted',
    at: now,
    record: session.record,
    openedAt: session.openedAt,
    remainingMs: session.deadline - now,
    permissions: session.permissions,
  }
}

/** Unix milliseconds at which a session ends by itself: the credential's end and skew, or the maximum. */
export function sessionDeadline(
  holder: Holder,
  openedAt: number,
  terms: Pick<Renewal, 'maxSessionMs' | 'skewMs'>,
): number {
  const credentialEnd = holder.expiresAt === undefined ? Number.POSITIVE_INFINITY : holder.expiresAt * 1000
  return Math.min(credentialEnd + terms.skewMs, openedAt + terms.maxSessionMs)
}

function heldSockets({ sockets }: MemorySession, liveNodes: readonly string[] | undefined): number {
  if (liveNodes === undefined) return sockets.size
  return [...sockets.values()].filter((node) => liveNodes.includes(node)).length
}

function isLive(session: MemorySession, now: number): boolean {
  return session.over === undefined && session.deadline > now
}
