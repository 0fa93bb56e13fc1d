import {
  type Claims,
  type CredentialRefusal,
  invalidCredential,
  isName,
  type Principal,
} from './principal.js'

const SUBJECT_MAX_CHARACTERS = 1024
// What RFC 7519 registers says something about the token, not about the user.
const OF_THE_TOKEN = ['scope', 'iss', 'aud', 'exp', 'iat', 'nbf', 'jti']

/** Which claims hold what. */
export interface ClaimNames {
  /** @default 'sub' */
  readonly subject?: string | undefined
  /** @default 'email' */
  readonly email?: string | undefined
  /** An array of strings, or a string separated by spaces. @default 'permissions', else 'scope' */
  readonly permissions?: string | undefined
  /** @default 'sid' */
  readonly login?: string | undefined
}

/** How claims are read. */
export interface ClaimReading {
  /** Who vouches for the subject. */
  readonly issuer: string | undefined
  readonly claimNames?: ClaimNames | undefined
  /** The claims to keep for the application. @default all but those that wsticket reads itself */
  readonly keepClaims?: readonly string[] | undefined
  /** Claims that say nothing about the user either, besides those of every token. */
  readonly notKept?: readonly string[] | undefined
}

/** When a credential was issued, and when it ends: Unix seconds that have been checked already. */
export interface ClaimTimes {
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Makes a principal of a credential's claims, or says which of them is no good. */
export function principalOf<C extends Claims>(
  claims: Claims,
  times: ClaimTimes,
  reading: ClaimReading,
): Principal<C> | CredentialRefusal {
  const names = reading.claimNames ?? {}
  const subject = claims[names.subject ?? 'sub']
  if (!isName(subject) || subject.length > SUBJECT_MAX_CHARACTERS)
    return invalidCredential('no usable subject')
  const permissions = permissionsOf(claims, names)
  if (permissions === undefined) return invalidCredential('permissions are not a list of strings')
  const email = claims[names.email ?? 'email']
  const login = claims[names.login ?? 'sid']
  if (login !== undefined && !isName(login)) return invalidCredential('no usable login')
  return {
    issuer: reading.issuer,
    subject,
    email: typeof email === 'string' ? email : undefined,
    permissions,
    // Claims are whatever their issuer puts in; the type is the application's word for that.
    claims: keptClaims(claims, reading) as C,
    login,
    // Whole seconds, as those of a logout are that it is compared with.
    issuedAt: Math.floor(times.issuedAt),
    expiresAt: times.expiresAt,
  }
}

function permissionsOf(claims: Claims, names: ClaimNames): readonly string[] | undefined {
  const value =
    names.permissions === undefined ? (claims.permissions ?? claims.scope) : claims[names.permissions]
  if (value === undefined) return []
  if (typeof value === 'string') return value.split(' ').filter((part) => part !== '')
  return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : undefined
}

function keptClaims(claims: Claims, { keepClaims, claimNames = {}, notKept = [] }: ClaimReading): Claims {
  const { subject = 'sub', email = 'email', permissions = 'permissions', login = 'sid' } = claimNames
  const own = new Set([subject, email, permissions, login, ...OF_THE_TOKEN, ...notKept])
  const keep = (name: string): boolean =>
    keepClaims === undefined ? !own.has(name) : keepClaims.includes(name)
  return Object.fromEntries(Object.entries(claims).filter(([name]) => keep(name)))
}
