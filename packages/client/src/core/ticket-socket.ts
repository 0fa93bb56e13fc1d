import { Connection, OPEN } from './connection.js'
import { isLive } from './connection-state.js'
import { type Clock, clockOr, required, type SocketConstructor } from './environment.js'
import type { GrantSource, TicketRoute } from './grants.js'
import { byteLength, copyOf, type Message } from './outbox.js'
import { socketAddress } from './socket-address.js'
import { routeGrants } from './ticket-route.js'

/** How a {@link TicketSocket} of the core connects. */
export interface CoreTicketSocketOptions {
  /** Where tickets come from: the server's route, or a source. */
  readonly tickets: GrantSource | TicketRoute
  /** The application's own subprotocols, in the order of preference. @default none */
  readonly protocols?: string | readonly string[] | undefined
  /** @default the runtime's */
  readonly WebSocket?: SocketConstructor | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
  /** Gives numbers from 0 (inclusive) to 1 (exclusive). @default Math.random */
  readonly random?: (() => number) | undefined
}

/**
 * A `WebSocket` that authenticates with single-use tickets and comes back by itself, each time with a fresh one.
 *
 * This one is the core, for pages that count bytes: it comes back when its session ends instead of renewing it, and hears
 * nothing of sleep, hidden tabs and networks. The one of `@wsticket/client` does; what both add to a `WebSocket` is said there.
 * It is for one user: when another one comes, close it and make a new one.
 *
 * @example
 * const socket = new TicketSocket('wss://api.example.com/ws', {
 *   tickets: { url: 'https://api.example.com/api/websocket/ticket', credential: () => auth.accessToken() },
 * })
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

  constructor(url: string | URL, options: CoreTicketSocketOptions) {
    const address = socketAddress(url)
    const { tickets } = options
    if (!(tickets && ('grant' in tickets || (typeof tickets.credential === 'function' && tickets.url))))
      throw new TypeError('wsticket: "tickets" must be { url, credential() }')
    super({
      url: address,
      own: [options.protocols ?? []].flat(),
      tickets: 'grant' in tickets ? tickets : routeGrants(tickets),
      WebSocket: options.WebSocket ?? required('WebSocket'),
      clock: clockOr(options.clock),
      random: options.random ?? Math.random,
    })
    this.url = address
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

  /** Bytes that no network has taken yet: those in the outbox, and those that the socket holds. */
  get bufferedAmount(): number {
    return this.outbox.bytes + (this.socket?.bufferedAmount ?? 0)
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
  send(message: Message): void {
    if (this.readyState === OPEN) this.socket?.send(copyOf(message))
    else if (this.state.name !== 'stopped') this.keep(message)
  }

  /** Ends it for good; what waits in the outbox is forgotten. */
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code < 5000)) {
      throw new DOMException('code: 1000, 3000-4999', 'InvalidAccessError')
    }
    if (reason !== undefined && byteLength(reason) > 123) {
      throw new DOMException('reason: over 123 bytes', 'SyntaxError')
    }
    this.end(code, reason)
  }
}
