import { createHash, randomBytes } from 'node:crypto'
import type { JWK } from 'jose'

/** Logins of one user. A person has a handful of devices, an automatic test many; a loop of good ones must end somewhere. */
export const LOGINS_PER_USER: number = 1000

/** How long a logout from everywhere must be remembered: sign-ins wait for the end of its second, clocks differ a little. */
export const LOGOUT_KEPT_MS: number = 60_000

// Half of an id's 16 bytes. Two subjects with the same are as good as impossible, and would only share a place.
const HOME_BYTES = 8

/** A user of the demo. The password is kept as a hash only. */
export interface UserRecord {
  readonly subject: string
  /** Lower-cased; the name under which the user signs in. */
  readonly email: string
  readonly name: string
  readonly permissions: readonly string[]
  readonly passwordHash: string
}

/** One sign-in of a user, through all its refreshes. Its id is the `sid` of the access tokens. */
export interface LoginRecord {
  /** By `newLoginId`. */
  readonly id: string
  readonly subject: string
  /** Which refresh token is the good one: the first has 0, each refresh adds 1. */
  readonly generation: number
  /** Unix milliseconds after which the login is over, however often it was refreshed. */
  readonly deadline: number
}

/** The keys that every node of the service shares. All of it is secret. */
export interface AuthKeys {
  /** The private key that signs access tokens. */
  readonly signing: JWK
  /** 32 bytes, base64url: seals the refresh tokens. */
  readonly refreshSecret: string
}

/** What one try to use a refresh token came to. */
export type RotateOutcome =
  | { readonly kind: 'rotated'; readonly login: LoginRecord }
  /** The generation was used before. The store has ended the login in the same step. */
  | { readonly kind: 'reused'; readonly login: LoginRecord }
  | { readonly kind: 'over' }

/**
 * Where users, logins and keys are kept.
 *
 * - Every call MUST be one atomic step, since several nodes may share one store: of two `rotateLogin` with the
 *   same generation exactly one is `rotated`.
 * - A store that cannot be reached MUST reject with a `WsticketError` of code `identity_unavailable`, and MUST NOT
 *   answer with less than it knows.
 * - What is over MUST leave by itself: nothing but users and keys is kept for ever.
 *
 * `now` is the caller's clock, in Unix milliseconds. `test/auth-store-cases.ts` is the suite that every store passes.
 */
export interface AuthStore {
  /** Keeps `candidate` if there are no keys yet, and gives what is kept: all nodes come to the same keys. */
  adoptKeys(candidate: AuthKeys): Promise<AuthKeys>
  /** Keeps a user unless the e-mail address is taken; tells whether it did. */
  addUser(user: UserRecord): Promise<boolean>
  findUserByEmail(email: string): Promise<UserRecord | undefined>
  findUser(subject: string): Promise<UserRecord | undefined>
  /**
   * Keeps a new login. Beyond `LOGINS_PER_USER` those of its user with the nearest deadlines are dropped, which are
   * the oldest; their ids are the answer.
   */
  openLogin(login: LoginRecord, now: number): Promise<readonly string[]>
  /** Tells a login's state; an `ended` one waits for `forgetLogins`. */
  findLogin(
    id: string,
    now: number,
  ): Promise<{ readonly login: LoginRecord; readonly ended: boolean } | undefined>
  rotateLogin(id: string, generation: number, now: number): Promise<RotateOutcome>
  /** Ends one login, or all of a subject; from then on none of their refresh tokens is good. */
  endLogins(target: { readonly subject: string; readonly login?: string }): Promise<readonly string[]>
  /** Drops a subject's ended logins, once the sockets behind them are known to be closed. Others stay. */
  forgetLogins(subject: string, ids: readonly string[]): Promise<void>
  /**
   * Remembers when all logins of a subject were ended last (Unix milliseconds), for `LOGOUT_KEPT_MS` at least. An
   * earlier time than the one that is known changes nothing.
   */
  noteLogout(subject: string, at: number): Promise<void>
  lastLogout(subject: string): Promise<number | undefined>
}

/**
 * Makes the id of a new login: 16 bytes, base64url. Its first half tells the subject's home and no more, so that a
 * store finds a login among its subject's by the id alone; the other half is random. It is a name and no secret.
 */
export function newLoginId(subject: string): string {
  return Buffer.concat([subjectHash(subject).subarray(0, HOME_BYTES), randomBytes(16 - HOME_BYTES)]).toString(
    'base64url',
  )
}

/** The home of a login's subject, in hexadecimal: the place where a store keeps all logins of that subject. */
export function homeOfLogin(id: string): string {
  return Buffer.from(id, 'base64url').subarray(0, HOME_BYTES).toString('hex')
}

/** The home of a subject's logins, in hexadecimal. */
export function homeOfSubject(subject: string): string {
  return subjectHash(subject).subarray(0, HOME_BYTES).toString('hex')
}

function subjectHash(subject: string): Buffer {
  return createHash('sha256').update(subject).digest()
}
