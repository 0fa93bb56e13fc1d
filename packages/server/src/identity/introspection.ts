import { bearerOf } from './bearer.js'
import { readAnswer, readOwnAnswer } from './introspection-answer.js'
import { Breaker } from './introspection-breaker.js'
import { ask, type ServiceAnswer, unavailable } from './introspection-call.js'
import { Flights } from './introspection-flights.js'
import { type IntrospectionOptions, resolveIntrospection } from './introspection-options.js'
import {
  type Authenticate,
  type Claims,
  type CredentialRefusal,
  type CredentialRequest,
  invalidCredential,
  type Principal,
} from './principal.js'
import { VerifiedCache } from './verified-cache.js'

// As many as `jwt` keeps; and as many bad ones, apart, so that a flood of them pushes out no good one.
const ANSWERS_KEPT = 10_000
// A token may be good a moment later, when the service's own replicas have heard of it.
const BAD_ANSWER_MAX_SECONDS = 5

/**
 * Asks an auth service about the token of `Authorization: Bearer …`: by token introspection (RFC 7662), or in the way of
 * a service of your own (`request`, `principal`, `invalidStatuses`).
 *
 * An RFC 7662 answer must have `active`, `exp`, `iat` and a subject. Each token is asked about once at a time, and
 * answers are remembered for `cacheSeconds`, no longer than the token lives. Whatever is no clear answer makes it
 * throw, so that the client's answer is 503; after `breaker.failures` of them in a row the service is left alone for a
 * while, and then tried by one request.
 *
 * @example
 * introspection({ url: 'https://id.example.com/introspect', client: { id: 'chat', secret }, audience: 'chat' })
 *
 * @example
 * introspection({
 *   url: 'https://auth.example.com/check',
 *   request: (token) => ({ body: { token } }),
 *   principal: ({ valid, user }: { valid: boolean; user: { id: string } }) =>
 *     valid ? { subject: user.id, permissions: [], claims: {} } : undefined,
 *   goodForSeconds: 900,
 * })
 */
export function introspection<C extends Claims = Claims, A extends object = ServiceAnswer>(
  options: IntrospectionOptions<C, A>,
): Authenticate<C> {
  const { service, audience, skewSeconds, cacheSeconds, breaker: limits } = resolveIntrospection(options)
  const { issuer, claimNames, keepClaims, goodForSeconds, principal: readOwn } = options
  const { clock } = service
  const breaker = new Breaker(clock, limits)
  const flights = new Flights<Principal<C> | CredentialRefusal>(clock)
  const good = new VerifiedCache<Principal<C>>(clock, ANSWERS_KEPT)
  const bad = new VerifiedCache<CredentialRefusal>(clock, ANSWERS_KEPT)

  const askClearly = async (token: string): Promise<ServiceAnswer | undefined> => {
    const answer = await ask(service, token)
    if (answer === undefined || readOwn !== undefined || typeof answer.active === 'boolean') return answer
    // The text "true" is no yes, and what else it is nobody can tell.
    throw unavailable(service, 'answered without `active` being true or false')
  }

  const read = (answer: ServiceAnswer, token: string, askedAt: number): Principal<C> | CredentialRefusal => {
    const latestEnd = goodForSeconds === undefined ? undefined : Math.floor(askedAt / 1000) + goodForSeconds
    if (readOwn !== undefined) {
      // What the service sends has the type that the application says it has.
      return readOwnAnswer(() => readOwn(answer as A), { service, issuer, token, latestEnd })
    }
    const terms = { issuer, audience, claimNames, keepClaims, skewSeconds, latestEnd }
    return readAnswer<C>(answer, terms, clock.now() / 1000)
  }

  const remember = <T>(cache: VerifiedCache<T>, token: string, verdict: T, until: number): void => {
    if (until > clock.now()) cache.set(token, verdict, until)
  }

  const judge = async (token: string): Promise<Principal<C> | CredentialRefusal> => {
    // An answer is as old as its question: what was revoked since then must not be remembered any longer.
    const askedAt = clock.now()
    const answer = await breaker.run(() => askClearly(token))
    const verdict =
      answer === undefined
        ? invalidCredential('the auth service does not know it')
        : read(answer, token, askedAt)
    if ('refused' in verdict) {
      remember(bad, token, verdict, askedAt + Math.min(cacheSeconds, BAD_ANSWER_MAX_SECONDS) * 1000)
    } else {
      const { expiresAt = 0 } = verdict
      remember(good, token, verdict, Math.min(askedAt + cacheSeconds * 1000, expiresAt * 1000))
    }
    return verdict
  }

  const authenticate = async (request: CredentialRequest): Promise<Principal<C> | CredentialRefusal> => {
    const token = bearerOf(request)
    if (typeof token !== 'string') return token
    return good.get(token) ?? bad.get(token) ?? flights.join(token, () => judge(token))
  }
  return Object.assign(authenticate, { issuer })
}
