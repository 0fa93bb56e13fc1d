// What a socket needs of whoever gives it tickets. ../source.ts has more of it, for all others.
import type { Json, Pathway } from '@wsticket/protocol'
import type { Fetch } from './environment.js'

/**
 * Gives the credential (a JWT) that proves who the user is. With `refresh` a fresh one is wanted: the one before was refused,
 * or is about to end, or a renewal was asked for by hand.
 */
export type CredentialCallback = (request: { readonly refresh: boolean }) => string | Promise<string>

/** Tickets from the server's own route, each for one use. */
export interface TicketRoute {
  /** Address of `POST /api/websocket/ticket`; the other routes are found beside it. */
  readonly url: string
  readonly credential: CredentialCallback
  /** Seconds that a ticket should live, 30 to 3600. @default 60 */
  readonly ttlSeconds?: number | undefined
  /** The route that the tickets are for; needed where the server has several. */
  readonly audience?: string | undefined
  /** Fewer permissions than the credential grants. */
  readonly permissions?: readonly string[] | undefined
  /** Handed to the server's application with the session; at most 2 KiB as JSON. */
  readonly metadata?: { readonly [name: string]: Json } | undefined
  /** @default the runtime's */
  readonly fetch?: Fetch | undefined
}

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
  /** Whoever asks: a socket names itself, so that its failures in a row are told from those of others. */
  readonly by?: object | undefined
}

/** Gives a socket its tickets. A source that hears what became of them, or is cleared, is for the socket of `@wsticket/client`. */
export interface GrantSource extends Grants {
  readonly settled?: never
  readonly era?: never
}

/** Gives tickets. */
export interface Grants {
  /**
   * Asks for a ticket once, with nothing tried again; every failure is a `TicketError`. `TicketSocket` decides by its own state
   * what comes next.
   */
  grant(options?: GrantOptions): Promise<TicketGrant>
}
