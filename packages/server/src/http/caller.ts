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
  isCredentialRefusal,
  isName,
  type Principal,
} from '../identity/principal.js'
import { headerValue, type RequestData } from './message.js'

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

/** Holds what a callback gave against the contract, so that a mistake shows at once and not as a weak ticket. */
function checkPrincipal<C extends Claims>(principal: Principal<C>): Principal<C> {
  const { issuer, subject, email, login, permissions, claims, issuedAt, expiresAt } = principal
  if (!isName(subject)) misuse('subject must be a non-empty string of whole characters, without NUL')
  if (login !== undefined && !isName(login)) misuse('login must be undefined or as subject')
  if (issuer !== undefined && !isName(issuer)) misuse('issuer must be undefined or as subject')
  if (email !== undefined && typeof email !== 'string') misuse('email must be undefined or a string')
  if (!Array.isArray(permissions) || !permissions.every((permission) => typeof permission === 'string')) {
    misuse('permissions must be an array of strings')
  }
  if (typeof claims !== 'object' || claims === null) misuse('claims must be an object')
  // A comparison with NaN is always false: such a ticket would never expire.
  for (const time of [issuedAt, expiresAt]) {
    if (time !== undefined && !Number.isFinite(time))
      misuse('issuedAt and expiresAt must be undefined or Unix seconds')
  }
  return principal
}

function misuse(what: string): never {
  throw new TypeError(`authenticate gave a principal that is not one: ${what}`)
}
