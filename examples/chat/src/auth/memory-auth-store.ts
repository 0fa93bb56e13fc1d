import {
  type AuthKeys,
  type AuthStore,
  LOGINS_PER_USER,
  type LoginRecord,
  type RotateOutcome,
  type UserRecord,
} from './auth-store.js'

interface HeldLogin {
  login: LoginRecord
  ended: boolean
}

/** Keeps everything in this process: for one node, and gone when it stops. */
export function memoryAuthStore(): AuthStore {
  return new MemoryAuthStore()
}

class MemoryAuthStore implements AuthStore {
  readonly #usersByEmail = new Map<string, UserRecord>()
  readonly #users = new Map<string, UserRecord>()
  readonly #logins = new Map<string, HeldLogin>()
  /** In the order of opening, which is that of the deadlines, so that the oldest is the first. */
  readonly #loginsOfSubject = new Map<string, Set<string>>()
  readonly #lastLogout = new Map<string, number>()
  #keys: AuthKeys | undefined

  async adoptKeys(candidate: AuthKeys): Promise<AuthKeys> {
    this.#keys ??= candidate
    return this.#keys
  }

  async addUser(user: UserRecord): Promise<boolean> {
    if (this.#usersByEmail.has(user.email)) return false
    this.#usersByEmail.set(user.email, user)
    this.#users.set(user.subject, user)
    return true
  }

  async findUserByEmail(email: string): Promise<UserRecord | undefined> {
    return this.#usersByEmail.get(email)
  }

  async findUser(subject: string): Promise<UserRecord | undefined> {
    return this.#users.get(subject)
  }

  async openLogin(login: LoginRecord, now: number): Promise<readonly string[]> {
    const ids = this.#loginsOfSubject.get(login.subject) ?? new Set()
    this.#loginsOfSubject.set(login.subject, ids)
    for (const id of [...ids]) {
      if (this.#held(id, now) === undefined) this.#drop(id)
    }
    const surplus = [...ids].slice(0, Math.max(0, ids.size + 1 - LOGINS_PER_USER))
    for (const id of surplus) this.#drop(id)
    // The set may have left the map when its last id was dropped.
    this.#loginsOfSubject.set(login.subject, ids.add(login.id))
    this.#logins.set(login.id, { login, ended: false })
    return surplus
  }

  async findLogin(id: string, now: number): Promise<{ login: LoginRecord; ended: boolean } | undefined> {
    const held = this.#held(id, now)
    return held === undefined ? undefined : { login: held.login, ended: held.ended }
  }

  async rotateLogin(id: string, generation: number, now: number): Promise<RotateOutcome> {
    const held = this.#held(id, now)
    if (held === undefined || held.ended || generation > held.login.generation) return { kind: 'over' }
    if (generation < held.login.generation) {
      held.ended = true
      return { kind: 'reused', login: held.login }
    }
    held.login = { ...held.login, generation: generation + 1 }
    return { kind: 'rotated', login: held.login }
  }

  async endLogins(target: { subject: string; login?: string }): Promise<readonly string[]> {
    const all = [...(this.#loginsOfSubject.get(target.subject) ?? [])]
    const ids = target.login === undefined ? all : all.filter((id) => id === target.login)
    for (const id of ids) {
      const held = this.#logins.get(id)
      if (held !== undefined) held.ended = true
    }
    return ids
  }

  async forgetLogins(subject: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const held = this.#logins.get(id)
      if (held?.ended === true && held.login.subject === subject) this.#drop(id)
    }
  }

  async noteLogout(subject: string, at: number): Promise<void> {
    // One number a user, and users are kept anyway.
    this.#lastLogout.set(subject, Math.max(at, this.#lastLogout.get(subject) ?? at))
  }

  async lastLogout(subject: string): Promise<number | undefined> {
    return this.#lastLogout.get(subject)
  }

  #held(id: string, now: number): HeldLogin | undefined {
    const held = this.#logins.get(id)
    return held !== undefined && held.login.deadline > now ? held : undefined
  }

  #drop(id: string): void {
    const held = this.#logins.get(id)
    if (held === undefined) return
    this.#logins.delete(id)
    const ids = this.#loginsOfSubject.get(held.login.subject)
    ids?.delete(id)
    if (ids?.size === 0) this.#loginsOfSubject.delete(held.login.subject)
  }
}
