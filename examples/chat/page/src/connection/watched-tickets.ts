import type { TicketGrant, TicketSource } from '@wsticket/client'

/** A source that tells of each ticket it gives. */
export function watchTickets(source: TicketSource, granted: (grant: TicketGrant) => void): TicketSource {
  const { renew, pathways } = source
  return {
    take: () => source.take(),
    protocols: (...own) => source.protocols(...own),
    url: (socketUrl) => source.url(socketUrl),
    clear: () => source.clear(),
    grant: async (options) => {
      const grant = await source.grant(options)
      granted(grant)
      return grant
    },
    ...(renew && { renew: (ref, options) => renew.call(source, ref, options) }),
    ...(pathways && { pathways: (options) => pathways.call(source, options) }),
  }
}
