import { checkKnown, checkWhole } from '../checks.js'
import { type Clock, systemClock } from '../clock.js'
import type { ClaimNames } from './claims.js'
import {
  type BreakerOptions,
  type BreakerSettings,
  DEFAULT_FAILURES,
  DEFAULT_OPEN_SECONDS,
} from './introspection-breaker.js'
import type { AuthService, ServiceAnswer, ServiceRequest } from './introspection-call.js'
import { type ClientCredentials, credentialHeaders } from './introspection-credentials.js'
import type { Claims, CredentialRefusal, Principal } from './principal.js'
import { DEFAULT_SKEW_SECONDS, MAX_SKEW_SECONDS } from './skew.js'

/** An auth service that is asked about each token. */
export interface IntrospectionOptions<C extends Claims = Claims, A extends object = ServiceAnswer> {
  /** Its address: https, but on this machine. Fixed: nothing in a token can change it, and redirects are not followed. */
  readonly url: string
  /** How we prove who we are: HTTP Basic, encoded as in RFC 6749, 2.3.1. */
  readonly client?: ClientCredentials | undefined
  /** Instead of `client`: a bearer token or service key of ours. */
  readonly bearer?: string | undefined
  /** Sent with every request, for example an API key. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The exact `iss`; without it, answers of any issuer count. With `principal`, the issuer of all its principals. */
  readonly issuer?: string | undefined
  /** The `aud`, or one of several. Without it, tokens for other services count, too: give it where the service has it. */
  readonly audience?: string | readonly string[] | undefined
  readonly claimNames?: ClaimNames | undefined
  /** The claims to keep for the application. @default all but those that wsticket reads itself */
  readonly keepClaims?: readonly string[] | undefined
  /** How far clocks may differ, 0 to 30 whole seconds. @default 5 */
  readonly skewSeconds?: number | undefined
  /**
   * For how long an answer makes a principal, at most: 60 to 2678400 whole seconds. The client renews before, and the
   * service is asked again. Stands in for the end where an answer has none.
   *
   * @default until `exp`, which is then required
   */
  readonly goodForSeconds?: number | undefined
  /** How a token is put to the service. @default the form of RFC 7662 */
  readonly request?: ((token: string) => ServiceRequest) | undefined
  /**
   * Reads answers that are not as RFC 7662 has them; `undefined` for a bad token. `A` is your word for what the service
   * sends: where it sends something else and this throws, the client's answer is 503.
   *
   * A logout reaches only principals with a `login` or an `issuedAt`. For others the service must call the token bad.
   */
  readonly principal?: ((answer: A) => Principal<C> | CredentialRefusal | undefined) | undefined
  /** HTTP statuses, 400 to 499, by which the service calls a token bad. @default none: they refuse us, not the token */
  readonly invalidStatuses?: readonly number[] | undefined
  /** How long an answer may take as a whole, 1 to 4000 ms. @default 2000 */
  readonly timeoutMs?: number | undefined
  /** How long a good answer is remembered, 0 to 60 whole seconds; a bad one 5 at most. @default 10 */
  readonly cacheSeconds?: number | undefined
  readonly breaker?: BreakerOptions | undefined
  /** Sends tokens, and what proves who we are, where everybody on the way can read them. @default false */
  readonly dangerouslyAllowPlainHttp?: boolean | undefined
  readonly fetch?: typeof fetch | undefined
  readonly clock?: Clock | undefined
}

/** Options with every default filled in. */
export interface IntrospectionSettings {
  readonly service: AuthService
  readonly audience: readonly string[] | undefined
  readonly skewSeconds: number
  readonly cacheSeconds: number
  readonly breaker: BreakerSettings
}

// Who waits for a try of the breaker and is then asked about waits twice: within what `authenticate` may take.
const MAX_TIMEOUT_MS = 4000
const DEFAULT_TIMEOUT_MS = 2000
// So long a token that was revoked at the service may still get tickets. Longer than a minute is no short cache.
const MAX_CACHE_SECONDS = 60
const DEFAULT_CACHE_SECONDS = 10
// Clients renew half a minute before the end; a month is the longest that a logout can be remembered.
const GOOD_FOR_SECONDS = { min: 60, max: 31 * 86_400 } as const
const MAX_FAILURES = 1000
// A service that is back should be found within minutes.
const MAX_OPEN_SECONDS = 300

const NAMES = [
  ...['url', 'client', 'bearer', 'headers', 'issuer', 'audience', 'claimNames', 'keepClaims', 'skewSeconds'],
  ...['goodForSeconds', 'request', 'principal', 'invalidStatuses', 'timeoutMs', 'cacheSeconds', 'breaker'],
  ...['dangerouslyAllowPlainHttp', 'fetch', 'clock'],
]
// An unset environment variable would switch each of these off, and with it a protection.
const NOT_UNDEFINED = ['url', 'client', 'bearer', 'issuer', 'audience'] as const

