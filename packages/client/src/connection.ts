import { formatCloseReason, isRefusalCode, REFUSALS, ticketProtocols } from '@wsticket/protocol'
import { start, transition } from './connection-state.js'
import type { Cause, ConnectionState, Effect, Input, StateChange } from './connection-types.js'
import { type Close, dial } from './dial.js'
import type { Clock, SocketConstructor, SocketLike } from './environment.js'
import type { Outbox } from './outbox.js'
import { renewalDelay } from './renewal.js'
import { TicketError } from './ticket-error.js'
import { asTicketError } from './ticket-requests.js'
import type { Renewal, TicketGrant, TicketSource } from './ticket-source.js'

/** `WebSocket.OPEN`, read from no constructor, since not every runtime has one. */
export const OPEN = 1

/** What a connection tells its owner, after the fact. */
export type Announcement =
  | { readonly type: 'changed'; readonly change: StateChange }
  | { readonly type: 'opened' }
  /** Something went wrong that a `WebSocket` would fire `error` for; `closed` follows. */
  | { readonly type: 'failed' }
  /** An open connection ended, or the client stopped without one. */
  | { readonly type: 'closed'; readonly close: Close }

/** What a connection is made of. */
export interface ConnectionParts {
  readonly url: string
  readonly own: readonly string[]
  readonly tickets: TicketSource
  readonly outbox: Outbox
  readonly WebSocket: SocketConstructor
  readonly clock: Clock
  readonly random: () => number
  readonly autoRenew: boolean
  readonly received: (data: unknown) => void
  /** Takes what belongs to one step at once, so that what a listener does in between cannot come first. */
  readonly announce: (announcements: readonly Announcement[]) => void
}

/** Carries out what the state machine decides, and tells it what came of it. */
export class Connection {
  readonly #parts: ConnectionParts
  #state: ConnectionState
  #socket: SocketLike | undefined
  #cancelTimer: () => void = () => {}
  #requests = new AbortController()
  #grant: TicketGrant | undefined
  // Handed out once: a single-use ticket is never presented twice.
  #ticket: string | undefined
  #deadline: number | undefined
  #binaryType: BinaryType = 'blob'
  #clientClose: { readonly code?: number | undefined; readonly reason?: string | undefined } = {}

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    const step = start()
    this.#state = step.state
    for (const effect of step.effects) this.#perform(effect)
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** The socket that is open or on its way; also the one that is still closing after a stop. */
  get socket(): SocketLike | undefined {
    return this.#socket
  }

  /** When the session ends unless it is renewed, in milliseconds since 1970, as far as that is known. */
  get deadline(): number | undefined {
    return this.#deadline
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  set binaryType(type: BinaryType) {
    this.#binaryType = type
    if (this.#socket !== undefined) this.#socket.binaryType = type
  }

  messageQueued(): void {
    this.#apply({ type: 'message-queued' })
  }

  renew(): void {
    this.#apply({ type: 'renew' })
  }

  close(code: number | undefined, reason: string | undefined): void {
    this.#clientClose = { code, reason }
    this.#apply({ type: 'close', code, reason })
  }

  #apply(input: Input, ended: readonly Announcement[] = []): void {
    const { clock, random, outbox, announce } = this.#parts
    const { state, change, effects } = transition(this.#state, input, {
      now: clock.now(),
      random: random(),
      queued: !outbox.isEmpty,
    })
    const announcements: Announcement[] = []
    if (change !== undefined) {
      this.#state = state
      for (const effect of effects) this.#perform(effect)
      announcements.push({ type: 'changed', change })
      if (input.type === 'socket-opened') announcements.push({ type: 'opened' })
      // An open socket tells its end itself, and one that just did has `ended`.
      const silent = this.#socket === undefined && ended.length === 0
      if (state.name === 'stopped' && silent) announcements.push(...this.#endOf(state.cause))
    }
    announce([...announcements, ...ended])
  }

  #endOf(cause: Cause): Announcement[] {
    const closed: Announcement = { type: 'closed', close: this.#closeWithoutSocket(cause) }
    return cause.code === 'closed_by_client' ? [closed] : [{ type: 'failed' }, closed]
  }

  #closeWithoutSocket(cause: Cause): Close {
    if (isRefusalCode(cause.code)) {
      // What exists over HTTP only is told as Forbidden: a bare 1006 would hide the reason.
      const code = REFUSALS[cause.code].close ?? 3003
      return { code, reason: formatCloseReason(cause.code, cause.retryAfterSeconds), wasClean: true }
    }
    const { code = cause.closeCode ?? 1000, reason = '' } = this.#clientClose
    return { code, reason, wasClean: true }
  }

