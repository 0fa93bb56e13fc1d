import type { IncomingMessage } from 'node:http'
import { clientAddresses } from '@wsticket/server'

/** Tells whether a text is an address or a network in CIDR notation, such as `10.0.0.0/8` or `::1`. */
export function isNetwork(text: string): boolean {
  try {
    clientAddresses([text])
    return true
  } catch {
    return false
  }
}

/** Gives what finds the address of a client, as wsticket does it for its own routes. */
export function addressFinder(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const find = clientAddresses(trustedProxies)
  return ({ socket, headersDistinct }) =>
    find({ peer: socket.remoteAddress ?? 'unknown', headers: (name) => headersDistinct[name] ?? [] })
}
