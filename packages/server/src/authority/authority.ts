import type { Claims, Principal } from '../identity/principal.js'
import type { Inspection, SessionSummary, StoreHealth } from '../stores/store.js'
import {
  type AuthorityContext,
  holderOf,
  overtaken,
  type Refused,
  timesRefused,
  type UserName,
  userKey,
} from './context.js'
import { type IssuedTicket, type IssueOrigin, issue } from './issue.js'
import type { TicketWishes } from './policy.js'
import { type Presentation, type Redeemed, redeem } from './redeem.js'
import { type Renewed, renew } from './renew.js'
import { type Revocation, revoke } from './revoke.js'
import { asRef } from './secret.js'

/** Issues and redeems; everything else only brings requests to it or carries its decisions away. */
export class Authority<C extends Claims = Claims> {
  readonly context: AuthorityContext

  constructor(context: AuthorityContext) {
    this.context = context
  }

  issue(
    principal: Principal<C>,
    wishes: TicketWishes = {},
    from: IssueOrigin = {},
  ): Promise<IssuedTicket | Refused> {
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

  /** Refuses a credential that a logout has overtaken, or whose times cannot be accepted. */
  async checkCredential(principal: Principal<C>): Promise<Refused | undefined> {
    const times = timesRefused(this.context, principal)
    if (times !== undefined) return times
    const outcome = await this.context.store.call('credential', (store) =>
      store.checkCredential(holderOf(this.context, principal)),
    )
    return outcome.kind === 'good' ? undefined : overtaken(outcome)
  }

  listSessions(user: UserName): Promise<readonly SessionSummary[]> {
    const subject = userKey(this.context, user)
    return this.context.store.call('list', (store) => store.listSessions(subject))
  }

  health(): Promise<StoreHealth> {
    return this.context.store.call('health', (store) => store.health())
  }
}
