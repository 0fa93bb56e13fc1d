import type { Refusal, RefusalCode } from '@wsticket/protocol'
import type { JWK } from 'jose'
import { type AuthKeys, type AuthStore, newLoginId, type UserRecord } from './auth-store.js'
import { PasswordHasher } from './passwords.js'
import { addressKey, memoryRateLimits, type RateLimiter, type RateLimits } from './rate-limit.js'
import { generateAuthKeys, TokenMaker } from './tokens.js'

// After this long the password is asked for again, however often the login was refreshed.
const LOGIN_SECONDS = 30 * 86_400
// People mistype; scripts guess. Wrong tries only: a right password gives its try back.
// Who knows an e-mail address can use up its tries and so keep its owner from signing in: that is the price of
// a limit that guessing from many addresses does not evade. It is kept small: one try comes back every 15
// seconds, nothing is locked for longer, and who is signed in already stays so and refreshes as before.
const WRONG_TRIES_PER_ACCOUNT = { burst: 20, perSecond: 1 / 15 }
// An office behind one address may sign in at once.
const TRIES_PER_ADDRESS = { burst: 100, perSecond: 5 }

/** Which sockets and tickets a logout ends: those of one login, or without `login` all of the subject's. */
export interface LogoutTarget {
  readonly issuer: string
  readonly subject: string
  readonly login?: string
}

/** What happened, for an audit log. Holds no secret, and no name that was only typed. */
export interface AuthEvent {
  readonly name:
    | 'login.opened'
    | 'login.refused'
    | 'login.refreshed'
    | 'refresh.refused'
    | 'refresh.reused'
    | 'login.ended'
    | 'logout.refused'
    | 'identify.refused'
    /** Refused before the service was asked, or because its store failed. */
    | 'request.refused'
  readonly subject?: string
  readonly login?: string
  readonly address?: string
  readonly code?: RefusalCode
  /** One of the service's own paths. */
  readonly path?: string
  /** HTTP status, where the code has several. */
  readonly status?: number
}

export interface AuthServiceOptions {
  readonly store: AuthStore
  readonly issuer: string
  readonly audience: string
  /** Life of an access token, 1 to 86400. @default 900 */
  readonly tokenSeconds?: number
  /** Ends tickets and sockets. If it rejects, the logout answers 503 and can be repeated. */
  readonly onLogout?: (target: LogoutTarget) => Promise<void>
  /** Hears what nobody waits for, such as `onLogout` failing after a stolen refresh token was noticed. */
  readonly onError?: (error: unknown) => void
  readonly onEvent?: (event: AuthEvent) => void
  /** Counts tries to sign in. @default in this process */
  readonly limits?: RateLimits
  readonly hasher?: PasswordHasher
  readonly now?: () => number
  readonly sleep?: (milliseconds: number) => Promise<void>
}

/** The pair of tokens that a login or a refresh gives. */
export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresIn: number
}

/** The user behind an access token. */
export interface Identity {
  readonly user: UserRecord
  readonly login: string
  readonly expiresAt: number
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * Signs users in and out.
 *
 * Refresh tokens rotate: each is good once. A used one that comes again ends its login, its tickets and its
 * sockets, for then two parties hold the same token and nobody can tell which is the thief (RFC 9700, 4.14).
 * There is no time of grace in which a used token still works: it would be the thief's time as well. A client
 * whose reply was lost signs in again.
 */
export class AuthService {
  readonly issuer: string
  readonly #options: AuthServiceOptions
  readonly #store: AuthStore
  #keys: AuthKeys
  #tokens: TokenMaker
  readonly #hasher: PasswordHasher
  readonly #onError: (error: unknown) => void
  readonly #now: () => number
  readonly #sleep: (milliseconds: number) => Promise<void>
  readonly #perAccount: RateLimiter
  readonly #perAddress: RateLimiter

