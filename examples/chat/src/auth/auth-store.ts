import type { JWK } from 'jose'

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
 * Every call MUST be one atomic step, since several nodes may share one store: of two `rotateLogin` with
 * the same generation exactly one is `rotated`. A store that cannot be reached MUST throw, never answer.
 */
export interface AuthStore {
  /** Keeps `candidate` if there are no keys yet, and gives what is kept: all nodes come to the same keys. */
  adoptKeys(candidate: AuthKeys): Promise<AuthKeys>
  /** Keeps a user unless the e-mail address is taken; tells whether it did. */
  addUser(user: UserRecord): Promise<boolean>
  findUserByEmail(email: string): Promise<UserRecord | undefined>
  findUser(subject: string): Promise<UserRecord | undefined>
  /** Keeps a new login. Beyond the cap of its user the oldest ones end; their ids are the answer. */
  openLogin(login: LoginRecord, now: number): Promise<readonly string[]>
  /** Tells a login's state; an `ended` one waits for `forgetLogins`. */
  findLogin(
    id: string,
    now: number,
  ): Promise<{ readonly login: LoginRecord; readonly ended: boolean } | undefined>
  rotateLogin(id: string, generation: number, now: number): Promise<RotateOutcome>
  /** Ends one login, or all of a subject; from then on none of their refresh tokens is good. */
  endLogins(target: { readonly subject: string; readonly login?: string }): Promise<readonly string[]>
  /** Drops ended logins, once the sockets behind them are known to be closed. */
  forgetLogins(ids: readonly string[]): Promise<void>
  /** Remembers when all logins of a subject were ended last (Unix milliseconds). */
  noteLogout(subject: string, at: number): Promise<void>
  lastLogout(subject: string): Promise<number | undefined>
}
