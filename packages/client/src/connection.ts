import { CLIENT_ACTIONS, isRefusalCode, REFUSED_PROTOCOL, ticketProtocols } from '@wsticket/protocol'
import { causeOfClose, isLive, start, transition } from './connection-state.js'
import type { Cause, ConnectionState, Input } from './connection-types.js'
import type { Diagnose } from './diagnose.js'
import type { Clock, PageSignal, PageSignals, SocketConstructor, SocketLike } from './environment.js'
import { type Close, ConnectionCloseEvent, StateChangeEvent } from './events.js'
import { type Message, Outbox } from './outbox.js'
import { renewalDelay } from './renewal.js'
import { shownProtocol } from './socket-address.js'
import { SocketEvents } from './socket-events.js'
import { asTicketError, TicketError } from './ticket-error.js'
import type { TicketGrant, TicketSource } from './ticket-source.js'

/** `WebSocket.OPEN`, read from no constructor, since not every runtime has one. */
export const OPEN = 1

// Timers stand still while a machine sleeps and come late in a hidden tab: the clock on the wall is looked at this often.
const TICK_MS = 30_000

// A tick that is later than this was slept through. Hidden tabs get one a minute.
const SLEPT_MS = 90_000

// After a change of networks the server may hold a dead connection for alive until two of its pings went unanswered.
const RECHECK_MS = 60_000

// When a renewal hears that the session is over, the close frame that says why may still be on its way.
const LAST_WORDS_MS = 2000

/** What a connection is made of. */
export interface ConnectionParts {
  readonly url: string
  readonly own: readonly string[]
  readonly tickets: TicketSource
  readonly WebSocket: SocketConstructor
  readonly clock: Clock
  readonly page: PageSignals
  readonly random: () => number
  readonly autoRenew: boolean
  readonly diagnose: Diagnose | undefined
}

/** Carries out what the state machine decides, tells it what came of it, and fires the events of both. */
export abstract class Connection extends SocketEvents {
  readonly #parts: ConnectionParts
  readonly #unlisten: () => void
  #state: ConnectionState
  // Handed out once: a single-use ticket is never presented twice.
  #offer: TicketGrant | undefined
  #user: string | undefined
  // What was written before the source was cleared is not sent by whoever comes next.
  #era: number | undefined
  #ref: string | undefined
  #requests = new AbortController()
  #cancelTick: () => void = () => {}
  #tickSetAt = 0
  #recheckAt = 0
  #clientClose: readonly [code?: number, reason?: string] = []
  protected readonly outbox: Outbox
  /** The socket that is open or on its way; also the one that is still closing after a stop. */
  protected socket: SocketLike | undefined
  protected deadline: number | undefined
  protected kind: BinaryType = 'blob'
  protected selected = ''
  protected negotiated = ''

  protected constructor(parts: ConnectionParts) {
    super()
    this.#parts = parts
    this.outbox = new Outbox(parts.clock)
    this.#era = parts.tickets.era
    this.#state = start(parts.clock.now())
    this.#unlisten = parts.page.listen((signal) => this.#heard(signal))
    this.#entered()
  }

  /** Where the connection is; `state.name` is the short form, `state.cause.code` says why. */
  get state(): ConnectionState {
    return this.#state
  }

