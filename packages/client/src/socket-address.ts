import {
  isSubprotocol,
  REFUSED_PROTOCOL,
  RESERVED_PROTOCOL_PREFIX,
  WSTICKET_PROTOCOL,
} from '@wsticket/protocol'

/** Makes an absolute `ws:` or `wss:` address; a relative one and `http:` or `https:` are taken as the page has them. */
export function socketAddress(url: string | URL): string {
  const page = typeof location === 'undefined' ? undefined : location.href
  const address = new URL(url, page)
  if (/^https?:$/.test(address.protocol)) address.protocol = address.protocol.replace('http', 'ws')
  if (!/^wss?:$/.test(address.protocol)) {
    throw new TypeError('wsticket: the address of a TicketSocket must begin with wss: or ws:')
  }
  address.hash = ''
  return address.href
}

/** Checks the application's own subprotocols: a wrong one would fail each attempt, and no browser says why. */
export function ownProtocols(protocols: string | readonly string[]): readonly string[] {
  const own = typeof protocols === 'string' ? [protocols] : [...protocols]
  for (const name of own) {
    if (!isSubprotocol(name))
      throw new TypeError(`wsticket: "${name}" is no subprotocol (RFC 6455 wants a token)`)
    if (name.startsWith(RESERVED_PROTOCOL_PREFIX)) {
      throw new TypeError(
        `wsticket: subprotocols that begin with "${RESERVED_PROTOCOL_PREFIX}" are added by the TicketSocket`,
      )
    }
  }
  if (new Set(own).size < own.length) throw new TypeError('wsticket: a subprotocol is given twice')
  return own
}

/** What applications see as the selected subprotocol: none of those that only carry the ticket. */
export function shownProtocol(selected: string): string {
  return selected === WSTICKET_PROTOCOL || selected === REFUSED_PROTOCOL ? '' : selected
}
