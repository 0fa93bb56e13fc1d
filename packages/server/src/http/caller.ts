import type { Refused } from '../authority/context.js'
import { refused } from '../authority/context.js'
import { type Authentication, authenticated } from '../identity/authenticate.js'
import { type Claims, isCredentialRefusal, type Principal } from '../identity/principal.js'
import { headerValue, type RequestData } from '../request/message.js'

const BEARER = /^bearer +([^\s,]+)$/i

/** Says who sent a request, or why that cannot be said. Throws if whoever verifies credentials is down. */
export async function identify<C extends Claims>(
  parts: Authentication<C>,
  request: RequestData,
  address: string,
): Promise<{ readonly ok: true; readonly principal: Principal<C> } | Refused> {
  const authorization = request.headers('authorization')
  if (authorization.length > 1) return refused({ code: 'credential_ambiguous' }, 'two Authorization headers')
  const answer = await authenticated(parts, {
    method: request.method,
    target: request.target,
    header: (name) => headerValue(request.headers, name.toLowerCase()),
    bearer: BEARER.exec(authorization[0] ?? '')?.[1],
    address,
  })
  if (answer === undefined) {
    return refused({ code: authorization.length === 0 ? 'credential_missing' : 'credential_invalid' })
  }
  if (isCredentialRefusal(answer)) return refused({ code: answer.refused }, answer.reason)
  return { ok: true, principal: answer }
}
