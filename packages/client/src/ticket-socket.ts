import { Connection, OPEN } from './connection.js'
import { isLive } from './connection-state.js'
import type { Cause } from './connection-types.js'
import type { Diagnose } from './diagnose.js'
import {
  type Clock,
  clockOr,
  type Fetch,
  type PageSignals,
  type SocketConstructor,
  socketConstructorOr,
} from './environment.js'
import { byteLength, copyOf, type Message } from './outbox.js'
import { pageOr } from './page-signals.js'
import { ownProtocols, socketAddress } from './socket-address.js'
import { isTicketErrorCode, TicketError } from './ticket-error.js'
import { type TicketSource, type TicketSourceOptions, ticketSource } from './ticket-source.js'

/** How a {@link TicketSocket} connects. */
export interface TicketSocketOptions {
  /** Where tickets come from: options for one of its own, or a source that others use too. */
  readonly tickets: TicketSource | TicketSourceOptions
  /** The application's own subprotocols, in the order of preference. @default none */
  readonly protocols?: string | readonly string[] | undefined
  /**
   * Whether the session is renewed by itself: shortly before the JWT behind it ends, and to find out after a sleep or a change of
   * networks whether it still is there. @default true
   */
  readonly autoRenew?: boolean | undefined
  /** Finds out why connections fail that nobody explains: `diagnosis()` of `@wsticket/client/diagnosis`. @default none */
  readonly diagnose?: Diagnose | undefined
  /** @default the runtime's */
  readonly WebSocket?: SocketConstructor | undefined
  /** @default the runtime's */
  readonly fetch?: Fetch | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
  /** @default the page's */
  readonly page?: PageSignals | undefined
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
export class TicketSocket extends Connection implements WebSocket {
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
  readonly #canRenew: boolean
  readonly #renewals: Renewing[] = []
  #discardedBytes = 0

  constructor(url: string | URL, options: TicketSocketOptions) {
    const address = socketAddress(url)
    const tickets = sourceOf(options)
    super({
      url: address,
      own: ownProtocols(options.protocols ?? []),
      tickets,
      WebSocket: socketConstructorOr(options.WebSocket),
      clock: clockOr(options.clock),
      page: pageOr(options.page),
      random: options.random ?? Math.random,
      autoRenew: options.autoRenew !== false,
      diagnose: options.diagnose,
    })
    this.url = address
    this.#canRenew = tickets.renew !== undefined
  }

  /** The session that is open now, or `undefined` between connections. */
  get session(): SocketSession | undefined {
    const { state, deadline } = this
    return isLive(state) ? { ref: state.ref, deadline } : undefined
  }

  get readyState(): 0 | 1 | 2 | 3 {
    const { state, socket } = this
    if (isLive(state)) return socket?.readyState === OPEN ? OPEN : this.CLOSING
    if (state.name !== 'stopped') return this.CONNECTING
    return socket ? this.CLOSING : this.CLOSED
  }

  /** The application's own subprotocol that the server selected last; `''` if none. */
  get protocol(): string {
    return this.selected
  }

  get extensions(): string {
    return this.negotiated
  }

  /** Bytes that no network has taken yet: those in the outbox, and what was sent after the end. */
  get bufferedAmount(): number {
    return this.outbox.bytes + this.#discardedBytes + (this.socket?.bufferedAmount ?? 0)
  }

  get binaryType(): BinaryType {
    return this.kind
  }

  set binaryType(type: BinaryType) {
    if (type !== 'blob' && type !== 'arraybuffer') return
    this.kind = type
    if (this.socket) this.socket.binaryType = type
  }

  /**
   * Sends a message, or keeps it until there is a connection. Throws `OutboxFullError` if 256 messages, 1 MiB or a message
   * older than a minute wait already. After the end it does what a `WebSocket` does: nothing.
   */
  send(given: Message): void {
    // As a `WebSocket` does with what is none of these.
    const data = isBinary(given) ? given : String(given)
    if (this.readyState === OPEN) {
      this.socket?.send(copyOf(data))
    } else if (this.state.name === 'stopped') {
      this.#discardedBytes += byteLength(data)
    } else {
      this.keep(data)
    }
  }

  /** Ends it for good; what waits in the outbox is forgotten. */
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException('A close code must be 1000 or from 3000 to 4999', 'InvalidAccessError')
    }
    if (reason !== undefined && byteLength(reason) > 123) {
      throw new DOMException('A close reason has at most 123 bytes', 'SyntaxError')
    }
    this.end(code, reason)
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

function isBinary(given: unknown): given is Exclude<Message, string> {
  return given instanceof Blob || (given instanceof Object && 'byteLength' in given)
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
