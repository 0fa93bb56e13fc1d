import { isSubprotocol, RESERVED_PROTOCOL_PREFIX } from '@wsticket/protocol'

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
