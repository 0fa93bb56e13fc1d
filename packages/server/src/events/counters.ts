import type { EventSource } from './hub.js'

/** Totals since this node began. */
export interface Counters {
  readonly issued: number
  readonly redeemed: number
  /** Refused requests and upgrades, together. */
  readonly refused: number
  /** Tickets, sessions, logins and users that were revoked, together. */
  readonly revoked: number
  /** Refusals by code. */
  readonly refusedByCode: ReadonlyMap<string, number>
}

/** Counts what the hub tells; the result is read at any time. */
export function countEvents(events: EventSource): () => Counters {
  const totals = { issued: 0, redeemed: 0, refused: 0, revoked: 0 }
  const refusedByCode = new Map<string, number>()
  const refused = ({ code }: { readonly code: string }): void => {
    totals.refused += 1
    refusedByCode.set(code, (refusedByCode.get(code) ?? 0) + 1)
  }
  const revoked = (): void => {
    totals.revoked += 1
  }
  events.on('ticket.issued', () => {
    totals.issued += 1
  })
  events.on('ticket.redeemed', () => {
    totals.redeemed += 1
  })
  events.on('request.refused', refused)
  events.on('redeem.refused', refused)
  events.on('ticket.revoked', revoked)
  events.on('session.revoked', revoked)
  events.on('login.revoked', revoked)
  events.on('subject.revoked', revoked)
  return () => ({ ...totals, refusedByCode })
}
