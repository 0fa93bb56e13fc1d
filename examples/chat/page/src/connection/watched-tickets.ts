import type { TicketGrant, TicketSource } from '@wsticket/client'

/** A source that tells of all that it gives. */
export function watchTickets(source: TicketSource, granted: (grant: TicketGrant) => void): TicketSource {
  const { renew, pathways, currentCredential, call, settled } = source
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
    // A socket finds out what a source can do by looking.
    ...(renew && { renew: renew.bind(source) }),
    ...(pathways && { pathways: pathways.bind(source) }),
    ...(currentCredential && { currentCredential: currentCredential.bind(source) }),
    ...(call && { call: call.bind(source) }),
    ...(settled && { settled: settled.bind(source) }),
  }
}
