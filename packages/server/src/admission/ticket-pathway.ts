import type { Claims } from '../identity/principal.js'
import type { UpgradePathway } from './pathways.js'

/** The pathway to prefer: a ticket, by subprotocol or query. The authority tells whether it is good, and redeems it. */
export function ticketPathway<C extends Claims>(): UpgradePathway<C> {
  return {
    name: 'ticket',
    needsCredential: true,
    find({ reading: { found } }) {
      return found.kind === 'ticket' ? { credential: found.ticket, carrier: found.carrier } : undefined
    },
    prove: async ({ credential }) => ({ ok: true, ticket: credential }),
  }
}
