import type { Claims, Principal } from '../identity/principal.js'
import type { Quota } from '../rate/gcra.js'
import type { Bindings, IssueOutcome, TicketRecord } from '../stores/store.js'
import { type AuthorityContext, holderOf, overtaken, type Refused, refused, timesRefused } from './context.js'
import { grantWishes, jsonBytes, type TicketWishes } from './policy.js'
import { mintTicket } from './secret.js'

/** What the client shows at the issue that a ticket may be bound to. */
export interface IssueOrigin {
  readonly address?: string | undefined
  readonly shown?: Bindings | undefined
}

/** A ticket, as the authority gives it out. */
export interface IssuedTicket {
  readonly ok: true
  /** The ticket itself: a secret, known to nobody but the receiver from here on. */
  readonly ticket: string
  readonly ref: string
  readonly audience: string
  readonly singleUse: boolean
  /** Unix milliseconds, by the store's clock. */
  readonly createdAt: number
  /** Unix milliseconds, by the store's clock. */
  readonly expiresAt: number
  readonly quota: Quota | undefined
}

/** Issues a ticket to a principal. The store is asked once. */
export async function issue<C extends Claims>(
  context: AuthorityContext,
  principal: Principal<C>,
  wishes: TicketWishes,
  from: IssueOrigin,
): Promise<IssuedTicket | Refused> {
  const times = timesRefused(context, principal)
  if (times !== undefined) return times
  const granted = grantWishes(context.tickets, principal, wishes)
  if ('code' in granted) return refused(granted)
  const audience = chooseAudience(context.audiences(), wishes.audience)
  if (audience === undefined) {
    return refused({ code: 'request_invalid', detail: audienceDetail(context.audiences()) })
  }
  const { ttlSeconds, singleUse, permissions, metadata } = granted
  const holder = holderOf(context, principal)
  const minted = mintTicket(holder.subject, await context.seals.current(), context.random)
  const { ref } = minted
  const bindings = bindingsOf(context, from.shown ?? {})
  const ttlMs = ttlSeconds * 1000
  const kept = await keepTicket(
    context,
    { ...principal, permissions },
    { ref, metadata, audience, singleUse, ttlMs, bindings },
    context.limits.outstandingPerUser,
  )
  if (!kept.ok) return kept
  const { subject } = principal
  const { address } = from
  context.events.emit('ticket.issued', { ref, subject, audience, ttlSeconds, singleUse, address })
  return {
    ok: true,
    ticket: minted.ticket,
    ref,
    audience,
    singleUse,
    createdAt: kept.at,
    expiresAt: kept.at + kept.remainingMs,
    quota: kept.quota,
  }
}

/**
 * Puts a ticket into the store, or says why it cannot be. Counts it for its user, of whom `outstanding` may be there: the
 * oldest makes room.
 */
export async function keepTicket(
  context: AuthorityContext,
  principal: Principal,
  ticket: Omit<TicketRecord, 'holder' | 'principal'>,
  outstanding: number,
): Promise<(Extract<IssueOutcome, { kind: 'issued' }> & { readonly ok: true }) | Refused> {
  const issuer = principal.issuer ?? context.defaultIssuer
  const record: TicketRecord = {
    ...ticket,
    holder: holderOf(context, principal),
    principal: { ...principal, issuer },
  }
  if (jsonBytes(record) > context.limits.recordBytes) {
    return refused({
      code: 'request_invalid',
      detail: `claims and metadata together must be under ${context.limits.recordBytes} bytes; keep fewer claims`,
    })
  }
  const outcome = await context.store.call('issue', (store) =>
    store.issue(record, { rate: context.limits.issuePerUser, outstanding }),
  )
  switch (outcome.kind) {
    case 'revoked':
    case 'too_soon':
      return overtaken(outcome)
    case 'expired':
      return refused({ code: 'credential_invalid' }, 'nothing is left of its life')
    case 'rate_limited': {
      const retryAfterSeconds = Math.max(Math.ceil(outcome.quota.resetMs / 1000), 1)
      return { ...refused({ code: 'rate_limited', retryAfterSeconds }), quota: outcome.quota }
    }
    case 'issued': {
      const { subject } = principal
      if (outcome.voided !== undefined) context.events.emit('ticket.voided', { ref: outcome.voided, subject })
      return { ...outcome, ok: true }
    }
  }
}

function chooseAudience(known: readonly string[], wished: string | undefined): string | undefined {
  if (known.length === 0) {
    throw new TypeError(
      'no audience is known: register an adapter (admitUpgrades), or give createWsticket `publicUrl` or `audiences`',
    )
  }
  if (wished !== undefined) return known.includes(wished) ? wished : undefined
  return known.length === 1 ? known[0] : undefined
}

function audienceDetail(known: readonly string[]): string {
  return `audience must be one of: ${known.join(', ')}`
}

function bindingsOf(context: AuthorityContext, shown: Bindings): Bindings {
  return {
    ...(context.bind.origin && shown.origin !== undefined ? { origin: shown.origin } : {}),
    ...(context.bind.network && shown.network !== undefined ? { network: shown.network } : {}),
    ...(context.bind.cookie && shown.cookie !== undefined ? { cookie: shown.cookie } : {}),
  }
}
