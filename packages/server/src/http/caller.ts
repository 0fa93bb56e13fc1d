import type { Refused } from '../authority/context.js'
import { refused } from '../authority/context.js'
import { isWsticketError, messageOf, WsticketError } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import {
  type Authenticate,
  type Claims,
  type CredentialRefusal,
  type CredentialRequest,
  isCredentialRefusal,
  type Principal,
} from '../identity/principal.js'
import { headerValue, type RequestData } from './message.js'

const BEARER = /^bearer +([^\s,]+)$/i

/** Says who sent a request, or why that cannot be said. Throws if whoever verifies credentials is down. */
export async function identify<C extends Claims>(
  authenticate: Authenticate<C>,
  request: RequestData,
  address: string,
  events: EventHub,
): Promise<{ readonly ok: true; readonly principal: Principal<C> } | Refused> {
  const authorization = request.headers('authorization')
  if (authorization.length > 1) return refused({ code: 'credential_ambiguous' }, 'two Authorization headers')
  const credential: CredentialRequest = {
    method: request.method,
    target: request.target,
    header: (name) => headerValue(request.headers, name.toLowerCase()),
    bearer: BEARER.exec(authorization[0] ?? '')?.[1],
    address,
  }
  const answer = await ask(authenticate, credential, events)
  if (answer === undefined) {
    return refused({ code: authorization.length === 0 ? 'credential_missing' : 'credential_invalid' })
  }
  if (isCredentialRefusal(answer)) return refused({ code: answer.refused }, answer.reason)
  return { ok: true, principal: checkPrincipal(answer) }
}

async function ask<C extends Claims>(
  authenticate: Authenticate<C>,
  credential: CredentialRequest,
  events: EventHub,
): Promise<Principal<C> | CredentialRefusal | undefined> {
  try {
    return await authenticate(credential)
  } catch (error) {
    events.emit('identity.failed', { message: messageOf(error) })
    if (isWsticketError(error)) throw error
    throw new WsticketError('identity_unavailable', `authenticate failed: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Holds what a callback gave against the contract, so that a mistake shows at once and not as a weak ticket. */
function checkPrincipal<C extends Claims>(principal: Principal<C>): Principal<C> {
  const { subject, permissions, claims } = principal
  if (typeof subject !== 'string' || subject === '') misuse('subject must be a non-empty string')
  if (!Array.isArray(permissions) || !permissions.every((permission) => typeof permission === 'string')) {
    misuse('permissions must be an array of strings')
  }
  if (typeof claims !== 'object' || claims === null) misuse('claims must be an object')
  return principal
}

function misuse(what: string): never {
  throw new TypeError(`authenticate gave a principal that is not one: ${what}`)
}
