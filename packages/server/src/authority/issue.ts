import type { Claims, Principal } from '../identity/principal.js'
import type { Quota } from '../rate/gcra.js'
import type { Bindings, TicketRecord } from '../stores/store.js'
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
  const holder = holderOf(context, principal)
  const minted = mintTicket(holder.subject, await context.seals.current(), context.random)
  const record: TicketRecord = {
    ref: minted.ref,
    holder,
    principal: {
      ...principal,
      issuer: principal.issuer ?? context.defaultIssuer,
      permissions: granted.permissions,
    },
    metadata: granted.metadata,
    audience,
    singleUse: granted.singleUse,
    ttlMs: granted.ttlSeconds * 1000,
    bindings: bindingsOf(context, from.shown ?? {}),
  }
  if (jsonBytes(record) > context.limits.recordBytes) {
    return refused({
      code: 'request_invalid',
      detail: `claims and metadata together must be under ${context.limits.recordBytes} bytes; keep fewer claims`,
    })
  }
  const outcome = await context.store.call('issue', (store) =>
    store.issue(record, {
      rate: context.limits.issuePerUser,
      outstanding: context.limits.outstandingPerUser,
    }),
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
    case 'issued':
      break
  }
  const { subject } = principal
  if (outcome.voided !== undefined) context.events.emit('ticket.voided', { ref: outcome.voided, subject })
  const { ref } = minted
  const { singleUse, ttlSeconds } = granted
  context.events.emit('ticket.issued', {
    ref,
    subject,
    audience,
    ttlSeconds,
    singleUse,
    address: from.address,
  })
  return {
    ok: true,
    ticket: minted.ticket,
    ref,
    audience,
    singleUse,
    createdAt: outcome.at,
    expiresAt: outcome.at + outcome.remainingMs,
    quota: outcome.quota,
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
