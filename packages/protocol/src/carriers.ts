import { looksLikeTicket } from './ticket.js'

/** The subprotocol that says "a ticket rides beside me". Selected when the application negotiates none. */
export const WSTICKET_PROTOCOL = 'wsticket.v1'

/** Offered by clients that can tell a refusal from a connection; selected for nothing else. */
export const REFUSED_PROTOCOL = 'wsticket.refused'

/** Query parameters in which a ticket is looked for, in the order of preference. */
export const TICKET_PARAMETERS: readonly string[] = ['ticket', 'auth_ticket', 'ticket_id']

/** Begins the subprotocols that belong to the protocol; an application's own may not. */
export const RESERVED_PROTOCOL_PREFIX = 'wsticket.'
// The form of the legacy JWT pathway; a secret like the ticket, so it is hidden from the application as well.
const JWT_PROTOCOL_PREFIX = 'jwt.'
// A `token` of RFC 9110, which RFC 6455 wants each subprotocol to be.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Tells whether a text can be the name of a subprotocol, the application's own or not. */
export function isSubprotocol(name: string): boolean {
  return TOKEN.test(name)
}

/** Where a ticket rode. */
export type Carrier = 'subprotocol' | 'query' | 'payload'

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
    WSTICKET_PROTOCOL,
    RESERVED_PROTOCOL_PREFIX + ticket,
    ...(options.refusals === true ? [REFUSED_PROTOCOL] : []),
    ...(options.own ?? []),
  ]
}

/** Puts a ticket into a URL's query, for clients that can give neither headers nor subprotocols. */
export function ticketUrl(url: string, ticket: string): string {
  const hash = url.indexOf('#')
  const bare = hash === -1 ? url : url.slice(0, hash)
  const separator = bare.includes('?') ? '&' : '?'
  return `${bare}${separator}ticket=${encodeURIComponent(ticket)}${hash === -1 ? '' : url.slice(hash)}`
}

/** What the carriers of an upgrade request hold. */
export interface CarrierReading {
  readonly found:
    | { readonly kind: 'none' }
    | { readonly kind: 'ticket'; readonly ticket: string; readonly carrier: Carrier }
    | { readonly kind: 'ambiguous' }
    /** The `Sec-WebSocket-Protocol` header is not a list of distinct tokens. */
    | { readonly kind: 'malformed' }
  /** The request target without the ticket; everything else of it byte for byte. */
  readonly target: string
  /** The application's own subprotocols, in the order they were offered. */
  readonly protocols: readonly string[]
  /** Whether `wsticket.v1` was offered. */
  readonly offersTicketProtocol: boolean
  /** Whether `wsticket.refused` was offered. */
  readonly offersRefusals: boolean
}

/**
 * Reads the ticket out of a request target and a `Sec-WebSocket-Protocol` header, and gives both back
 * without it. The same ticket twice is one; two different ones are ambiguous.
 *
 * A ticket among the subprotocols counts only beside `wsticket.v1`; a query parameter counts only if its
 * value begins as a ticket does, since parameters of those names may belong to the application.
 */
export function readCarriers(request: {
  /** Path and query, as they stood in the request line. */
  readonly target: string
  /** The header's value; several lines joined by a comma. */
  readonly protocolHeader?: string | undefined
}): CarrierReading {
  const query = readQuery(request.target)
  const offered = readProtocolHeader(request.protocolHeader)
  const names = offered ?? []
  const offersTicketProtocol = names.includes(WSTICKET_PROTOCOL)
  const inProtocols = offersTicketProtocol
    ? names
        .filter((name) => name.startsWith(RESERVED_PROTOCOL_PREFIX))
        .map((name) => name.slice(RESERVED_PROTOCOL_PREFIX.length))
        .filter(looksLikeTicket)
    : []
  return {
    found: offered === undefined ? { kind: 'malformed' } : decide(inProtocols, query.tickets),
    target: query.target,
    protocols: names.filter((name) => !isReserved(name, offersTicketProtocol)),
    offersTicketProtocol,
    offersRefusals: names.includes(REFUSED_PROTOCOL),
  }
}

function isReserved(name: string, besideTicketProtocol: boolean): boolean {
  return (
    name.startsWith(RESERVED_PROTOCOL_PREFIX) ||
    (besideTicketProtocol && name.startsWith(JWT_PROTOCOL_PREFIX))
  )
}

function decide(inProtocols: readonly string[], inQuery: readonly string[]): CarrierReading['found'] {
  const distinct = new Set([...inProtocols, ...inQuery])
  if (distinct.size > 1) return { kind: 'ambiguous' }
  const [ticket] = distinct
  if (ticket === undefined) return { kind: 'none' }
  return { kind: 'ticket', ticket, carrier: inProtocols.length > 0 ? 'subprotocol' : 'query' }
}

function readProtocolHeader(header: string | undefined): string[] | undefined {
  if (header === undefined) return []
  const names = header.split(',').map((name) => name.trim())
  if (!names.every(isSubprotocol)) return undefined
  return new Set(names).size === names.length ? names : undefined
}

function readQuery(target: string): { target: string; tickets: string[] } {
  const mark = target.indexOf('?')
  if (mark === -1) return { target, tickets: [] }
  const tickets: string[] = []
  const kept = target
    .slice(mark + 1)
    .split('&')
    .filter((pair) => {
      const ticket = ticketOf(pair)
      if (ticket !== undefined) tickets.push(ticket)
      return ticket === undefined
    })
  if (tickets.length === 0) return { target, tickets }
  const path = target.slice(0, mark)
  return { target: kept.length === 0 ? path : `${path}?${kept.join('&')}`, tickets }
}

function ticketOf(pair: string): string | undefined {
  const equals = pair.indexOf('=')
  if (equals === -1 || !TICKET_PARAMETERS.includes(decode(pair.slice(0, equals)))) return undefined
  const value = decode(pair.slice(equals + 1))
  return looksLikeTicket(value) ? value : undefined
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}
