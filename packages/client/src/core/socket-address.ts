import { RESERVED_PROTOCOL_PREFIX } from '@wsticket/protocol'

/** Makes an absolute `ws:` or `wss:` address; a relative one and `http:` or `https:` are taken as the page has them. */
export function socketAddress(url: string | URL): string {
  const address = new URL(url, globalThis.location?.href)
  address.protocol = address.protocol.replace('http', 'ws')
  if (!/^wss?:$/.test(address.protocol)) {
    throw new TypeError('wsticket: the address must be wss: or ws:')
  }
  address.hash = ''
  return address.href
}

/** What applications see as the selected subprotocol: none of those that only carry the ticket. */
export function shownProtocol(selected: string): string {
  return selected.startsWith(RESERVED_PROTOCOL_PREFIX) ? '' : selected
}
