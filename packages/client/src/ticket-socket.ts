import { type Announcement, Connection, OPEN } from './connection.js'
import type { Cause, ConnectionState, StateChange } from './connection-types.js'
import {
  type Clock,
  clockOr,
  type Fetch,
  type SocketConstructor,
  socketConstructorOr,
} from './environment.js'
import { ConnectionCloseEvent, StateChangeEvent } from './events.js'
import { byteLength, copyOf, type Message, Outbox } from './outbox.js'
import { ownProtocols, shownProtocol, socketAddress } from './socket-address.js'
import { SocketEvents } from './socket-events.js'
import { isTicketErrorCode, TicketError } from './ticket-error.js'
import { type TicketSource, type TicketSourceOptions, ticketSource } from './ticket-source.js'

/** How a {@link TicketSocket} connects. */
export interface TicketSocketOptions {
  /** Where tickets come from: options for one of its own, or a source that others use too. */
  readonly tickets: TicketSource | TicketSourceOptions
  /** The application's own subprotocols, in the order of preference. @default none */
  readonly protocols?: string | readonly string[] | undefined
  /** Whether the session is renewed by itself shortly before the JWT behind it ends. @default true */
  readonly autoRenew?: boolean | undefined
  /** @default the runtime's */
  readonly WebSocket?: SocketConstructor | undefined
  /** @default the runtime's */
  readonly fetch?: Fetch | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
  /** Gives numbers from 0 (inclusive) to 1 (exclusive). @default Math.random */
  readonly random?: (() => number) | undefined
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
export class TicketSocket extends SocketEvents implements WebSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3

  /** The address that is dialed; no other is, whatever the ticket route answers. */
  readonly url: string
  readonly #connection: Connection
  readonly #outbox: Outbox
  readonly #canRenew: boolean
  #protocol = ''
  #extensions = ''
  #discardedBytes = 0
  #renewals: Renewing[] = []

  constructor(url: string | URL, options: TicketSocketOptions) {
    super()
    this.url = socketAddress(url)
    const clock = clockOr(options.clock)
    const tickets = sourceOf(options)
    this.#canRenew = tickets.renew !== undefined
    this.#outbox = new Outbox(() => clock.now())
    this.#connection = new Connection({
      url: this.url,
      own: ownProtocols(options.protocols ?? []),
      tickets,
      outbox: this.#outbox,
      WebSocket: socketConstructorOr(options.WebSocket),
      clock,
      random: options.random ?? Math.random,
      autoRenew: options.autoRenew ?? true,
      received: (data) => this.fire(new MessageEvent('message', { data, origin: new URL(this.url).origin })),
      announce: (announcements) =>
        this.fire(...announcements.map((announcement) => this.#eventOf(announcement))),
    })
  }

  /** Where the connection is; `state.name` is the short form, `state.cause.code` says why. */
  get state(): ConnectionState {
    return this.#connection.state
  }

  /** The session that is open now, or `undefined` between connections. */
  get session(): SocketSession | undefined {
    const { state } = this
    if (state.name !== 'open' && state.name !== 'renewing') return undefined
    return { ref: state.ref, deadline: this.#connection.deadline }
  }

  get readyState(): 0 | 1 | 2 | 3 {
    switch (this.state.name) {
      case 'open':
      case 'renewing':
        return this.#connection.socket?.readyState === OPEN ? this.OPEN : this.CLOSING
      case 'stopped':
        return this.#connection.socket === undefined ? this.CLOSED : this.CLOSING
      default:
        return this.CONNECTING
    }
  }

  /** The application's own subprotocol that the server selected last; `''` if none. */
  get protocol(): string {
    return this.#protocol
  }

  get extensions(): string {
    return this.#extensions
  }

  /** Bytes that no network has taken yet: those in the outbox, and what was sent after the end. */
  get bufferedAmount(): number {
    return this.#outbox.bytes + this.#discardedBytes + (this.#connection.socket?.bufferedAmount ?? 0)
  }

  get binaryType(): BinaryType {
    return this.#connection.binaryType
  }

  set binaryType(type: BinaryType) {
    if (type === 'blob' || type === 'arraybuffer') this.#connection.binaryType = type
  }

  /**
   * Sends a message, or keeps it until there is a connection. Throws `OutboxFullError` if 256 messages, 1 MiB or a message
   * older than a minute wait already. After the end it does what a `WebSocket` does: nothing.
   */
  send(data: Message): void {
    const { state } = this
    if (state.name === 'stopped') {
      this.#discardedBytes += byteLength(data)
      return
    }
    const { socket } = this.#connection
    const live = state.name === 'open' || state.name === 'renewing'
    if (live && socket?.readyState === OPEN) {
      socket.send(copyOf(data))
      return
    }
    this.#outbox.add(data)
    this.#connection.messageQueued()
  }

  /** Ends it for good; what waits in the outbox is forgotten. */
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException('A close code must be 1000 or from 3000 to 4999', 'InvalidAccessError')
    }
    if (reason !== undefined && byteLength(reason) > 123) {
      throw new DOMException('A close reason has at most 123 bytes', 'SyntaxError')
    }
    this.#connection.close(code, reason)
  }

  /**
   * Moves the session's deadline by a fresh credential, without reconnecting. Rejects with a `TicketError` if the server
   * refuses; the connection stays open until its deadline even so.
   */
  async renew(): Promise<SocketSession> {
    const { session } = this
    if (session?.ref === undefined || !this.#canRenew) {
      throw new TypeError(
        'wsticket: only an open connection whose ticket came from a ticket route can be renewed',
      )
    }
    return await new Promise((resolve, reject) => {
      this.#renewals.push({ resolve, reject })
      // One that is under way already serves as well.
      this.#connection.renew()
    })
  }

  #eventOf(announcement: Announcement): Event {
    switch (announcement.type) {
      case 'changed':
        this.#changed(announcement.change)
        return new StateChangeEvent(announcement.change)
      case 'opened':
        return new Event('open')
      case 'failed':
        return new Event('error')
      case 'closed':
        return new ConnectionCloseEvent(announcement.close)
    }
  }

  #changed({ from, to, cause }: StateChange): void {
    const { socket } = this.#connection
    if (to.name === 'open' && socket !== undefined) {
      this.#protocol = shownProtocol(socket.protocol)
      this.#extensions = socket.extensions
    }
    if (from.name === 'renewing' && to.name !== 'renewing') this.#settleRenewals(cause)
  }

  #settleRenewals(cause: Cause): void {
    const { session } = this
    for (const { resolve, reject } of this.#renewals.splice(0)) {
      if (cause.code === 'renewed' && session !== undefined) resolve(session)
      // A connection that ended meanwhile took its session with it.
      else reject(new TicketError(isTicketErrorCode(cause.code) ? cause.code : 'session_over', cause))
    }
  }
}

interface Renewing {
  readonly resolve: (session: SocketSession) => void
  readonly reject: (error: TicketError) => void
}

function sourceOf(options: TicketSocketOptions): TicketSource {
  const { tickets, clock, fetch } = options
  if (typeof tickets !== 'object') {
    throw new TypeError('wsticket: "tickets" is missing. Example: { tickets: { url, credential } }')
  }
  if ('grant' in tickets) return tickets
  return ticketSource('take' in tickets ? tickets : { clock, fetch, ...tickets })
}
