import type { RefusalCode } from '@wsticket/protocol'

/** What a credential says besides the fields that wsticket itself reads. JSON values only. */
export type Claims = Readonly<Record<string, unknown>>

/** Who presents a credential. */
export interface Principal<C extends Claims = Claims> {
  /** Who vouches for the subject. Two issuers' equal subjects are strangers to each other. */
  readonly issuer?: string | undefined
  /** The user, as the issuer names it: 1 to 1024 characters. */
  readonly subject: string
  readonly email?: string | undefined
  readonly permissions: readonly string[]
  readonly claims: C
  /** One sign-in of the subject (`sid`), through its refreshes. Without it, a logout ends the whole user. */
  readonly login?: string | undefined
  /**
   * Unix seconds; compared with the second of a logout from everywhere. Without it that logout does not reach this
   * credential, and whoever gives the principal must stop giving it.
   */
  readonly issuedAt?: number | undefined
  /**
   * Unix seconds; neither ticket nor session outlives it (but for the skew). At most `maxTokenAgeSeconds` after
   * `issuedAt` or, without that, from now: for so long a logout is remembered. For a longer-lived credential that you
   * look up anew at each request, give an earlier end; the client renews.
   */
  readonly expiresAt?: number | undefined
}

/** A request as `authenticate` sees it: plain data, whatever the framework. */
export interface CredentialRequest {
  readonly method: string
  /** Path and query as they stood in the request line. */
  readonly target: string
  /** The value of a header, several lines joined by a comma; `undefined` if absent. */
  header(name: string): string | undefined
  /** The token of an `Authorization: Bearer …` header. */
  readonly bearer: string | undefined
  /** The client's address, `trustedProxies` taken into account. */
  readonly address: string
}

/** Why a credential is no good. `reason` goes to the audit log, never to the client. */
export interface CredentialRefusal {
  readonly refused: Extract<RefusalCode, 'credential_missing' | 'credential_ambiguous' | 'credential_invalid'>
  readonly reason: string
}

/**
 * Turns a request into a principal.
 *
 * MUST give a principal only for a valid credential; `undefined` or a {@link CredentialRefusal} otherwise.
 * MUST throw if it cannot tell (its own dependency is down): the answer is then 503, never an admission.
 */
export interface Authenticate<C extends Claims = Claims> {
  (request: CredentialRequest): Promise<Principal<C> | CredentialRefusal | undefined>
  /** The issuer of all its principals, where there is only one: what `revoke({ subject })` then means. */
  readonly issuer?: string | undefined
}

/** The refusal of a credential that is no good. */
export function invalidCredential(reason: string): CredentialRefusal {
  return { refused: 'credential_invalid', reason }
}

/** Tells a refusal from a principal. */
export function isCredentialRefusal(value: object): value is CredentialRefusal {
  return 'refused' in value
}

// The year 5138, or a moment of 1973 in milliseconds.
const LATEST_SECONDS = 1e11

// UTF-8 has one replacement for every lone surrogate, and NUL separates what is hashed: with either, two names could
// have one key.
const UNUSABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** Tells whether a value can name a subject or a login. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !UNUSABLE.test(value)
}

/** Tells whether a value is a time in Unix seconds, and not in milliseconds. */
export function isUnixSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value < LATEST_SECONDS
}

/**
 * Holds what a callback gave against the contract, so that a mistake shows at once and not as a weak ticket. Throws a
 * `TypeError` that says which field is wrong.
 */
export function checkPrincipal<C extends Claims>(principal: Principal<C>): Principal<C> {
  const { issuer, subject, email, login, permissions, claims, issuedAt, expiresAt } = principal
  if (!isName(subject)) misuse('subject must be a non-empty string of whole characters, without NUL')
  if (login !== undefined && !isName(login)) misuse('login must be undefined or as subject')
  if (issuer !== undefined && !isName(issuer)) misuse('issuer must be undefined or as subject')
  if (email !== undefined && typeof email !== 'string') misuse('email must be undefined or a string')
  if (!Array.isArray(permissions) || !permissions.every((permission) => typeof permission === 'string')) {
    misuse('permissions must be an array of strings')
  }
  if (typeof claims !== 'object' || claims === null) misuse('claims must be an object')
  // A comparison with NaN is always false: such a ticket would never expire. Nor would one with milliseconds.
  for (const time of [issuedAt, expiresAt]) {
    if (time !== undefined && !isUnixSeconds(time)) {
      misuse('issuedAt and expiresAt must be undefined or Unix seconds, not milliseconds')
    }
  }
  return principal
}

function misuse(what: string): never {
  throw new TypeError(`this principal is not one: ${what}`)
}
