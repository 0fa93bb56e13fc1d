import type { TicketSource } from './ticket-source.js'

/** Gives a source that does what another does, but for the parts that are given. */
export function sourceAround(source: TicketSource, parts: Partial<TicketSource>): TicketSource {
  return {
    take: () => source.take(),
    protocols: (...own) => source.protocols(...own),
    url: (socketUrl) => source.url(socketUrl),
    clear: () => source.clear(),
    grant: (options) => source.grant(options),
    get era() {
      return source.era
    },
    // What a source has not, one around it has not either: a socket asks by looking.
    ...(source.renew && { renew: source.renew.bind(source) }),
    ...(source.pathways && { pathways: source.pathways.bind(source) }),
    ...(source.currentCredential && { currentCredential: source.currentCredential.bind(source) }),
    ...(source.call && { call: source.call.bind(source) }),
    ...(source.settled && { settled: source.settled.bind(source) }),
    ...parts,
  }
}
