import { isRef, parseTicket } from '@wsticket/protocol'
import type { Claims, Principal } from '../identity/principal.js'
import type { Inspection, SessionSummary, StoreHealth } from '../stores/store.js'
import { type AuthorityContext, holderOf, overtaken, type Refused } from './context.js'
import { type IssuedTicket, type IssueOrigin, issue } from './issue.js'
import type { TicketWishes } from './policy.js'
import { type Presentation, type Redeemed, redeem } from './redeem.js'
import { type Renewed, renew } from './renew.js'
import { type Revocation, revoke } from './revoke.js'
import { refOf, subjectKey } from './secret.js'

/** Issues and redeems; everything else only brings requests to it or carries its decisions away. */
export class Authority<C extends Claims = Claims> {
  readonly context: AuthorityContext

  constructor(context: AuthorityContext) {
    this.context = context
  }

  issue(principal: Principal<C>, wishes: TicketWishes = {}, from: IssueOrigin = {}): Promise<IssuedTicket | Refused> {
    return issue(this.context, principal, wishes, from)
  }

  redeem(ticket: string, presented: Presentation): Promise<Redeemed<C> | Refused> {
    return redeem<C>(this.context, ticket, presented)
  }

  renew(ref: string, principal: Principal<C>): Promise<Renewed | Refused> {
    return renew(this.context, ref, principal)
  }

  revoke(revocation: Revocation): Promise<boolean> {
    return revoke(this.context, revocation)
  }

  /** Tells what is known of a ticket, without consuming it. Takes a ref, or a ticket in its place. */
  async inspect(ticketOrRef: string): Promise<Inspection> {
    const ref = asRef(ticketOrRef)
    if (ref === undefined) return { kind: 'unknown' }
    return this.context.store.call('inspect', (store) => store.inspect(ref))
  }

  /** Refuses a credential that a logout has overtaken. */
  async checkCredential(principal: Principal<C>): Promise<Refused | undefined> {
    const outcome = await this.context.store.call('credential', (store) => store.checkCredential(holderOf(principal)))
    return outcome.kind === 'good' ? undefined : overtaken(outcome)
  }

  listSessions(issuer: string | undefined, subject: string): Promise<readonly SessionSummary[]> {
    return this.context.store.call('list', (store) => store.listSessions(subjectKey(issuer, subject)))
  }

  health(): Promise<StoreHealth> {
    return this.context.store.call('health', (store) => store.health())
  }
}

/** The ref of a ref or of a ticket; `undefined` for anything else. */
export function asRef(ticketOrRef: string): string | undefined {
  if (isRef(ticketOrRef)) return ticketOrRef
  const parts = parseTicket(ticketOrRef)
  return parts === undefined ? undefined : refOf(parts)
}
