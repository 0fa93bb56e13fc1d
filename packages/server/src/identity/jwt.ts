import { errors, type JWTVerifyResult, jwtVerify } from 'jose'
import { type Clock, systemClock } from '../clock.js'
import { messageOf, WsticketError } from '../errors.js'
import { bearerOf } from './bearer.js'
import { type ClaimNames, principalOf } from './claims.js'
import { findKeys, type KeyFinder, type KeySource } from './jwt-keys.js'
import {
  type Authenticate,
  type Claims,
  type CredentialRefusal,
  type CredentialRequest,
  invalidCredential,
  type Principal,
} from './principal.js'
import { DEFAULT_SKEW_SECONDS, MAX_SKEW_SECONDS } from './skew.js'
import { VerifiedCache } from './verified-cache.js'

const TOKENS_KEPT = 10_000

export interface JwtOptions extends KeySource {
  /** The exact `iss`. */
  readonly issuer: string
  /** The `aud`, or one of several. */
  readonly audience: string | readonly string[]
  /** How far clocks may differ, 0 to 30 seconds. @default 5 */
  readonly skewSeconds?: number | undefined
  readonly claimNames?: ClaimNames | undefined
  /** The claims to keep for the application. @default all but those that wsticket reads itself */
  readonly keepClaims?: readonly string[] | undefined
  /** How long keys may take to arrive. @default 2000 */
  readonly timeoutMs?: number | undefined
  readonly fetch?: typeof fetch | undefined
  readonly clock?: Clock | undefined
}

/**
 * Verifies the JWT of `Authorization: Bearer …`: HS256, RS256, ES256 or EdDSA, whichever the key is for.
 *
 * `exp`, `iat`, issuer and audience are required. `jku`, `x5u` and `jwk` headers are ignored. A key set that
 * cannot be read makes it throw, so that the answer is 503.
 *
 * @example
 * jwt({ issuer: 'https://id.example.com', audience: 'chat', jwksUrl: 'https://id.example.com/jwks.json' })
 */
export function jwt<C extends Claims = Claims>(options: JwtOptions): Authenticate<C> {
  const { issuer, skewSeconds = DEFAULT_SKEW_SECONDS } = options
  // Without one of these a library would simply not compare: a missing environment variable must not open the door.
  if (!isText(issuer)) throw new TypeError('jwt: issuer is missing; give the exact `iss` of your tokens')
  if (![options.audience].flat().every(isText) || options.audience.length === 0) {
    throw new TypeError('jwt: audience is missing; give the `aud` of your tokens, or a list of them')
  }
  if (!(skewSeconds >= 0 && skewSeconds <= MAX_SKEW_SECONDS)) {
    throw new TypeError(`jwt: skewSeconds is ${skewSeconds}; it must be from 0 to ${MAX_SKEW_SECONDS}`)
  }
  const clock = options.clock ?? systemClock
  const { secret, publicKey, jwksUrl } = options
  const keys = findKeys(
    issuer,
    { secret, publicKey, jwksUrl },
    { fetch: options.fetch ?? fetch, timeoutMs: options.timeoutMs ?? 2000 },
  )
  const cache = new VerifiedCache<Principal<C>>(clock, TOKENS_KEPT)

  const authenticate = async (request: CredentialRequest): Promise<Principal<C> | CredentialRefusal> => {
    const token = bearerOf(request)
    if (typeof token !== 'string') return token
    const known = cache.get(token)
    if (known !== undefined) return known
    const verified = await verify(token, keys, options, skewSeconds, clock)
    if ('refused' in verified) return verified
    // Both are required, and numbers.
    const { iat = 0, exp = 0 } = verified.payload
    // One from the future would outlast a logout.
    if (iat > clock.now() / 1000 + skewSeconds) return invalidCredential('issued in the future')
    const principal = principalOf<C>(verified.payload, { issuedAt: iat, expiresAt: exp }, options)
    if ('refused' in principal) return principal
    cache.set(token, principal, Math.min((exp + skewSeconds) * 1000, clock.now() + keys.freshForMs()))
    return principal
  }
  return Object.assign(authenticate, { issuer })
}

async function verify(
  token: string,
  keys: KeyFinder,
  options: JwtOptions,
  skewSeconds: number,
  clock: Clock,
): Promise<JWTVerifyResult | CredentialRefusal> {
  const checks = {
    algorithms: [...keys.algorithms],
    issuer: options.issuer,
    audience: typeof options.audience === 'string' ? options.audience : [...options.audience],
    requiredClaims: ['exp', 'iat'],
    clockTolerance: skewSeconds,
    currentDate: new Date(clock.now()),
  }
  try {
    const key = await keys.key()
    return typeof key === 'function'
      ? await jwtVerify(token, key, checks)
      : await jwtVerify(token, key, checks)
  } catch (error) {
    if (isTokensFault(error)) return invalidCredential(error.code)
    throw new WsticketError(
      'identity_unavailable',
      `the keys of ${options.issuer} cannot be read: ${messageOf(error)}`,
      {
        cause: error,
        remedy: 'Check that the address of the key set is right and can be reached from here.',
      },
    )
  }
}

/** Whether the token is to blame. What remains is the key set: unreachable, too slow, malformed. */
function isTokensFault(error: unknown): error is errors.JOSEError {
  return (
    error instanceof errors.JOSEError &&
    error.code !== 'ERR_JOSE_GENERIC' &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    !(error instanceof errors.JWKInvalid)
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}
