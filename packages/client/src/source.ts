// What a source of tickets is, whoever gives the tickets.
import { type Pathway, ticketProtocols, ticketUrl } from '@wsticket/protocol'
import type { Cause } from './core/connection-types.js'
import type { Clock } from './core/environment.js'
import type { GrantOptions, Grants, TicketRoute } from './core/grants.js'

export type { CredentialCallback, GrantOptions, TicketGrant } from './core/grants.js'

/** Tickets from the server's own route. */
export interface TicketRouteOptions extends TicketRoute {
  /**
   * Whether one ticket may open several sockets, which then are one session. It is kept and handed out again until 30 seconds
   * before its end. @default false
   */
  readonly reusable?: boolean | undefined
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

/** Where the session stands after a renewal. Times are milliseconds since 1970, by this machine's clock. */
export interface Renewal {
  /** When the session ends by itself. */
  readonly deadline: number
  readonly credentialExpiresAt?: number | undefined
}

/** What became of an attempt to connect, or of a socket that stopped. */
export type AttemptOutcome = {
  /** Whose attempt it was, as in {@link GrantOptions}. */
  readonly by?: object | undefined
} & (
  | { readonly opened: true; readonly pathway: Pathway }
  | {
      readonly opened: false
      readonly pathway: Pathway | undefined
      readonly cause: Cause
      /** Whether the socket has stopped: it asks for nothing more. @default false */
      readonly final?: boolean
    }
)

/** Gives tickets, in the form that the library at hand can take. Every failure is a {@link TicketError}. */
export interface TicketSource extends Grants {
  /** Gives a ticket; refreshes the credential once if it is refused as invalid. */
  take(): Promise<string>
  /** Gives the subprotocols to offer, with a ticket among them: `new WebSocket(url, await tickets.protocols())`. */
  protocols(...own: string[]): Promise<string[]>
  /** Gives the address with a ticket in its query, for clients that take only an address. Keep it out of logs. */
  url(socketUrl: string | URL): Promise<string>
  /** Forgets every ticket and whatever is under way: after a logout, or when the user changes. */
  clear(): void
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
