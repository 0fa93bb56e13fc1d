import { refused } from '../authority/context.js'
import { type Authentication, authenticated } from '../identity/authenticate.js'
import { type Claims, type CredentialRequest, isCredentialRefusal } from '../identity/principal.js'
import { headerValue } from '../request/message.js'
import type { PathwayRequest, UpgradePathway } from './pathways.js'

// Browsers add these by themselves, so they say nothing about who wrote the upgrade; with them, a bad JWT could get in by
// a good cookie, which is another pathway. The third holds the JWT.
const HIDDEN_HEADERS = ['cookie', 'proxy-authorization', 'sec-websocket-protocol']

/**
 * Legacy: the JWT itself, as the subprotocol `jwt.<token>` beside `wsticket.v1`. Asks the same `authenticate` as the HTTP
 * routes, which sees the JWT as the bearer of the request.
 */
export function jwtSubprotocolPathway<C extends Claims>(parts: Authentication<C>): UpgradePathway<C> {
  return {
    name: 'jwt_subprotocol',
    needsCredential: true,
    find({ reading: { jwt } }) {
      return jwt === undefined ? undefined : { credential: jwt, carrier: 'subprotocol' }
    },
    async prove({ credential }, request) {
      // Over HTTP, a bearer of no characters is none.
      if (credential === '') return refused({ code: 'credential_invalid' }, 'a JWT of no characters')
      const answer = await authenticated(parts, credentialRequest(credential, request))
      if (answer === undefined) return refused({ code: 'credential_invalid' })
      if (isCredentialRefusal(answer)) return refused({ code: answer.refused }, answer.reason)
      return { ok: true, principal: answer }
    },
  }
}

function credentialRequest(jwt: string, { request, reading, address }: PathwayRequest): CredentialRequest {
  return {
    method: request.method,
    target: reading.target,
    bearer: jwt,
    address,
    header(name) {
      const lower = name.toLowerCase()
      if (lower === 'authorization') return `Bearer ${jwt}`
      return HIDDEN_HEADERS.includes(lower) ? undefined : headerValue(request.headers, lower)
    },
  }
}
