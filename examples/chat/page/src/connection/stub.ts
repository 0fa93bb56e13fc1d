import { type StateChange, TICKET_TTL_SECONDS, type TicketGrant } from '@wsticket/client'
import { isRefusalCode, type Pathway } from '@wsticket/protocol'

/** What is printed on a ticket. Never the ticket itself. */
export interface Print {
  readonly ref: string
  /** Milliseconds since 1970. */
  readonly fetchedAt: number
  readonly expiresAt: number
}

/** The paper that the panel draws. */
export type Stub =
  | { readonly phase: 'blank' }
  /** Something else is presented. */
  | { readonly phase: 'absent'; readonly instead: Exclude<Pathway, 'ticket'> }
  | (Print & { readonly phase: 'whole' })
  | (Print & { readonly phase: 'torn'; readonly redeemedAt: number })
  /** It was presented and opened nothing. */
  | (Print & { readonly phase: 'refused'; readonly code: string })
  /** It was torn, and the session that it opened was revoked. */
  | (Print & { readonly phase: 'void'; readonly code: string; readonly redeemedAt: number })

export const BLANK_STUB: Stub = { phase: 'blank' }

export function printOf(grant: TicketGrant, fetchedAt: number): Print {
  // Without an expiry of its own a ticket is drawn as one of the SDK's.
  const usual = fetchedAt + TICKET_TTL_SECONDS * 1000
  return { ref: grant.ref ?? '', fetchedAt, expiresAt: grant.expiresAt ?? usual }
}

/** Tells what becomes of the paper at a change of state. `print` is of the last ticket that was fetched. */
export function stubAfter(
  stub: Stub,
  change: StateChange,
  facts: { readonly print: Print | undefined; readonly now: number },
): Stub {
  const { from, to, cause } = change
  if (to.name === 'connecting') {
    if (to.pathway !== 'ticket') return { phase: 'absent', instead: to.pathway }
    return facts.print === undefined ? stub : { ...facts.print, phase: 'whole' }
  }
  if (stub.phase === 'whole' && to.name === 'open') return { ...stub, phase: 'torn', redeemedAt: facts.now }
  if (stub.phase === 'whole' && from.name === 'connecting')
    return { ...stub, phase: 'refused', code: cause.code }
  if (stub.phase === 'torn' && to.name === 'stopped' && isRefusalCode(cause.code)) {
    return { ...stub, phase: 'void', code: cause.code }
  }
  return stub
}