  private constructor(
    options: AuthServiceOptions,
    parts: { readonly keys: AuthKeys; readonly tokens: TokenMaker; readonly hasher: PasswordHasher },
  ) {
    this.issuer = options.issuer
    this.#options = options
    this.#store = options.store
    this.#keys = parts.keys
    this.#tokens = parts.tokens
    this.#hasher = parts.hasher
    this.#onError = options.onError ?? (() => undefined)
    this.#now = options.now ?? Date.now
    this.#sleep =
      options.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)))
    const limits = options.limits ?? memoryRateLimits(this.#now)
    this.#perAccount = limits('account', WRONG_TRIES_PER_ACCOUNT)
    this.#perAddress = limits('address', TRIES_PER_ADDRESS)
  }

  /** Makes the service, with the keys that the store holds or, for the first node, fresh ones. */
  static async create(options: AuthServiceOptions): Promise<AuthService> {
    const keys = await options.store.adoptKeys(await generateAuthKeys())
    const hasher = options.hasher ?? new PasswordHasher()
    await hasher.prepare()
    return new AuthService(options, { keys, tokens: await TokenMaker.create(keys, options), hasher })
  }

  /**
   * Puts the keys back into a store that may have lost them, such as a Redis that came back empty. If another node
   * was there first, its keys are the good ones from now on.
   */
  async restoreKeys(): Promise<void> {
    const keys = await this.#store.adoptKeys(this.#keys)
    if (keys.refreshSecret === this.#keys.refreshSecret && keys.signing.kid === this.#keys.signing.kid) return
    this.#tokens = await TokenMaker.create(keys, this.#options)
    this.#keys = keys
  }

  /** The public key in PEM, for a verifier in the same process. Changes only by `restoreKeys`. */
  get publicKey(): string {
    return this.#tokens.publicKeyPem
  }

  get jwks(): { readonly keys: readonly JWK[] } {
    return this.#tokens.jwks
  }

  /** Adds a user with a password, unless the e-mail address is taken. */
  async addUser(user: Omit<UserRecord, 'passwordHash'>, password: string): Promise<boolean> {
    const email = normalEmail(user.email)
    if ((await this.#store.findUserByEmail(email)) !== undefined) return false
    return await this.#store.addUser({ ...user, email, passwordHash: await this.#hasher.hash(password) })
  }

  async login(attempt: { email: string; password: string; address: string }): Promise<Outcome<TokenPair>> {
    const { address } = attempt
    const outcome = await this.#login(attempt)
    if (outcome.ok) {
      const { subject, login, pair } = outcome.value
      this.#emit({ name: 'login.opened', subject, login, address })
      return { ok: true, value: pair }
    }
    this.#emit({ name: 'login.refused', code: outcome.refusal.code, address })
    return outcome
  }

  async refresh(token: string): Promise<Outcome<TokenPair>> {
    const outcome = await this.#refresh(token)
    if (!outcome.ok) this.#emit({ name: 'refresh.refused', code: outcome.refusal.code })
    return outcome
  }

  async #login(attempt: {
    email: string
    password: string
    address: string
  }): Promise<Outcome<{ subject: string; login: string; pair: TokenPair }>> {
    const account = normalEmail(attempt.email)
    const wait =
      (await this.#perAddress.take(addressKey(attempt.address))) || (await this.#perAccount.take(account))
    if (wait > 0) return refuse({ code: 'rate_limited', retryAfterSeconds: wait })
    const user = await this.#store.findUserByEmail(account)
    const verdict = await this.#hasher.verify(attempt.password, user?.passwordHash)
    if (verdict === 'overloaded') {
      await this.#perAccount.giveBack(account)
      const detail = 'Too many people sign in at this moment.'
      return refuse({ code: 'identity_unavailable', retryAfterSeconds: 5, detail })
    }
    if (user === undefined || verdict !== 'right') {
      return refuse({ code: 'credential_invalid', detail: 'The e-mail address or the password is wrong.' })
    }
    await this.#perAccount.giveBack(account)
    await this.#leaveSecondOfLogout(user.subject)
    return await this.#openLogin(user)
  }

  async #refresh(token: string): Promise<Outcome<TokenPair>> {
    const read = this.#tokens.readRefresh(token)
    if (read === undefined) {
      return refuse({ code: 'credential_invalid', detail: 'refresh_token is not one of this service.' })
    }
    const outcome = await this.#store.rotateLogin(read.login, read.generation, this.#now())
    if (outcome.kind === 'reused') {
      const { subject, id } = outcome.login
      this.#emit({ name: 'refresh.reused', subject, login: id })
      await this.#finishLogout({ issuer: this.issuer, subject, login: id }, [id]).catch(this.#onError)
      return refuse({
        code: 'credential_revoked',
        detail: 'This refresh_token was used before. Its login has been ended; sign in again.',
      })
    }
    const user = outcome.kind === 'rotated' ? await this.#store.findUser(outcome.login.subject) : undefined
    if (outcome.kind === 'over' || user === undefined) {
      return refuse({ code: 'credential_revoked', detail: 'This login has ended; sign in again.' })
    }
    this.#emit({ name: 'login.refreshed', subject: user.subject, login: outcome.login.id })
    return { ok: true, value: await this.#pair(user, outcome.login) }
  }

  /** Tells who holds an access token whose login is live. */
  async identify(token: string): Promise<Outcome<Identity>> {
    const known = await this.#read(token)
    const outcome = known.ok && known.value.ended ? refuse(LOGIN_ENDED) : known
    if (!outcome.ok) this.#emit({ name: 'identify.refused', code: outcome.refusal.code })
    return outcome
  }

  /**
   * Ends the token's login, or all of its user's. First the refresh tokens, then tickets and sockets; only
   * then is the login forgotten, so that a logout whose second half failed can be repeated.
   */
  async logout(token: string, scope: 'login' | 'subject'): Promise<Outcome<{ scope: 'login' | 'subject' }>> {
    const outcome = await this.#logout(token, scope)
    if (!outcome.ok) this.#emit({ name: 'logout.refused', code: outcome.refusal.code })
    return outcome
  }

  /** Notes what was refused without the service, so that the audit log has it, too. */
  noteRefusal(request: { readonly path: string; readonly address: string }, refusal: Refusal): void {
    const { path, address } = request
    const { code, status } = refusal
    this.#emit({ name: 'request.refused', code, path, address, ...(status !== undefined && { status }) })
  }

  /**
   * Ends the refresh tokens behind tickets and sockets that were revoked elsewhere, by the ticket routes' own
   * logout, for one. `onLogout` is not called: what it would end has ended already.
   */
  async followRevocation(target: { readonly subject: string; readonly login?: string }): Promise<void> {
    const ended = await this.#store.endLogins(target)
    if (target.login === undefined) await this.#store.noteLogout(target.subject, this.#now())
    await this.#store.forgetLogins(target.subject, ended)
  }

  async #logout(token: string, scope: 'login' | 'subject'): Promise<Outcome<{ scope: 'login' | 'subject' }>> {
    const known = await this.#read(token)
    if (!known.ok) return known
    const subject = known.value.user.subject
    const only = scope === 'login' ? { login: known.value.login } : {}
    const ended = await this.#store.endLogins({ subject, ...only })
    try {
      await this.#finishLogout({ issuer: this.issuer, subject, ...only }, ended)
    } catch (error) {
      this.#onError(error)
      const detail = 'The login has ended, but its sockets could not be closed. Send the same request again.'
      return refuse({ code: 'identity_unavailable', retryAfterSeconds: 1, detail })
    }
    return { ok: true, value: { scope } }
  }

  async #finishLogout(target: LogoutTarget, ended: readonly string[]): Promise<void> {
    const { subject, login } = target
    this.#emit({ name: 'login.ended', subject, ...(login !== undefined && { login }) })
    await this.#options.onLogout?.(target)
    if (target.login === undefined) await this.#store.noteLogout(target.subject, this.#now())
    await this.#store.forgetLogins(subject, ended)
  }

  #emit(event: AuthEvent): void {
    this.#options.onEvent?.(event)
  }

  async #read(token: string): Promise<Outcome<Identity & { ended: boolean }>> {
    const now = this.#now()
    const claims = await this.#tokens.readAccess(token, now)
    if (claims === undefined) {
      return refuse({ code: 'credential_invalid', detail: 'The access token is not valid or has expired.' })
    }
    const [user, found] = await Promise.all([
      this.#store.findUser(claims.subject),
      this.#store.findLogin(claims.login, now),
    ])
    if (user === undefined || found === undefined) return refuse(LOGIN_ENDED)
    return { ok: true, value: { user, login: claims.login, expiresAt: claims.expiresAt, ended: found.ended } }
  }

  async #openLogin(user: UserRecord): Promise<Outcome<{ subject: string; login: string; pair: TokenPair }>> {
    const now = this.#now()
    const login = {
      id: newLoginId(user.subject),
      subject: user.subject,
      generation: 0,
      deadline: now + LOGIN_SECONDS * 1000,
    }
    const surplus = await this.#store.openLogin(login, now)
    const { issuer } = this
    const { onLogout } = this.#options
    for (const id of surplus)
      await onLogout?.({ issuer, subject: user.subject, login: id }).catch(this.#onError)
    return {
      ok: true,
      value: { subject: user.subject, login: login.id, pair: await this.#pair(user, login) },
    }
  }

  async #pair(
    user: UserRecord,
    login: { readonly id: string; readonly generation: number; readonly deadline: number },
  ): Promise<TokenPair> {
    const issuedAt = Math.floor(this.#now() / 1000)
    const expiresAt = Math.min(
      issuedAt + (this.#options.tokenSeconds ?? 900),
      Math.max(issuedAt + 1, Math.floor(login.deadline / 1000)),
    )
    return {
      accessToken: await this.#tokens.signAccess(user, { login: login.id, issuedAt, expiresAt }),
      refreshToken: this.#tokens.refreshToken(login.id, login.generation),
      expiresIn: expiresAt - issuedAt,
    }
  }

  // After "log out everywhere" no ticket is given for a JWT whose `iat` is the second of that logout, or an
  // earlier one, since within a second before and after look alike. So no such JWT is signed.
  async #leaveSecondOfLogout(subject: string): Promise<void> {
    const at = await this.#store.lastLogout(subject)
    if (at === undefined) return
    const next = (Math.floor(at / 1000) + 1) * 1000
    const wait = next - this.#now()
    if (wait > 0) await this.#sleep(Math.min(wait, 1000))
  }
}

const LOGIN_ENDED: Refusal = { code: 'credential_revoked', detail: 'This login has ended; sign in again.' }

function refuse(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal }
}

function normalEmail(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}
