import type { Refused } from '../authority/context.js'
import { refused } from '../authority/context.js'
import { type Clock, withDeadline } from '../clock.js'
import { isWsticketError, messageOf, WsticketError } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import {
  type Authenticate,
  type Claims,
  type CredentialRefusal,
  type CredentialRequest,
  checkPrincipal,
  isCredentialRefusal,
  type Principal,
} from '../identity/principal.js'
import { headerValue, type RequestData } from '../request/message.js'

const BEARER = /^bearer +([^\s,]+)$/i

// Whoever asks has given up by then; what verifies credentials over a network should have a shorter limit of its own.
const AUTHENTICATE_BUDGET_MS = 10_000

export interface Identification<C extends Claims> {
  readonly authenticate: Authenticate<C>
  readonly events: EventHub
  readonly clock: Clock
}

/** Says who sent a request, or why that cannot be said. Throws if whoever verifies credentials is down. */
export async function identify<C extends Claims>(
  parts: Identification<C>,
  request: RequestData,
  address: string,
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
  const answer = await ask(parts, credential)
  // `null` is what those give who write no types.
  if (answer === undefined || answer === null) {
    return refused({ code: authorization.length === 0 ? 'credential_missing' : 'credential_invalid' })
  }
  if (isCredentialRefusal(answer)) return refused({ code: answer.refused }, answer.reason)
  return { ok: true, principal: checkPrincipal(answer) }
}

async function ask<C extends Claims>(
  { authenticate, events, clock }: Identification<C>,
  credential: CredentialRequest,
): Promise<Principal<C> | CredentialRefusal | undefined> {
  // Whatever a callback does, be it to throw before its first promise, is this promise's outcome.
  const asked = async (): ReturnType<Authenticate<C>> => authenticate(credential)
  try {
    return await withDeadline(asked(), {
      clock,
      ms: AUTHENTICATE_BUDGET_MS,
      late: () =>
        new WsticketError('identity_unavailable', `authenticate took over ${AUTHENTICATE_BUDGET_MS} ms`),
    })
  } catch (error) {
    events.emit('identity.failed', { message: messageOf(error) })
    if (isWsticketError(error)) throw error
    throw new WsticketError('identity_unavailable', `authenticate failed: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
