import { messageOf } from '../errors.js'
import { principalOf } from './claims.js'
import { type AuthService, type ServiceAnswer, unavailable } from './introspection-call.js'
import type { IntrospectionOptions } from './introspection-options.js'
import {
  type Claims,
  type CredentialRefusal,
  checkPrincipal,
  invalidCredential,
  isCredentialRefusal,
  isName,
  isUnixSeconds,
  type Principal,
} from './principal.js'

// What RFC 7662, 2.2 says about the token, besides what every token says about itself.
const OF_THE_TOKEN = ['active', 'token_type']

/** What an RFC 7662 answer is held against. */
export interface AnswerTerms extends Pick<IntrospectionOptions, 'issuer' | 'claimNames' | 'keepClaims'> {
  readonly audience: readonly string[] | undefined
  readonly skewSeconds: number
  /** The latest end of what an answer makes, Unix seconds, and the end where it names none. */
  readonly latestEnd: number | undefined
}

/** What an answer of another form is held against. */
export interface OwnTerms extends Pick<AnswerTerms, 'issuer' | 'latestEnd'> {
  readonly service: AuthService
  readonly token: string
}

/** Reads an RFC 7662 answer that is known to have `active`: who it is, or why not. */
export function readAnswer<C extends Claims>(
  answer: ServiceAnswer,
  terms: AnswerTerms,
  now: number,
): Principal<C> | CredentialRefusal {
  if (answer.active !== true) return invalidCredential('not active')
  const { skewSeconds, latestEnd } = terms
  const { iss, aud, iat, nbf, exp = latestEnd } = answer
  if (iss !== (terms.issuer ?? iss) || (iss !== undefined && !isName(iss)))
    return invalidCredential('of another issuer, or of none')
  if (terms.audience !== undefined && !terms.audience.some((one) => [aud].flat().includes(one)))
    return invalidCredential('for another audience, or for none')
  if (exp === undefined) return invalidCredential('no exp; goodForSeconds can stand in for it')
  // A logout from everywhere is compared with it, and could not reach a token without.
  if (iat === undefined) return invalidCredential('no iat; a logout could not reach the token')
  if (!isUnixSeconds(exp) || !isUnixSeconds(iat))
    return invalidCredential('exp or iat is not in Unix seconds')
  if (exp <= now - skewSeconds) return invalidCredential('expired')
  if (iat > now + skewSeconds) return invalidCredential('issued in the future')
  if (nbf !== undefined && !(isUnixSeconds(nbf) && nbf <= now + skewSeconds))
    return invalidCredential('not good yet')
  const expiresAt = Math.min(exp, latestEnd ?? exp)
  return principalOf(answer, { issuedAt: iat, expiresAt }, { ...terms, issuer: iss, notKept: OF_THE_TOKEN })
}

/** Lets the application read an answer of its own auth service, and holds what it makes against the contract. */
export function readOwnAnswer<C extends Claims>(
  read: () => Principal<C> | CredentialRefusal | undefined,
  { service, issuer, token, latestEnd }: OwnTerms,
): Principal<C> | CredentialRefusal {
  let found: Principal<C> | CredentialRefusal | undefined
  try {
    found = read()
    // `null` is what those give who write no types.
    if (found === undefined || found === null) return invalidCredential('the auth service says no')
    if (isCredentialRefusal(found)) return found
    checkPrincipal(found)
  } catch (error) {
    // An answer may repeat the token, and whoever complains about the answer repeat that.
    const message = messageOf(error).replaceAll(token, '[token]')
    throw unavailable(service, `answered what \`principal\` makes no principal of: ${message}`)
  }
  if (issuer !== undefined && (found.issuer ?? issuer) !== issuer)
    return invalidCredential('of another issuer')
  const expiresAt = Math.min(
    found.expiresAt ?? Number.POSITIVE_INFINITY,
    latestEnd ?? Number.POSITIVE_INFINITY,
  )
  if (Number.isFinite(expiresAt)) return { ...found, issuer: found.issuer ?? issuer, expiresAt }
  throw unavailable(service, 'answered without an end: give expiresAt in `principal`, or goodForSeconds')
}
