import type { RandomBytes } from '../authority/secret.js'
import type { Claims, Principal } from '../identity/principal.js'
import type { UpgradePathway } from './pathways.js'

// No issuer of yours: whatever your users are called, nobody anonymous is one of them.
const ANONYMOUS_ISSUER = 'wsticket:anonymous'
// 128 bits: no two are ever the same.
const ID_BYTES = 16

/** What somebody without a credential is given. */
export interface AnonymousGrant<C extends Claims = Claims> {
  readonly permissions: readonly string[]
  readonly claims: C
}

/** The last pathway: nobody in particular, another one for each socket. Who presents a credential, good or bad, is not anonymous. */
export function anonymousPathway<C extends Claims>(
  { permissions, claims }: AnonymousGrant<C>,
  random: RandomBytes,
): UpgradePathway<C> {
  return {
    name: 'anonymous',
    needsCredential: false,
    find({ request, reading: { found, jwt, unreadable } }) {
      // A bearer in the header is a credential, though no pathway reads it there; a password of a proxy's is none of ours.
      const bearer = request.headers('authorization').some((value) => /^bearer\b/i.test(value.trim()))
      const none = found.kind === 'none' && jwt === undefined && !unreadable && !bearer
      return none ? { credential: '' } : undefined
    },
    async prove() {
      const id = Buffer.from(random(ID_BYTES)).toString('base64url')
      const principal: Principal<C> = {
        issuer: ANONYMOUS_ISSUER,
        subject: `anonymous:${id}`,
        permissions,
        claims,
      }
      return { ok: true, principal }
    },
  }
}
