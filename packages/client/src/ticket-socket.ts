import { isLive } from './core/connection-state.js'
import type { Cause } from './core/connection-types.js'
import type { Fetch } from './core/environment.js'
import { byteLength, copyOf, type Message } from './core/outbox.js'
import { isTicketErrorCode, TicketError } from './core/ticket-error.js'
import { ownProtocols } from './own-protocols.js'
import { type SessionOptions, SessionSocket } from './session-socket.js'
import { type TicketSource, type TicketSourceOptions, ticketSource } from './ticket-source.js'

/** How a {@link TicketSocket} connects. */
export interface TicketSocketOptions extends SessionOptions {
  /** Where tickets come from: options for one of its own, or a source that others use too. */
  readonly tickets: TicketSource | TicketSourceOptions
  /** @default the runtime's */
  readonly fetch?: Fetch | undefined
}

/** The server's side of an open connection. */
export interface SocketSession {
  /** Names the session everywhere; safe to log. Absent where tickets come by a way of your own. */
  readonly ref: string | undefined
  /**
   * When the session ends unless it is renewed, in milliseconds since 1970: the end of the JWT at first, after a renewal what
   * the server said. `undefined` if the credential is no JWT.
   */
  readonly deadline: number | undefined
}

/**
 * A `WebSocket` that authenticates with single-use tickets and comes back by itself, each time with a fresh one.
 *
 * The differences from a `WebSocket`: what is sent before there is a connection waits in an outbox; `open` and `close` come
 * once a connection, and in between `readyState` is CONNECTING; a refusal is a state with a code, not a bare 1006. A
 * `close` after which `readyState` is CLOSED is the last one.
 *
 * @example
 * const socket = new TicketSocket('wss://api.example.com/ws', {
 *   tickets: { url: 'https://api.example.com/api/websocket/ticket', credential: () => auth.accessToken() },
 * })
 * socket.addEventListener('statechange', ({ to, cause }) => banner(to.name, cause.code))
 * socket.send('hello')
 */
export class TicketSocket extends SessionSocket {
  readonly #canRenew: boolean
  readonly #renewals: Renewing[] = []
  #discardedBytes = 0

  constructor(url: string | URL, options: TicketSocketOptions) {
    const tickets = sourceOf(options)
    if (!options.WebSocket && !globalThis.WebSocket) {
      throw new TypeError(
        'wsticket: this runtime has no WebSocket; give one as the option "WebSocket", that of the package ws for example',
      )
    }
    super(url, tickets, { ...options, protocols: ownProtocols(options.protocols ?? []) })
    this.#canRenew = tickets.renew !== undefined
  }

  /** Bytes that no network has taken yet: those in the outbox, those that the socket holds, and what was sent after the end. */
  override get bufferedAmount(): number {
    return super.bufferedAmount + this.#discardedBytes
  }

  override send(message: Message): void {
    if (this.state.name === 'stopped') this.#discardedBytes += byteLength(copyOf(message))
    else super.send(message)
  }

  /** Ends it for good; what waits in the outbox is forgotten. */
  override close(code?: number, reason?: string): void {
    // A `WebSocket` takes texts for numbers; those of other packages throw when it is too late.
    super.close(code === undefined ? code : Number(code), reason)
  }

  /** The session that is open now, or `undefined` between connections. */
  get session(): SocketSession | undefined {
    const { state, deadline } = this
    return isLive(state) ? { ref: state.ref, deadline } : undefined
  }

  /**
   * Moves the session's deadline by a fresh credential, without reconnecting. Rejects with a `TicketError` if the server
   * refuses; the connection stays open until its deadline even so.
   */
  async renew(): Promise<SocketSession> {
    if (this.session?.ref === undefined || !this.#canRenew) {
      throw new TypeError(
        'wsticket: only an open connection whose ticket came from a ticket route can be renewed',
      )
    }
    return await new Promise((resolve, reject) => {
      this.#renewals.push({ resolve, reject })
      // One that is under way already serves as well.
      this.apply({ type: 'renew' })
    })
  }

  protected override renewalEnded({ code, ...more }: Cause): void {
    const { session } = this
    for (const { resolve, reject } of this.#renewals.splice(0)) {
      if (code === 'renewed' && session) resolve(session)
      // A connection that ended meanwhile took its session with it.
      else reject(new TicketError(isTicketErrorCode(code) ? code : 'session_over', more))
    }
  }
}

interface Renewing {
  readonly resolve: (session: SocketSession) => void
  readonly reject: (error: TicketError) => void
}

function sourceOf({ tickets, clock, fetch }: TicketSocketOptions): TicketSource {
  if (typeof tickets !== 'object') {
    throw new TypeError('wsticket: "tickets" is missing. Example: { tickets: { url, credential } }')
  }
  if ('grant' in tickets) return tickets
  return ticketSource('take' in tickets ? tickets : { clock, fetch, ...tickets })
}
