import {
  isConfigResponse,
  isRenewResponse,
  isTicketResponse,
  type Json,
  PATHS,
  REFRESH_THRESHOLD_SECONDS,
  type TicketResponse,
  ticketProtocols,
  ticketUrl,
} from '@wsticket/protocol'
import { type Clock, clockOr, type Fetch, fetchOr } from './environment.js'
import { type JwtClaims, readJwtClaims } from './jwt-claims.js'
import { TicketError } from './ticket-error.js'
import { asTicketError, callTicketRoute, siblingRoute } from './ticket-requests.js'

/** Life of the tickets that are asked for: they are used at once, so a short one does, and a leaked one soon ends. */
export const TICKET_TTL_SECONDS = 60

// Times on the wire are whole seconds; a difference as small as this says nothing about the clocks.
const CLOCK_TOLERANCE_MS = 2000

// A session that is renewed by a JWT with less than this left would have to be renewed again at once.
const ENDS_SOON_MS = REFRESH_THRESHOLD_SECONDS * 1000

// A callback that calls clear() itself must not make the source ask for ever.
const MOST_CLEARED = 5

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
  /** The secret. */
  readonly ticket: string
  /** Its public handle, safe to log; the session's id once connected. */
  readonly ref?: string | undefined
  readonly expiresAt?: number | undefined
  /** When the credential behind it ends, if that is a JWT. The session ends then, too, unless it is renewed. */
  readonly credentialExpiresAt?: number | undefined
  /** Tells users apart; not an id to show or to store. */
  readonly user?: string | undefined
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
  /** Moves a session's deadline; absent where tickets come by a way of your own. */
  readonly renew?: (ref: string, options?: GrantOptions) => Promise<Renewal>
  /** Asks which pathways are open to this user; absent where tickets come by a way of your own. */
  readonly pathways?: (options?: GrantOptions) => Promise<readonly string[]>
}

/**
 * Makes a source of tickets. Nothing is asked for until somebody takes one.
 *
 * @example
 * const tickets = ticketSource({ url: '/api/websocket/ticket', credential: () => auth.accessToken() })
 * const socket = new WebSocket('wss://api.example.com/ws', await tickets.protocols('chat.v2'))
 */
export function ticketSource(options: TicketSourceOptions): TicketSource {
  if ('take' in options) return ownSource(options)
  return new RouteSource(options)
}

function ownSource({ take }: OwnTicketOptions): TicketSource {
  const grant = async (): Promise<TicketGrant> => {
    try {
      return { ticket: await take() }
    } catch (thrown) {
      throw asTicketError(thrown)
    }
  }
  const takeOne = async (): Promise<string> => (await grant()).ticket
  return {
    take: takeOne,
    protocols: async (...own) => ticketProtocols(await takeOne(), { own }),
    url: async (socketUrl) => ticketUrl(String(socketUrl), await takeOne()),
    clear: () => {},
    grant,
  }
}

class RouteSource implements TicketSource {
  readonly #options: TicketRouteOptions
  readonly #fetch: Fetch
  readonly #clock: Clock
  // Raised by clear(): what was asked for before belongs to the user before.
  #era = 0
  #refreshes = 0
  // The callback that is under way; whoever asks meanwhile gets its outcome.
  #asking: { readonly refresh: boolean; readonly credential: Promise<string> } | undefined
  #lastTicket: string | undefined
  // This machine's clock minus the server's, in milliseconds.
  #clockOffset = 0

  constructor(options: TicketRouteOptions) {
    if (typeof options.credential !== 'function') {
      throw new TypeError(
        'wsticket: "credential" must be a function that gives the JWT, or give "take" instead',
      )
    }
    if (typeof options.url !== 'string') {
      throw new TypeError('wsticket: "url" must be the address of the ticket route')
    }
    if (options.fetch === undefined && !('location' in globalThis) && !URL.canParse(options.url)) {
      throw new TypeError(
        `wsticket: outside a page "url" must be absolute; it is ${JSON.stringify(options.url)}`,
      )
    }
    this.#options = options
    this.#fetch = fetchOr(options.fetch)
    this.#clock = clockOr(options.clock)
  }

