import type { Pathway } from '@wsticket/protocol'
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
  /** Sessions by how they were authenticated. A pathway that nobody used is not there. */
  readonly byPathway: ReadonlyMap<Pathway, PathwayCounters>
}

/** Totals of one pathway. */
export interface PathwayCounters {
  readonly opened: number
  /** Upgrades that presented a credential of this pathway and were not let in, whatever the reason. */
  readonly refused: number
}

/** Counts what the hub tells; the result is read at any time. */
export function countEvents(events: EventSource): () => Counters {
  const totals = { issued: 0, redeemed: 0, refused: 0, revoked: 0 }
  const refusedByCode = new Map<string, number>()
  const byPathway = new Map<Pathway, PathwayCounters>()
  const countPathway = (pathway: Pathway | undefined, what: keyof PathwayCounters): void => {
    if (pathway === undefined) return
    const known = byPathway.get(pathway) ?? { opened: 0, refused: 0 }
    byPathway.set(pathway, { ...known, [what]: known[what] + 1 })
  }
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
  events.on('redeem.refused', (event) => {
    refused(event)
    countPathway(event.pathway, 'refused')
  })
  events.on('session.opened', ({ pathway }) => countPathway(pathway, 'opened'))
  events.on('ticket.revoked', revoked)
  events.on('session.revoked', revoked)
  events.on('login.revoked', revoked)
  events.on('subject.revoked', revoked)
  return () => ({ ...totals, refusedByCode, byPathway })
}
