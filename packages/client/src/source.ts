// What a source of tickets is, whoever gives the tickets.
import { type Json, type Pathway, ticketProtocols, ticketUrl } from '@wsticket/protocol'
import type { Cause } from './connection-types.js'
import type { Clock, Fetch } from './environment.js'

/**
 * Gives the credential (a JWT) that proves who the user is. With `refresh` a fresh one is wanted: the one before was refused,
 * or is about to end, or a renewal was asked for by hand.
 */
export type CredentialCallback = (request: { readonly refresh: boolean }) => string | Promise<string>

/** Tickets from the server's own route. */
export interface TicketRouteOptions {
  /** Address of `POST /api/websocket/ticket`; the other routes are found beside it. */
  readonly url: string
  readonly credential: CredentialCallback
  /** Seconds that a ticket should live, 30 to 3600. @default 60 */
  readonly ttlSeconds?: number | undefined
  /**
   * Whether one ticket may open several sockets, which then are one session. It is kept and handed out again until 30 seconds
   * before its end. @default false
   */
  readonly reusable?: boolean | undefined
  /** The route that the tickets are for; needed where the server has several. */
  readonly audience?: string | undefined
  /** Fewer permissions than the credential grants. */
  readonly permissions?: readonly string[] | undefined
  /** Handed to the server's application with the session; at most 2 KiB as JSON. */
  readonly metadata?: { readonly [name: string]: Json } | undefined
  /** @default the runtime's */
  readonly fetch?: Fetch | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
}

/** Tickets by a way of your own. */
export interface OwnTicketOptions {
  /** Gives a ticket that was never given before. */
  readonly take: () => string | Promise<string>
}

/** Where tickets come from: the server's route, or your own callback. */
export type TicketSourceOptions = TicketRouteOptions | OwnTicketOptions

/** A ticket and what is known about it. Times are milliseconds since 1970, by this machine's clock. */
export interface TicketGrant {
  /** The secret; empty where another credential is presented. */
  readonly ticket: string
  /** Its public handle, safe to log; the session's id once connected. */
  readonly ref?: string | undefined
  readonly expiresAt?: number | undefined
  /** When the credential behind it ends, if that is a JWT. The session ends then, too, unless it is renewed. */
  readonly credentialExpiresAt?: number | undefined
  /** Tells users apart; not an id to show or to store. */
  readonly user?: string | undefined
  /** What is presented. @default 'ticket' */
  readonly pathway?: Pathway | undefined
  /** The subprotocols that carry it. @default those of the ticket */
  readonly carriedBy?: readonly string[] | undefined
}

/** What a single request goes by. */
export interface GrantOptions {
  /** Whether to ask for a fresh credential first. @default false */
  readonly refresh?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Where the session stands after a renewal. Times are milliseconds since 1970, by this machine's clock. */
export interface Renewal {
  /** When the session ends by itself. */
  readonly deadline: number
  readonly credentialExpiresAt?: number | undefined
}

/** What became of an attempt to connect, or of a socket that stopped. */
export type AttemptOutcome =
  | { readonly opened: true; readonly pathway: Pathway }
  | {
      readonly opened: false
      readonly pathway: Pathway | undefined
      readonly cause: Cause
      /** Whether the socket has stopped: it asks for nothing more. @default false */
      readonly final?: boolean
    }

/** Gives tickets, in the form that the library at hand can take. Every failure is a {@link TicketError}. */
export interface TicketSource {
  /** Gives a ticket; refreshes the credential once if it is refused as invalid. */
  take(): Promise<string>
  /** Gives the subprotocols to offer, with a ticket among them: `new WebSocket(url, await tickets.protocols())`. */
  protocols(...own: string[]): Promise<string[]>
  /** Gives the address with a ticket in its query, for clients that take only an address. Keep it out of logs. */
  url(socketUrl: string | URL): Promise<string>
  /** Forgets every ticket and whatever is under way: after a logout, or when the user changes. */
  clear(): void
  /** Asks for a ticket once, with nothing tried again. `TicketSocket` decides by its own state what comes next. */
  grant(options?: GrantOptions): Promise<TicketGrant>
  /** Moves a session's deadline; absent where tickets come by a way of your own, as are the next three. */
  readonly renew?: (ref: string, options?: GrantOptions) => Promise<Renewal>
  /** Asks which pathways are open to this user, in the server's order of preference. */
  readonly pathways?: (options?: GrantOptions) => Promise<readonly string[]>
  /** Gives the credential itself. Whoever asks while one is being fetched gets the same one. */
  readonly currentCredential?: (options?: GrantOptions) => Promise<string>
  /** Sends a request with the credential to another route beside the ticket route, and gives the parsed body. */
  readonly call?: (method: 'GET' | 'POST', path: string, options?: GrantOptions) => Promise<unknown>
  /** Counts the calls of `clear()`: what was written before one is not sent by whoever comes next. */
  readonly era?: number | undefined
  /** Hears from a `TicketSocket` what became of each attempt. */
  readonly settled?: (outcome: AttemptOutcome) => void
}

/** The forms in which a ticket is handed out. */
export abstract class Source {
  abstract take(): Promise<string>

  async protocols(...own: string[]): Promise<string[]> {
    return ticketProtocols(await this.take(), { own })
  }

  async url(socketUrl: string | URL): Promise<string> {
    return ticketUrl(String(socketUrl), await this.take())
  }
}
