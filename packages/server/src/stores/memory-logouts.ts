import { ExpiryQueue } from './expiry-queue.js'
import type { Holder, LoginKey, OvertakenCredential, SubjectKey } from './store.js'

/** What is remembered of a logout from everywhere. */
interface SubjectLogout {
  /** Unix second. */
  readonly second: number
  readonly until: number
}

/** The logouts of the memory store, for as long as a credential from before them could be presented. */
export class MemoryLogouts {
  readonly #logins = new Map<LoginKey, number>()
  readonly #subjects = new Map<SubjectKey, SubjectLogout>()
  readonly #due: ExpiryQueue<readonly ['login' | 'subject', string]>

  constructor(now: number) {
    this.#due = new ExpiryQueue(now)
  }

  get size(): number {
    return this.#logins.size + this.#subjects.size
  }

  /** Remembers the end of a login, never for a shorter time than it was going to be. */
  ofLogin(login: LoginKey, now: number, rememberMs: number): void {
    const until = Math.max(this.#logins.get(login) ?? 0, now + rememberMs)
    this.#logins.set(login, until)
    this.#due.add(['login', login], until)
  }

  /** Remembers a logout from everywhere, never for a shorter time than one before it was going to be. */
  ofSubject(subject: SubjectKey, now: number, rememberMs: number): void {
    const until = Math.max(this.#subjects.get(subject)?.until ?? 0, now + rememberMs)
    this.#subjects.set(subject, { second: Math.floor(now / 1000), until })
    this.#due.add(['subject', subject], until)
  }

  /** Tells whether a logout has overtaken a credential; `undefined` if none has. */
  overtaken({ subject, login, issuedAt }: Holder, now: number): OvertakenCredential | undefined {
    if (login !== undefined && this.#logins.has(login)) return { kind: 'revoked' }
    const second = this.#subjects.get(subject)?.second
    if (second === undefined || issuedAt === undefined || issuedAt > second) return undefined
    if (issuedAt < second) return { kind: 'revoked' }
    return { kind: 'too_soon', retryAfterMs: Math.max((second + 1) * 1000 - now, 1) }
  }

  sweep(now: number): void {
    for (const [kind, key] of this.#due.take(now)) {
      // What was prolonged since has a later entry of its own.
      if (kind === 'login' && (this.#logins.get(key) ?? 0) <= now) this.#logins.delete(key)
      if (kind === 'subject' && (this.#subjects.get(key)?.until ?? 0) <= now) this.#subjects.delete(key)
    }
  }
}
