import { REFUSED_PROTOCOL, ticketCarriers } from '@wsticket/protocol'
import { causeOfClose, isLive, start, transition } from './connection-state.js'
import type { Cause, ConnectionState, Input, Moment } from './connection-types.js'
import type { Clock, SocketConstructor, SocketLike } from './environment.js'
import { type Close, ConnectionCloseEvent, StateChangeEvent } from './events.js'
import type { GrantOptions, Grants, TicketGrant } from './grants.js'
import { type Message, Outbox } from './outbox.js'
import { shownProtocol } from './socket-address.js'
import { SocketEvents } from './socket-events.js'
import { asTicketError } from './ticket-error.js'

/** `WebSocket.OPEN`, read from no constructor, since not every runtime has one. */
export const OPEN = 1

/** What a connection is made of. */
export interface ConnectionParts {
  readonly url: string
  readonly own: readonly string[]
  readonly tickets: Grants
  readonly WebSocket: SocketConstructor
  readonly clock: Clock
  readonly random: () => number
}

/** Carries out what the state machine decides, tells it what came of it, and fires the events of both. */
export abstract class Connection extends SocketEvents {
  protected readonly parts: ConnectionParts
  #state: ConnectionState
  #requests = new AbortController()
  #cancelTimer: () => void = () => {}
  #clientClose: readonly [code?: number, reason?: string] = []
  protected readonly outbox: Outbox
  /** The socket that is open or on its way; also the one that is still closing after a stop. */
  protected socket: SocketLike | undefined
  /** What came last from the source. Its secret is handed out once: a single-use ticket is never presented twice. */
  protected granted: TicketGrant | undefined
  protected kind: BinaryType = 'blob'
  protected selected = ''
  protected negotiated = ''

