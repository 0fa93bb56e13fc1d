import type { Json } from '@wsticket/protocol'
import { parseTicket } from '@wsticket/protocol'
import type { Claims, Principal } from '../identity/principal.js'
import type { Bindings, RedeemOutcome, StoredPrincipal } from '../stores/store.js'
import { type AuthorityContext, type Refused, refused } from './context.js'
import { attemptId, refOf } from './secret.js'

/** What a ticket is presented with. */
export interface Presentation {
  readonly audience: string
  readonly address?: string | undefined
  readonly shown: Bindings
}

/** A ticket that was redeemed, and the session that this opened. */
export interface Redeemed<C extends Claims = Claims> {
  readonly ok: true
  readonly ref: string
  readonly attemptId: string
  readonly subject: string
  readonly login: string | undefined
  readonly principal: Principal<C>
  readonly metadata: { readonly [name: string]: Json }
  /** Unix milliseconds, by the store's clock. */
  readonly openedAt: number
  readonly remainingMs: number
}

/** Redeems a ticket, once and atomically. A forged one is refused without asking the store. */
export async function redeem<C extends Claims>(
  context: AuthorityContext,
  ticket: string,
  presented: Presentation,
): Promise<Redeemed<C> | (Refused & { readonly ref?: string })> {
  const parts = parseTicket(ticket)
  if (parts === undefined) return refused({ code: 'ticket_unknown' }, 'malformed')
  if (!(await context.seals.accept(parts))) return refused({ code: 'ticket_unknown' }, 'seal fits no key')
  const ref = refOf(parts)
  const redeemed = await redeemRef<C>(context, ref, presented)
  if (redeemed.ok) return redeemed
  const { outcome } = redeemed
  if (outcome.kind === 'used') await reportReuse(context, ref, outcome, presented.address)
  return refuse(ref, outcome)
}

/** What the store said where it let nobody in. */
export type NotAdmitted = Exclude<RedeemOutcome, { readonly kind: 'admitted' }>

/** Redeems what is kept under a ref, whoever has its ticket. */
export async function redeemRef<C extends Claims>(
  context: AuthorityContext,
  ref: string,
  { audience, address, shown }: Presentation,
): Promise<Redeemed<C> | { readonly ok: false; readonly outcome: NotAdmitted }> {
  const id = attemptId(context.random)
  const outcome = await context.store.redeem(
    ref,
    { id, node: context.node, address, shown },
    {
      audience,
      sessionsPerUser: context.limits.sessionsPerUser,
      maxSessionMs: context.sessions.maxSeconds * 1000,
      skewMs: context.skewSeconds * 1000,
      liveNodes: context.liveNodes(),
    },
  )
  if (outcome.kind !== 'admitted') return { ok: false, outcome }
  const { record } = outcome
  return {
    ok: true,
    ref,
    attemptId: id,
    subject: record.holder.subject,
    login: record.holder.login,
    principal: restore<C>(record.principal, outcome.permissions),
    metadata: record.metadata,
    openedAt: outcome.openedAt,
    remainingMs: outcome.remainingMs,
  }
}

function refuse(ref: string, outcome: NotAdmitted): Refused {
  switch (outcome.kind) {
    case 'unknown':
      return refused({ code: 'ticket_unknown', ref })
    case 'expired':
      return refused({ code: 'ticket_expired', ref })
    case 'voided':
      return refused({ code: 'ticket_voided', ref })
    case 'revoked':
      return refused({ code: 'ticket_revoked', ref })
    case 'used':
      return refused({ code: 'ticket_used', ref })
    case 'session_limit':
      return refused({ code: 'session_limit', ref })
    case 'mismatch':
      return outcome.what === 'audience'
        ? refused({ code: 'audience_mismatch', ref })
        : refused({ code: 'binding_mismatch', ref }, `another ${outcome.what}`)
  }
}

async function reportReuse(
  context: AuthorityContext,
  ref: string,
  outcome: Extract<RedeemOutcome, { readonly kind: 'used' }>,
  address: string | undefined,
): Promise<void> {
  const revoked = context.onReuse === 'revoke-session' && (await revokeReused(context, ref))
  context.events.emit('ticket.reused', { ref, first: outcome.first, second: { address }, revoked })
}

async function revokeReused(context: AuthorityContext, ref: string): Promise<boolean> {
  try {
    const outcome = await context.store.call('revoke', (store) =>
      store.revoke({ kind: 'session', ref, code: 'session_revoked' }),
    )
    return outcome.kind === 'revoked'
  } catch {
    // The failure was told to the hub; that the ticket was reused is told all the same.
    return false
  }
}

/** The principal as it was issued, with the permissions that the session has. */
function restore<C extends Claims>(stored: StoredPrincipal, permissions: readonly string[]): Principal<C> {
  // The claims went into the store as this very type and come back as the same JSON.
  return { ...stored, claims: stored.claims as C, permissions }
}