  #perform(effect: Effect): void {
    const { tickets, clock, outbox } = this.#parts
    switch (effect.type) {
      case 'fetch-ticket':
        this.#request(
          (signal) => tickets.grant({ refresh: effect.refresh, signal }),
          (grant) => this.#ticketFetched(effect.attempt, grant),
          (cause) => this.#apply({ type: 'fetch-failed', attempt: effect.attempt, cause }),
        )
        return
      case 'ask-config':
        this.#request(
          async (signal) => (await tickets.pathways?.({ signal })) ?? [],
          (open) =>
            this.#apply({
              type: 'config-read',
              attempt: effect.attempt,
              pathwayOpen: open.includes('ticket'),
            }),
          (cause) => this.#apply({ type: 'fetch-failed', attempt: effect.attempt, cause }),
        )
        return
      case 'renew':
        this.#request(
          (signal) => this.#requestRenewal(effect.refresh, signal),
          (renewal) => this.#renewed(effect.attempt, renewal),
          (cause) => this.#apply({ type: 'renewal-failed', attempt: effect.attempt, cause }),
        )
        return
      case 'abort-requests':
        this.#requests.abort()
        return
      case 'dial':
        this.#dial(effect.attempt)
        return
      case 'set-timer':
        this.#cancelTimer()
        this.#cancelTimer = clock.after(effect.delayMs, () =>
          this.#apply({ type: 'timer', attempt: effect.attempt }),
        )
        return
      case 'clear-timer':
        this.#cancelTimer()
        return
      case 'close-socket':
        this.#socket?.close(effect.code, effect.reason)
        return
      case 'drop-socket': {
        const socket = this.#socket
        this.#socket = undefined
        socket?.close()
        return
      }
      case 'flush-outbox':
        outbox.flush((message) => this.#socket?.send(message))
        return
      case 'empty-outbox':
        outbox.empty()
        return
    }
  }

  /** Drops what comes after an abort: the state has moved on. */
  #request<Answer>(
    ask: (signal: AbortSignal) => Promise<Answer>,
    answered: (answer: Answer) => void,
    failed: (cause: Cause) => void,
  ): void {
    this.#requests = new AbortController()
    const { signal } = this.#requests
    // A microtask later, so that no callback of the application runs inside its own call.
    Promise.resolve()
      .then(() => ask(signal))
      .then(
        (answer) => {
          if (!signal.aborted) answered(answer)
        },
        (thrown: unknown) => {
          if (!signal.aborted) failed(causeOf(asTicketError(thrown)))
        },
      )
      .catch(surface)
  }

  #ticketFetched(attempt: number, grant: TicketGrant): void {
    const before = this.#grant?.user
    this.#grant = { ...grant, user: grant.user ?? before }
    this.#ticket = grant.ticket
    this.#deadline = grant.credentialExpiresAt
    const userChanged = before !== undefined && grant.user !== undefined && grant.user !== before
    this.#apply({ type: 'ticket-fetched', attempt, ref: grant.ref, userChanged })
  }

  #dial(attempt: number): void {
    const { url, own, WebSocket, received } = this.#parts
    if (this.#ticket === undefined) return
    const protocols = ticketProtocols(this.#ticket, { own, refusals: true })
    this.#ticket = undefined
    this.#socket = dial(
      WebSocket,
      { url, protocols, binaryType: this.#binaryType },
      {
        opened: (socket) => {
          if (this.#socket !== socket) return
          this.#apply({ type: 'socket-opened', attempt, renewInMs: this.#renewInMs(this.#deadline) })
        },
        received: (socket, data) => {
          if (this.#socket === socket) received(data)
        },
        closed: (socket, close, wasOpen) => {
          if (this.#socket === socket) this.#socketClosed(attempt, close, wasOpen)
        },
      },
    )
    if (this.#socket !== undefined) return
    // Told later, as any other failure of a handshake is.
    queueMicrotask(() => this.#apply({ type: 'socket-closed', attempt, code: 1006, reason: '' }))
  }

  #socketClosed(attempt: number, close: Close, wasOpen: boolean): void {
    this.#socket = undefined
    this.#deadline = undefined
    const ended: Announcement[] = wasOpen ? [{ type: 'closed', close }] : []
    if (wasOpen && !close.wasClean) ended.unshift({ type: 'failed' })
    this.#apply({ type: 'socket-closed', attempt, code: close.code, reason: close.reason }, ended)
  }

  async #requestRenewal(refresh: boolean, signal: AbortSignal): Promise<Renewal> {
    const { tickets } = this.#parts
    const ref = this.#grant?.ref
    if (tickets.renew === undefined || ref === undefined) throw new TicketError('not_found')
    return await tickets.renew(ref, { refresh, signal })
  }

  #renewed(attempt: number, { deadline, credentialExpiresAt }: Renewal): void {
    // The server lives on for its clock skew; what counts here, before and after a renewal, is the end of the JWT.
    this.#deadline = Math.min(deadline, credentialExpiresAt ?? deadline)
    this.#apply({ type: 'renewed', attempt, renewInMs: this.#renewInMs(this.#deadline) })
  }

  #renewInMs(endsAt: number | undefined): number | undefined {
    const { clock, random, autoRenew, tickets } = this.#parts
    if (!autoRenew || endsAt === undefined || tickets.renew === undefined) return undefined
    return renewalDelay({ endsAt, now: clock.now(), random: random() })
  }
}

/** Shows a defect of this package as an uncaught error, with its stack, rather than to nobody. */
function surface(defect: unknown): void {
  queueMicrotask(() => {
    throw defect
  })
}

function causeOf(error: TicketError): Cause {
  const { code, retryAfterSeconds, detail } = error
  return {
    code,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(detail === undefined ? {} : { detail }),
  }
}
