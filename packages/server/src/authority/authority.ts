import type { Claims, Principal } from '../identity/principal.js'
import type { Inspection, SessionSummary, SubjectKey } from '../stores/store.js'
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
import { open } from './open.js'
import type { TicketWishes } from './policy.js'
import { type Presentation, type Redeemed, redeem } from './redeem.js'
import { type Renewed, renew } from './renew.js'
import { resolveRef } from './resolve-ref.js'
import { type Revocation, revoke } from './revoke.js'

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

  /** Opens a session for a principal that came without a ticket. The store is asked twice. */
  open(principal: Principal<C>, presented: Presentation): Promise<Redeemed<C> | Refused> {
    return open(this.context, principal, presented)
  }

  renew(ticketOrRef: string, principal: Principal<C>): Promise<Renewed | Refused> {
    return renew(this.context, ticketOrRef, principal)
  }

  revoke(revocation: Revocation): Promise<boolean> {
    return revoke(this.context, revocation)
  }

  /** The ref of a ref, or of a ticket of ours; `undefined` for anything else, a forged ticket among it. */
  resolveRef(ticketOrRef: string): Promise<string | undefined> {
    return resolveRef(this.context, ticketOrRef)
  }

  /** The store's key of a user. */
  keyOf(user: UserName): SubjectKey {
    return userKey(this.context, user)
  }

  /** Tells what is known of a ticket, without consuming it. Takes a ref, or a ticket in its place. */
  async inspect(ticketOrRef: string): Promise<Inspection> {
    const ref = await this.resolveRef(ticketOrRef)
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

  /** The live sessions of a user. Those whose sockets were held by a node that is dead are not among them. */
  listSessions(user: UserName): Promise<readonly SessionSummary[]> {
    const subject = this.keyOf(user)
    const live = this.context.liveNodes()
    return this.context.store.call('list', (store) => store.listSessions(subject, live))
  }
}