  protected constructor(parts: ConnectionParts) {
    super()
    this.parts = parts
    this.outbox = new Outbox(parts.clock)
    const first = start(parts.clock.now())
    this.#state = first
    // A microtask later, when whoever extends this is whole.
    queueMicrotask(() => {
      if (this.#state === first) this.#enter(first)
    })
  }

  /** Where the connection is; `state.name` is the short form, `state.cause.code` says why. */
  get state(): ConnectionState {
    return this.#state
  }

  /** Takes one step; `ended` is how a connection ended, told after the change that follows from it. */
  protected apply(input: Input, ended?: Close): void {
    const { clock, random } = this.parts
    const from = this.#state
    const moment: Moment = { now: clock.now(), random: random(), queued: !this.outbox.isEmpty }
    const to = this.next(from, input, moment)
    if (to !== from) {
      this.#state = to
      // Told first, whatever follows from it is told later: whoever is told of the state that was left may close it.
      this.events.push(new StateChangeEvent(from, to))
      // Waiting goes on as the same wait, whatever is learned about it.
      if (from.name !== 'waiting' || to.name !== 'waiting') {
        this.#requests.abort()
        this.#requests = new AbortController()
        this.left(from, to)
        if (this.#state === to) this.#enter(to)
      } else {
        this.setTimer()
      }
      if (input.type === 'opened') this.events.push(new Event('open'))
    }
    // A socket tells its end itself; one that was given up, or never was, has it told here.
    const gone = to !== from && (to.name === 'stopped' || (isLive(from) && !isLive(to)))
    const close = ended ?? (gone && !this.socket ? endOf(to, this.#clientClose) : undefined)
    if (close) {
      if (!close.wasClean) this.events.push(new Event('error'))
      this.events.push(new ConnectionCloseEvent('close', close))
    }
    this.fire()
  }

  /** Takes what the source gave. Nothing that one user wrote is sent as another. */
  protected received(granted: TicketGrant): void {
    const before = this.granted?.user
    const { user = before } = granted
    if (before && user !== before) this.outbox.empty()
    this.granted = { ...granted, user }
  }

  /** Decides on the next state. */
  protected next(from: ConnectionState, input: Input, moment: Moment): ConnectionState {
    return transition(from, input, moment)
  }

  /** Gives up the socket of a state that was left. */
  protected left(from: ConnectionState, to: ConnectionState): void {
    const { socket } = this
    if (isLive(to) || to.name === 'connecting') return
    if (isLive(from) && to.name === 'stopped') {
      socket?.close(...this.#clientClose)
    } else {
      this.socket = undefined
      socket?.close()
    }
  }

  /** Begins what a state asks for. */
  protected entered(state: ConnectionState): void {
    const { name, attempt } = state
    if (name === 'fetching') this.#fetch(attempt, { refresh: state.refresh })
    else if (name === 'connecting') this.#dial(attempt)
    else if (name === 'open') this.#flush()
    else if (name === 'stopped') this.outbox.empty()
  }

  /** Has it moved on when it is due, at the latest. */
  protected setTimer(): void {
    const { until } = this.#state
    this.after(until && until - this.parts.clock.now(), () => this.apply({ type: 'timer' }))
  }

  /** Sets the one timer that there is; without a time, none. */
  protected after(milliseconds: number | undefined, callback: () => void): void {
    this.#cancelTimer()
    if (milliseconds !== undefined) {
      this.#cancelTimer = this.parts.clock.after(Math.max(0, milliseconds), callback)
    }
  }

  /** Asks, and drops the answer that comes after the state has been left. */
  protected request<Answer>(
    ask: (signal: AbortSignal) => Promise<Answer>,
    answered: (answer: Answer) => void,
    failed: (cause: Cause) => void,
  ): void {
    const { signal } = this.#requests
    // A microtask later, so that no callback of the application runs inside its own call. What a listener throws is nobody's to
    // catch: it shows as an unhandled rejection.
    void Promise.resolve()
      .then(() => {
        // Who closes it on hearing of the state before wants nothing asked for.
        signal.throwIfAborted()
        return ask(signal)
      })
      .then(
        (answer) => {
          if (!signal.aborted) answered(answer)
        },
        (thrown: unknown) => {
          if (!signal.aborted) failed(causeOf(thrown))
        },
      )
  }

  /** Keeps a message until there is a connection. */
  protected keep(message: Message): void {
    this.outbox.add(message)
    this.apply({ type: 'message-queued' })
  }

  /** Ends it for good. */
  protected end(code: number | undefined, reason = ''): void {
    if (code !== undefined) this.#clientClose = [code, reason]
    this.apply({ type: 'close' })
  }

  #enter(state: ConnectionState): void {
    this.entered(state)
    this.setTimer()
  }

  #flush(): void {
    const { socket } = this
    if (socket?.readyState !== OPEN) return
    try {
      this.outbox.flush((message) => socket.send(message))
    } catch (thrown) {
      // No browser's does. What cannot be sent stays, and is told as any uncaught error; the connection is open all the same.
      queueMicrotask(() => {
        throw thrown
      })
    }
  }

  #fetch(attempt: number, options: GrantOptions): void {
    const { tickets } = this.parts
    this.request(
      (signal) => tickets.grant({ ...options, signal, by: this }),
      (granted) => {
        const { ref, pathway = 'ticket' } = granted
        this.received(granted)
        this.apply({ type: 'ticket-fetched', attempt, ref, pathway })
      },
      (cause) => this.apply({ type: 'failed', attempt, cause }),
    )
  }

  #dial(attempt: number): void {
    const { url, own, WebSocket } = this.parts
    const { ticket = '', carriedBy, ...rest } = this.granted ?? {}
    this.granted = { ...rest, ticket: '' }
    let socket: SocketLike
    try {
      socket = new WebSocket(url, [...(carriedBy ?? ticketCarriers(ticket)), REFUSED_PROTOCOL, ...own])
    } catch (thrown) {
      // A subprotocol that is none will never be one; an address that the page's policy forbids looks elsewhere as any that fails.
      const wrong = thrown instanceof Error && thrown.name === 'SyntaxError'
      const cause: Cause = { code: wrong ? 'request_invalid' : 'connection_failed' }
      // Told later, as any other failure is.
      queueMicrotask(() => this.apply({ type: 'failed', attempt, cause }))
      return
    }
    this.socket = socket
    socket.binaryType = this.kind
    let isOpen = false
    // Without a listener, `ws` throws; whatever it says, `close` follows.
    socket.addEventListener('error', () => {})
    socket.addEventListener('open', () => {
      // One that was opened only to be refused is no connection.
      if (this.socket !== socket || socket.protocol === REFUSED_PROTOCOL) return
      isOpen = true
      this.selected = shownProtocol(socket.protocol)
      this.negotiated = socket.extensions
      this.apply({ type: 'opened', attempt })
    })
    socket.addEventListener('message', ({ data }) => {
      // After a logout nobody gets what was on its way, as with any WebSocket that closes.
      if (this.socket !== socket || !isLive(this.#state)) return
      this.fire(new MessageEvent('message', { data, origin: new URL(url).origin }))
    })
    socket.addEventListener('close', (close) => {
      if (this.socket !== socket) return
      this.socket = undefined
      this.apply({ type: 'failed', attempt, cause: causeOfClose(close, isOpen) }, isOpen ? close : undefined)
    })
  }
}

/** The end of a connection that no socket tells. */
function endOf(
  { name, cause }: ConnectionState,
  [code = 1000, reason = '']: readonly [code?: number, reason?: string],
): Close {
  if (name !== 'stopped') return { code: 1006, reason: '', wasClean: false }
  if (cause.code === 'closed_by_client') return { code, reason, wasClean: true }
  // What exists over HTTP only is told as Unauthorized or Forbidden: a bare 1006 would hide the reason.
  const unauthorized = cause.code === 'credential_missing' || cause.code === 'credential_invalid'
  return { code: cause.closeCode ?? (unauthorized ? 3000 : 3003), reason: cause.code, wasClean: false }
}

function causeOf(thrown: unknown): Cause {
  const { code, retryAfterSeconds, detail } = asTicketError(thrown)
  return { code, retryAfterSeconds, detail }
}
