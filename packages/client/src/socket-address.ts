import {
  isSubprotocol,
  REFUSED_PROTOCOL,
  RESERVED_PROTOCOL_PREFIX,
  WSTICKET_PROTOCOL,
} from '@wsticket/protocol'

/** Makes an absolute `ws:` or `wss:` address; a relative one and `http:` or `https:` are taken as the page has them. */
export function socketAddress(url: string | URL): string {
  const address = new URL(url, globalThis.location?.href)
  address.protocol = address.protocol.replace('http', 'ws')
  if (!/^wss?:$/.test(address.protocol)) {
    throw new TypeError('wsticket: the address must begin with wss: or ws:')
  }
  address.hash = ''
  return address.href
}

/** Checks the application's own subprotocols: a wrong one would fail each attempt, and no browser says why. */
export function ownProtocols(protocols: string | readonly string[]): readonly string[] {
  const own = [protocols].flat()
  const wrong = own.find(
    (name, index) =>
      !isSubprotocol(name) || name.startsWith(RESERVED_PROTOCOL_PREFIX) || own.indexOf(name) < index,
  )
  if (wrong === undefined) return own
  throw new TypeError(
    `wsticket: "${wrong}" cannot be a subprotocol: it must be a token, not begin with "${RESERVED_PROTOCOL_PREFIX}", and be there once`,
  )
}

/** What applications see as the selected subprotocol: none of those that only carry the ticket. */
export function shownProtocol(selected: string): string {
  return selected === WSTICKET_PROTOCOL || selected === REFUSED_PROTOCOL ? '' : selected
}