/** Fills in the defaults. Throws a `TypeError` that says which option is wrong and what it must be. */
export function resolveIntrospection<C extends Claims, A extends object>(
  options: IntrospectionOptions<C, A>,
): IntrospectionSettings {
  checkShape(options)
  const { client, bearer, headers = {}, audience, invalidStatuses = [] } = options
  const { breaker = {}, goodForSeconds } = options
  const skewSeconds = options.skewSeconds ?? DEFAULT_SKEW_SECONDS
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const cacheSeconds = options.cacheSeconds ?? DEFAULT_CACHE_SECONDS
  const failures = breaker.failures ?? DEFAULT_FAILURES
  const openSeconds = breaker.openSeconds ?? DEFAULT_OPEN_SECONDS
  checkWhole('introspection.skewSeconds', skewSeconds, 0, MAX_SKEW_SECONDS)
  checkWhole('introspection.timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS)
  checkWhole('introspection.cacheSeconds', cacheSeconds, 0, MAX_CACHE_SECONDS)
  checkWhole('introspection.breaker.failures', failures, 1, MAX_FAILURES)
  checkWhole('introspection.breaker.openSeconds', openSeconds, 1, MAX_OPEN_SECONDS)
  if (goodForSeconds !== undefined) {
    const { min, max } = GOOD_FOR_SECONDS
    checkWhole('introspection.goodForSeconds', goodForSeconds, min, max)
  }
  return {
    service: {
      url: addressOf(options.url, options.dangerouslyAllowPlainHttp ?? false),
      headers: credentialHeaders({ client, bearer, headers }),
      request: options.request ?? standardRequest,
      invalidStatuses,
      timeoutMs,
      fetch: options.fetch ?? fetch,
      clock: options.clock ?? systemClock,
    },
    audience: audience === undefined ? undefined : [audience].flat(),
    skewSeconds,
    cacheSeconds,
    breaker: { failures, openSeconds },
  }
}

/** RFC 7662, 2.1. */
function standardRequest(token: string): ServiceRequest {
  return { body: new URLSearchParams({ token, token_type_hint: 'access_token' }) }
}

function checkShape<C extends Claims, A extends object>(options: IntrospectionOptions<C, A>): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) {
    throw new TypeError("introspection needs options: { url: 'https://id.example.com/introspect', … }")
  }
  checkKnown('introspection.', options, NAMES)
  checkKnown('introspection.breaker.', options.breaker, ['failures', 'openSeconds'])
  checkKnown('introspection.claimNames.', options.claimNames, ['subject', 'email', 'permissions', 'login'])
  for (const name of NOT_UNDEFINED) {
    if (!(name in options) || options[name] !== undefined) continue
    throw new TypeError(
      `introspection.${name} is undefined; is an environment variable unset? Else leave it out`,
    )
  }
  const { issuer, audience, principal, request, invalidStatuses = [] } = options
  if (issuer !== undefined && !isText(issuer)) {
    throw new TypeError('introspection.issuer must be the exact `iss` of the answers')
  }
  if (audience !== undefined && !(audience.length > 0 && [audience].flat().every(isText))) {
    throw new TypeError('introspection.audience must be the `aud` of your tokens, or a list of them')
  }
  for (const [name, value] of Object.entries({ principal, request })) {
    if (value === undefined || typeof value === 'function') continue
    throw new TypeError(`introspection.${name} must be a function`)
  }
  // What somebody believes to be checked must be.
  const idle = (['audience', 'claimNames', 'keepClaims'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (principal !== undefined && idle.length > 0) {
    throw new TypeError(
      `introspection.${idle[0]} does nothing beside principal, which reads answers by itself`,
    )
  }
  const statuses: unknown = invalidStatuses
  if (!Array.isArray(statuses)) {
    throw new TypeError('introspection.invalidStatuses must be a list. Example: [401, 404]')
  }
  for (const status of invalidStatuses) checkInvalidStatus(status)
}

function checkInvalidStatus(status: number): void {
  checkWhole('introspection.invalidStatuses', status, 400, 499)
  if (status !== 408 && status !== 429) return
  throw new TypeError(
    `introspection.invalidStatuses: ${status} says something about the service, and nothing about a token`,
  )
}

function addressOf(url: string, plainHttp: boolean): URL {
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw new TypeError('introspection.url must be an address such as https://id.example.com/introspect')
  }
  const address = new URL(url)
  // Neither is repeated: what was given may hold a password.
  if (address.username !== '' || address.password !== '') {
    throw new TypeError('introspection.url has a user or password in it; give them as `client`')
  }
  if (address.protocol === 'https:') return address
  if (address.protocol === 'http:' && (plainHttp || isLoopback(address.hostname))) return address
  throw new TypeError(
    'introspection.url must begin with https: tokens travel there. For a network that you trust there is dangerouslyAllowPlainHttp',
  )
}

/** What does not leave the machine. The parser has brought addresses into their one form. */
function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}
