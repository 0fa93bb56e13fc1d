import { type Authenticate, jwt } from '@wsticket/server'
import type { AuthService } from './auth-service.js'

/** Verifies the access tokens of the auth service in this process, with the keys that it has at the moment. */
export function ownTokens(service: AuthService, audience: string): Authenticate {
  const { issuer } = service
  const verifier = (): { readonly key: string; readonly verify: Authenticate } => {
    const key = service.publicKey
    return { key, verify: jwt({ issuer, audience, publicKey: key }) }
  }
  let current = verifier()
  const authenticate: Authenticate = (request) => {
    if (service.publicKey !== current.key) current = verifier()
    return current.verify(request)
  }
  return Object.assign(authenticate, { issuer })
}
