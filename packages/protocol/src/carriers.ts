// What attaches: the part that clients bundle, and pages pay for each byte. `carriers-reading.ts` is the other side.

/** The subprotocol that says "a credential may ride beside me". Selected when the application negotiates none. */
export const WSTICKET_PROTOCOL = 'wsticket.v1'

/** Offered by clients that can tell a refusal from a connection; selected for nothing else. */
export const REFUSED_PROTOCOL = 'wsticket.refused'

/** Query parameters in which a ticket is looked for, in the order of preference. */
export const TICKET_PARAMETERS: readonly string[] = ['ticket', 'auth_ticket', 'ticket_id']

/** Begins the subprotocols that belong to the protocol; an application's own may not. */
export const RESERVED_PROTOCOL_PREFIX = 'wsticket.'

/** Begins the subprotocol in which a JWT rides, where the server has that pathway open. Reserved beside `wsticket.v1`. */
export const JWT_PROTOCOL_PREFIX = 'jwt.'

/** What the anonymous pathway offers: nothing but to be told apart from other protocols. */
export const anonymousProtocols: readonly string[] = [WSTICKET_PROTOCOL]

// A `token` of RFC 9110, which RFC 6455 wants each subprotocol to be.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Where a credential rode. */
export type Carrier = 'subprotocol' | 'query' | 'payload'

/** A way of authenticating an upgrade, by its name on the wire. */
export type Pathway =
  /** A ticket. */
  | 'ticket'
  /** Legacy: the JWT itself, as a subprotocol. */
  | 'jwt_subprotocol'
  /** No credential at all. */
  | 'anonymous'

/** All pathways, in the order of preference. */
export const PATHWAYS: readonly Pathway[] = ['ticket', 'jwt_subprotocol', 'anonymous']

/** Tells whether a text can be the name of a subprotocol, the application's own or not. */
export function isSubprotocol(name: string): boolean {
  return TOKEN.test(name)
}

/** The pair of subprotocols in which a ticket rides. */
export function ticketCarriers(ticket: string): string[] {
  return [WSTICKET_PROTOCOL, RESERVED_PROTOCOL_PREFIX + ticket]
}

/** The subprotocols to offer so that the ticket rides along. */
export function ticketProtocols(
  ticket: string,
  options: {
    /** The application's own subprotocols, in the order of preference. */
    readonly own?: readonly string[]
    /** Whether this client can tell a socket that was opened only to be refused. @default false */
    readonly refusals?: boolean
  } = {},
): string[] {
  return [
    ...ticketCarriers(ticket),
    ...(options.refusals === true ? [REFUSED_PROTOCOL] : []),
    ...(options.own ?? []),
  ]
}

/**
 * The subprotocols to offer so that a JWT rides along, for servers that have the pathway `jwt_subprotocol` open. Throws a
 * `TypeError` for what cannot be a subprotocol: a browser's own error would hold the JWT.
 */
export function jwtProtocols(jwt: string): string[] {
  const carrying = JWT_PROTOCOL_PREFIX + jwt
  if (jwt !== '' && isSubprotocol(carrying)) return [WSTICKET_PROTOCOL, carrying]
  throw new TypeError('wsticket: this JWT has characters that no subprotocol may have, or none at all')
}

/** Puts a ticket into a URL's query, for clients that can give neither headers nor subprotocols. */
export function ticketUrl(url: string, ticket: string): string {
  const hash = url.indexOf('#')
  const bare = hash === -1 ? url : url.slice(0, hash)
  const separator = bare.includes('?') ? '&' : '?'
  return `${bare}${separator}ticket=${encodeURIComponent(ticket)}${hash === -1 ? '' : url.slice(hash)}`
}
