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
} from './principal.js'

// Whoever asks has given up by then; what verifies credentials over a network should have a shorter limit of its own.
export const AUTHENTICATE_BUDGET_MS = 10_000

export interface Authentication<C extends Claims> {
  readonly authenticate: Authenticate<C>
  readonly events: EventHub
  readonly clock: Clock
}

/**
 * Asks `authenticate`, within a budget, and holds what it gave against the contract.
 *
 * Rejects with `identity_unavailable` if it cannot tell, which the hub is told, and with a `TypeError` if what it gave
 * is no principal.
 */
export async function authenticated<C extends Claims>(
  { authenticate, events, clock }: Authentication<C>,
  credential: CredentialRequest,
): Promise<Principal<C> | CredentialRefusal | undefined> {
  // Whatever a callback does, be it to throw before its first promise, is this promise's outcome.
  const asked = async (): ReturnType<Authenticate<C>> => authenticate(credential)
  const answer = await withDeadline(asked(), {
    clock,
    ms: AUTHENTICATE_BUDGET_MS,
    late: () =>
      new WsticketError('identity_unavailable', `authenticate took over ${AUTHENTICATE_BUDGET_MS} ms`),
  }).catch((error: unknown) => {
    events.emit('identity.failed', { message: messageOf(error) })
    if (isWsticketError(error)) throw error
    throw new WsticketError('identity_unavailable', `authenticate failed: ${messageOf(error)}`, {
      cause: error,
    })
  })
  // `null` is what those give who write no types.
  if (answer === undefined || answer === null) return undefined
  return isCredentialRefusal(answer) ? answer : checkPrincipal(answer)
}