  /** Takes one step; `ended` are the events of a connection's end, told after the change that follows from it. */
  protected apply(input: Input, ended?: readonly Event[]): void {
    const { clock, random, page } = this.#parts
    const from = this.#state
    const to = transition(from, input, {
      now: clock.now(),
      random: random(),
      queued: !this.outbox.isEmpty,
      offline: !page.online,
    })
    const events: Event[] = []
    if (to !== from) {
      this.#state = to
      if (from.name === 'waiting' && to.name === 'waiting') {
        // Still the same wait: what looks for its cause goes on, and is not begun again by what it found.
        this.#setTick()
      } else {
        this.#left(from)
        this.#entered()
      }
      events.push(new StateChangeEvent(from, to))
      if (input.type === 'opened') events.push(new Event('open'))
      // A socket tells its end itself; one that was given up, or never was, has it told here.
      const gone = to.name === 'stopped' || (isLive(from) && !isLive(to))
      if (gone && !ended && !this.socket) events.push(...endOf(to, this.#clientClose))
    }
    this.fire(...events, ...(ended ?? []))
  }

  /** Keeps a message until there is a connection. */
  protected keep(message: Message): void {
    this.outbox.add(message, this.#parts.tickets.era)
    this.apply({ type: 'message-queued' })
  }

  /** Ends it for good. */
  protected end(code: number | undefined, reason: string | undefined): void {
    this.#clientClose = code === undefined ? [] : [code, reason ?? '']
    this.apply({ type: 'close' })
  }

  /** Tells what a renewal, or its failure, led to. */
  protected abstract renewalEnded(cause: Cause): void

  /** Gives up what the state before had under way, so that nothing of it arrives later. */
  #left(from: ConnectionState): void {
    const to = this.#state
    this.#requests.abort()
    if (from.name === 'renewing' && to.name !== 'renewing') this.renewalEnded(to.cause)
    const final = to.name === 'stopped'
    if (final || (!isLive(from) && to.history.failures > from.history.failures)) {
      const pathway = 'pathway' in from ? from.pathway : undefined
      this.#parts.tickets.settled?.({ opened: false, pathway, cause: to.cause, final })
    }
    if (isLive(to) || to.name === 'connecting') return
    const { socket } = this
    if (isLive(from) && final) {
      socket?.close(...this.#clientClose)
    } else {
      this.socket = undefined
      socket?.close()
    }
  }

  /** Begins what the state asks for. */
  #entered(): void {
    const state = this.#state
    const { attempt } = state
    this.#requests = new AbortController()
    switch (state.name) {
      case 'fetching':
        this.#fetch(attempt, state.step, state.refresh)
        break
      case 'connecting':
        this.#dial(attempt)
        break
      case 'open':
        this.#flush()
        break
      case 'renewing':
        this.#renew(attempt, state.ref, state.refreshNext)
        break
      case 'waiting':
        this.#diagnose(attempt, state.cause)
        break
      default:
        this.outbox.empty()
        this.#unlisten()
    }
    this.#setTick()
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

  #fetch(attempt: number, step: 'ticket' | 'config', refresh: boolean): void {
    const { tickets } = this.#parts
    const failed = (cause: Cause): void => this.apply({ type: 'failed', attempt, cause })
    if (step === 'ticket') {
      this.#request(
        (signal) => tickets.grant({ refresh, signal }),
        (grant) => {
          const { ref, user = this.#user, pathway = 'ticket' } = grant
          // Nothing that one user wrote is sent as another.
          if (tickets.era !== this.#era) this.outbox.keepOnly(tickets.era)
          else if (user !== this.#user && this.#user !== undefined) this.outbox.empty()
          this.#user = user
          this.#era = tickets.era
          this.#ref = ref
          this.#offer = grant
          this.apply({ type: 'ticket-fetched', attempt, ref, pathway })
        },
        failed,
      )
    } else {
      this.#request(
        async (signal) => await tickets.pathways?.({ signal }),
        (open = []) => this.apply({ type: 'config-read', attempt, pathwayOpen: open.includes('ticket') }),
        failed,
      )
    }
  }

  #dial(attempt: number): void {
    const { url, own, WebSocket, tickets } = this.#parts
    const { ticket = '', carriedBy, credentialExpiresAt, pathway = 'ticket' } = this.#offer ?? {}
    this.#offer = undefined
    let socket: SocketLike
    try {
      socket = new WebSocket(url, [...(carriedBy ?? ticketProtocols(ticket)), REFUSED_PROTOCOL, ...own])
    } catch {
      // The runtime forbids the address, as a page's security policy may. Told later, as any other failure is.
      queueMicrotask(() => this.apply({ type: 'failed', attempt, cause: { code: 'connection_failed' } }))
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
      this.deadline = credentialExpiresAt
      tickets.settled?.({ opened: true, pathway })
      this.apply({ type: 'opened', attempt, renewAt: this.#renewAt() })
    })
    socket.addEventListener('message', ({ data }) => {
      if (!isOpen || this.socket !== socket) return
      this.fire(new MessageEvent('message', { data, origin: new URL(url).origin }))
    })
    socket.addEventListener('close', (close) => {
      if (this.socket !== socket) return
      this.socket = this.deadline = undefined
      const ended = isOpen ? endEvents(close, !close.wasClean) : undefined
      this.apply({ type: 'failed', attempt, cause: causeOfClose(close, isOpen) }, ended)
    })
  }

  #renew(attempt: number, ref: string | undefined, refresh: boolean): void {
    const { clock, tickets } = this.#parts
    this.#request(
      async (signal) => {
        if (!tickets.renew || ref === undefined) throw new TicketError('pathway_disabled')
        return await tickets.renew(ref, { refresh, signal })
      },
      ({ deadline, credentialExpiresAt = deadline }) => {
        // The server lives on for its clock skew; what counts here, before and after a renewal, is the end of the JWT.
        this.deadline = Math.min(deadline, credentialExpiresAt)
        this.apply({ type: 'renewed', attempt, renewAt: this.#renewAt() })
      },
      (cause) => {
        const { deadline = Number.POSITIVE_INFINITY } = this
        // Nobody remembers it: slept through, it was over long ago.
        const over = cause.code === 'session_over' || (cause.code === 'not_found' && deadline < clock.now())
        if (!over) return this.apply({ type: 'renewal-failed', attempt, cause })
        const lost: Cause = { ...cause, code: 'session_over' }
        clock.after(LAST_WORDS_MS, () => this.apply({ type: 'renewal-failed', attempt, cause: lost }))
      },
    )
  }

  #diagnose(attempt: number, cause: Cause): void {
    const { diagnose, url, tickets } = this.#parts
    if (!diagnose || (cause.code !== 'connection_failed' && cause.code !== 'network_unreachable')) return
    this.#request(
      (signal) => diagnose({ url, ref: this.#ref, cause, tickets, signal }),
      (found) => found && this.apply({ type: 'diagnosed', attempt, cause: found }),
      // What cannot be found out is left as it is.
      () => {},
    )
  }

  /** Drops what comes after the state has been left. */
  #request<Answer>(
    ask: (signal: AbortSignal) => Promise<Answer>,
    answered: (answer: Answer) => void,
    failed: (cause: Cause) => void,
  ): void {
    const { signal } = this.#requests
    // A microtask later, so that no callback of the application runs inside its own call. What a listener throws is nobody's to
    // catch: it shows as an unhandled rejection.
    void Promise.resolve()
      .then(() => ask(signal))
      .then(
        (answer) => {
          if (!signal.aborted) answered(answer)
        },
        (thrown: unknown) => {
          if (!signal.aborted) failed(causeOf(thrown))
        },
      )
  }

  #renewAt(): number | undefined {
    const { autoRenew, tickets, clock, random } = this.#parts
    if (!autoRenew || !tickets.renew || this.#ref === undefined) return undefined
    const now = clock.now()
    const { deadline } = this
    const delay =
      deadline === undefined ? undefined : renewalDelay({ endsAt: deadline, now, random: random() })
    const due = [delay === undefined ? 0 : now + delay, this.#recheckAt].filter((at) => at > now)
    return due.length > 0 ? Math.min(...due) : undefined
  }

  /** Looks at the clock again in a while: when the state is due, or earlier, since timers are late or stand still. */
  #setTick(): void {
    this.#cancelTick()
    const { clock } = this.#parts
    const { until } = this.#state
    const now = clock.now()
    this.#tickSetAt = now
    if (until === undefined && !isLive(this.#state)) return
    const left = until === undefined ? TICK_MS : Math.min(TICK_MS, Math.max(0, until - now))
    this.#cancelTick = clock.after(left, () => this.#tick())
  }

  #tick(): void {
    const { until } = this.#state
    const now = this.#parts.clock.now()
    const slept = now - this.#tickSetAt > SLEPT_MS
    // A clock that was put back would let it wait for hours: what is due by the old one is done now.
    if (until !== undefined && (until <= now || now < this.#tickSetAt)) {
      this.apply({ type: 'timer' })
    } else {
      this.#setTick()
      if (slept) this.#woke()
    }
  }

  #heard(signal: PageSignal): void {
    if (signal === 'online') this.#recheckAt = this.#parts.clock.now() + RECHECK_MS
    this.#tick()
    if (signal === 'online' || this.#state.name === 'waiting') this.#woke()
  }

  #woke(): void {
    const { tickets, autoRenew } = this.#parts
    const state = this.#state
    // Only a renewal can tell whether the server still holds what looks open here.
    if (!isLive(state) || (autoRenew && tickets.renew && state.ref !== undefined))
      this.apply({ type: 'woke' })
  }
}

/** The end of a connection that no socket tells. */
function endOf(
  { name, cause }: ConnectionState,
  [code = 1000, reason = '']: readonly [code?: number, reason?: string],
): Event[] {
  if (name !== 'stopped') return endEvents({ code: 1006, reason: '', wasClean: false }, true)
  if (cause.code === 'closed_by_client') return endEvents({ code, reason, wasClean: true }, false)
  // What exists over HTTP only is told as Forbidden: a bare 1006 would hide the reason.
  const forbidden = !isRefusalCode(cause.code) || !/^(fetch|refresh)/.test(CLIENT_ACTIONS[cause.code])
  const { code: said, closeCode = forbidden ? 3003 : 3000 } = cause
  return endEvents({ code: closeCode, reason: said, wasClean: true }, true)
}

function endEvents(close: Close, failed: boolean): Event[] {
  return [...(failed ? [new Event('error')] : []), new ConnectionCloseEvent('close', close)]
}

function causeOf(thrown: unknown): Cause {
  const { code, retryAfterSeconds, detail } = asTicketError(thrown)
  return {
    code,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(detail !== undefined && { detail }),
  }
}