  async take(): Promise<string> {
    const refreshes = this.#refreshes
    try {
      return (await this.grant()).ticket
    } catch (thrown) {
      const { code, retryAfterSeconds } = asTicketError(thrown)
      if (code !== 'credential_invalid') throw thrown
      if (retryAfterSeconds !== undefined) await this.#sleep(retryAfterSeconds * 1000)
    }
    // Where several failed together, one refresh is enough for all of them.
    return (await this.grant({ refresh: this.#refreshes === refreshes })).ticket
  }

  async protocols(...own: string[]): Promise<string[]> {
    return ticketProtocols(await this.take(), { own })
  }

  async url(socketUrl: string | URL): Promise<string> {
    return ticketUrl(String(socketUrl), await this.take())
  }

  clear(): void {
    this.#era++
    this.#asking = undefined
  }

  async grant(options: GrantOptions = {}): Promise<TicketGrant> {
    let current = options
    for (let tries = 0; tries < MOST_CLEARED; tries++) {
      const era = this.#era
      try {
        const grant = await this.#issue(current)
        if (era === this.#era) return grant
      } catch (thrown) {
        if (era === this.#era || current.signal?.aborted === true) throw asTicketError(thrown)
      }
      // Cleared meanwhile: that was an answer for the user before, who may have had a refresh to come.
      current = { signal: options.signal }
    }
    throw new TicketError('credential_unavailable', { detail: 'clear() was called at each try' })
  }

  async renew(ref: string, options: GrantOptions = {}): Promise<Renewal> {
    const credential = await this.#credentialToRenewBy(options.refresh === true)
    const body = await this.#call('POST', PATHS.renew.replace('{ref}', encodeURIComponent(ref)), {
      credential,
      signal: options.signal,
    })
    if (!isRenewResponse(body)) throw new TicketError('response_invalid')
    return { deadline: this.#local(body.expires_at * 1000), ...this.#endOf(readJwtClaims(credential)) }
  }

  async pathways(options: GrantOptions = {}): Promise<readonly string[]> {
    const credential = await this.#credential(options.refresh === true)
    const body = await this.#call('GET', PATHS.config, { credential, signal: options.signal })
    if (!isConfigResponse(body)) throw new TicketError('response_invalid')
    return body.pathways
  }

  async #issue(options: GrantOptions): Promise<TicketGrant> {
    const { url, ttlSeconds = TICKET_TTL_SECONDS, audience, permissions, metadata } = this.#options
    const credential = await this.#credential(options.refresh === true)
    const body = await callTicketRoute(
      {
        method: 'POST',
        url,
        credential,
        signal: options.signal,
        body: { ttl_seconds: ttlSeconds, single_use: true, audience, permissions, metadata },
      },
      { fetch: this.#fetch, now: () => this.#clock.now() },
    )
    if (!isTicketResponse(body)) throw new TicketError('response_invalid')
    return this.#grantOf(body, readJwtClaims(credential))
  }

  #grantOf(response: TicketResponse, claims: JwtClaims): TicketGrant {
    if (response.ticket_id === this.#lastTicket) {
      throw new TicketError('response_invalid', {
        ref: response.ref,
        detail: 'the same single-use ticket came twice; is there a cache in between?',
      })
    }
    this.#lastTicket = response.ticket_id
    const offset = this.#clock.now() - response.created_at * 1000
    this.#clockOffset = Math.abs(offset) > CLOCK_TOLERANCE_MS ? offset : 0
    return {
      ticket: response.ticket_id,
      ref: response.ref,
      expiresAt: this.#local(response.expires_at * 1000),
      ...this.#endOf(claims),
      ...(claims.user === undefined ? {} : { user: claims.user }),
    }
  }

  /** The application may still hand out the JWT that is about to end; then a fresh one is asked for. */
  async #credentialToRenewBy(refresh: boolean): Promise<string> {
    const credential = await this.#credential(refresh)
    const { credentialExpiresAt } = this.#endOf(readJwtClaims(credential))
    const ends = credentialExpiresAt !== undefined && credentialExpiresAt - this.#clock.now() < ENDS_SOON_MS
    return ends && !refresh ? await this.#credential(true) : credential
  }

  #credential(refresh: boolean): Promise<string> {
    const asking = this.#asking
    if (asking !== undefined && (asking.refresh || !refresh)) return asking.credential
    if (refresh) this.#refreshes++
    const credential = this.#askForCredential(refresh).finally(() => {
      if (this.#asking?.credential === credential) this.#asking = undefined
    })
    this.#asking = { refresh, credential }
    return credential
  }

  async #askForCredential(refresh: boolean): Promise<string> {
    let credential: unknown
    try {
      credential = await this.#options.credential({ refresh })
    } catch (thrown) {
      throw asTicketError(thrown)
    }
    if (typeof credential === 'string' && credential !== '') return credential
    throw new TicketError('credential_missing')
  }

  #call(
    method: 'GET' | 'POST',
    path: string,
    call: { readonly credential: string; readonly signal: AbortSignal | undefined },
  ): Promise<unknown> {
    return callTicketRoute(
      { ...call, method, url: siblingRoute(this.#options.url, path) },
      { fetch: this.#fetch, now: () => this.#clock.now() },
    )
  }

  #endOf(claims: JwtClaims): { readonly credentialExpiresAt?: number } {
    return claims.expiresAt === undefined ? {} : { credentialExpiresAt: this.#local(claims.expiresAt) }
  }

  #local(serverTime: number): number {
    return serverTime + this.#clockOffset
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(milliseconds, resolve)
    })
  }
}
