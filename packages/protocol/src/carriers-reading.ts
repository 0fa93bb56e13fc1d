import {
  type Carrier,
  isSubprotocol,
  JWT_PROTOCOL_PREFIX,
  REFUSED_PROTOCOL,
  RESERVED_PROTOCOL_PREFIX,
  TICKET_PARAMETERS,
  WSTICKET_PROTOCOL,
} from './carriers.js'
import { looksLikeTicket } from './ticket.js'

/** What the carriers of an upgrade request hold. */
export interface CarrierReading {
  readonly found:
    | { readonly kind: 'none' }
    | { readonly kind: 'ticket'; readonly ticket: string; readonly carrier: Carrier }
    /** Two different tickets, or two different JWTs. */
    | { readonly kind: 'ambiguous' }
    /** The `Sec-WebSocket-Protocol` header is not a list of distinct tokens. */
    | { readonly kind: 'malformed' }
  /** The JWT that was offered, if it was one; a ticket may be there as well. */
  readonly jwt: string | undefined
  /**
   * Whether something was offered under a reserved name that is no credential in its place: a ticket without
   * `wsticket.v1` beside it, or of another form. Whoever did that meant to be known.
   */
  readonly unreadable: boolean
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
 * Reads ticket and JWT out of a request target and a `Sec-WebSocket-Protocol` header, and gives both back
 * without them. The same ticket twice is one; two different ones are ambiguous.
 *
 * What rides among the subprotocols counts only beside `wsticket.v1`; a query parameter counts only if its
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
  const reserved = named(names, RESERVED_PROTOCOL_PREFIX).filter((name) => !FIXED.includes(name))
  const inProtocols = offersTicketProtocol ? reserved.filter(looksLikeTicket) : []
  const jwts = offersTicketProtocol ? named(names, JWT_PROTOCOL_PREFIX) : []
  const [jwt, ...otherJwts] = jwts
  const ambiguous = otherJwts.length > 0
  return {
    found:
      offered === undefined
        ? { kind: 'malformed' }
        : ambiguous
          ? AMBIGUOUS
          : decide(inProtocols, query.tickets),
    jwt: ambiguous ? undefined : jwt,
    unreadable: reserved.length > inProtocols.length,
    target: query.target,
    protocols: names.filter((name) => !isReserved(name, offersTicketProtocol)),
    offersTicketProtocol,
    offersRefusals: names.includes(REFUSED_PROTOCOL),
  }
}

const AMBIGUOUS = { kind: 'ambiguous' } as const

// The reserved names that carry nothing, without their prefix.
const FIXED = [WSTICKET_PROTOCOL, REFUSED_PROTOCOL].map((name) => name.slice(RESERVED_PROTOCOL_PREFIX.length))

/** What stands behind a prefix. */
function named(names: readonly string[], prefix: string): string[] {
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
}

function isReserved(name: string, besideTicketProtocol: boolean): boolean {
  return (
    name.startsWith(RESERVED_PROTOCOL_PREFIX) ||
    (besideTicketProtocol && name.startsWith(JWT_PROTOCOL_PREFIX))
  )
}

function decide(inProtocols: readonly string[], inQuery: readonly string[]): CarrierReading['found'] {
  const distinct = new Set([...inProtocols, ...inQuery])
  if (distinct.size > 1) return AMBIGUOUS
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
