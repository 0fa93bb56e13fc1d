import {
  type Cause,
  type ConnectionState,
  OutboxFullError,
  type SocketConstructor,
  type StateChange,
  TicketSocket,
  type TicketSocketOptions,
  type TicketSource,
} from '@wsticket/client'
import { diagnosis } from '@wsticket/client/diagnosis'
import { type Downgrade, withFallback } from '@wsticket/client/fallback'
import { readConnectedMessage } from '../wire/connected-message.js'
import { firstHappening, happeningsOf } from './happenings.js'
import { nodeHappening } from './node-happening.js'
import { downgradeHappening, recoveryHappening } from './pathway-happenings.js'
import { replayHappening, replayTicket } from './replay.js'
import { BLANK_STUB, type Print, printOf, type Stub, stubAfter } from './stub.js'
import { type SocketTap, tapSockets } from './tapped-sockets.js'
import { addHappenings, type Happening, type TimelineEntry } from './timeline.js'
import { troubleAfter } from './trouble.js'
import { watchTickets } from './watched-tickets.js'

export interface ChatConnectionOptions {
  /** Where to connect; a relative address is taken as the page has it. */
  readonly url: string
  readonly tickets: TicketSource
  readonly WebSocket: SocketConstructor
  readonly now: () => number
  readonly random?: TicketSocketOptions['random']
}

/** What the page shows of the connection. */
export interface ConnectionSnapshot {
  /** `undefined` before the start. */
  readonly state: ConnectionState | undefined
  /** Since when its `until` is what it is, in milliseconds since 1970. */
  readonly since: number
  /** What keeps it from being connected, if that is worth a word. */
  readonly trouble: Cause | undefined
  /** What is presented in place of tickets, and until when. */
  readonly downgrade: Downgrade | undefined
  readonly stub: Stub
  /** The newest first. */
  readonly timeline: readonly TimelineEntry[]
  /** When the session ends unless it is renewed, in milliseconds since 1970. */
  readonly endsAt: number | undefined
  readonly replay: 'none' | 'ready' | 'running'
  /** Which of several nodes holds the socket, or held it last; absent where the server has no name. */
  readonly node?: string
}

/** What became of a text: sent, kept until there is a connection, or not taken. */
export type SendOutcome = 'sent' | 'waiting' | 'full' | 'over'

/** The page's connection: a `TicketSocket`, what happened to it, and the means to disturb it. */
export class ChatConnection {
  readonly #options: ChatConnectionOptions
  readonly #tap: SocketTap
  readonly #tickets: TicketSource
  readonly #listeners = new Set<() => void>()
  readonly #messageListeners = new Set<(data: unknown) => void>()
  readonly #changeListeners = new Set<(change: StateChange) => void>()
  #socket: TicketSocket | undefined
  #snapshot: ConnectionSnapshot = {
    state: undefined,
    since: 0,
    trouble: undefined,
    downgrade: undefined,
    stub: BLANK_STUB,
    timeline: [],
    endsAt: undefined,
    replay: 'none',
  }
  #print: Print | undefined
  // The tickets themselves, in memory: the one on its way, and the last one that was used, which is worth nothing any
  // more but to show that.
  #presented: string | undefined
  #used: string | undefined
  #loggingOut = false
  // A node says its name in the first message of a socket, and nothing else is looked at for it.
  #greeted = false
  // When the socket was lost, in milliseconds since 1970, until there is another one.
  #lostAt: number | undefined
  // What was found out last about why there is none, until there is one.
  #found: Cause | undefined

  constructor(options: ChatConnectionOptions) {
    this.#options = options
    this.#tap = tapSockets(options.WebSocket)
    const tickets = withFallback(options.tickets, {
      // As far as the server goes along, and by itself it does not at all.
      anonymous: true,
      onDowngrade: (downgrade) => this.#show({ downgrade }, downgradeHappening(downgrade)),
      onRecover: (recovery) => this.#show({ downgrade: undefined }, recoveryHappening(recovery)),
    })
    this.#tickets = watchTickets(tickets, (grant) => {
      if (grant.ticket === '') return
      this.#presented = grant.ticket
      this.#print = printOf(grant, options.now())
    })
  }

  readonly subscribe = (listener: () => void): (() => void) => listen(this.#listeners, listener)
  readonly snapshot = (): ConnectionSnapshot => this.#snapshot

  onMessage(listener: (data: unknown) => void): () => void {
    return listen(this.#messageListeners, listener)
  }

  onChange(listener: (change: StateChange) => void): () => void {
    return listen(this.#changeListeners, listener)
  }

  /** Connects; also again after it has stopped. */
  start(): void {
    if (this.#socket !== undefined && this.#socket.state.name !== 'stopped') return
    const { url, random } = this.#options
    const socket = new TicketSocket(url, {
      tickets: this.#tickets,
      diagnose: diagnosis(),
      WebSocket: this.#tap.WebSocket,
      random,
    })
    this.#socket = socket
    this.#loggingOut = false
    socket.addEventListener('statechange', (change) => {
      if (this.#socket === socket) this.#changed(change)
    })
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (this.#socket !== socket) return
      if (!this.#greeted) this.#greet(data)
      for (const listener of this.#messageListeners) listener(data)
    })
    const since = this.#options.now()
    this.#show({ state: socket.state, since, trouble: undefined }, firstHappening())
  }

  /** Ends it, and everything that it knew. */
  stop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#used = undefined
    this.#presented = undefined
    socket?.close(1000)
  }

  send(text: string): SendOutcome {
    const socket = this.#socket
    if (socket === undefined || socket.state.name === 'stopped') return 'over'
    const live = socket.readyState === socket.OPEN
    try {
      socket.send(text)
    } catch (error) {
      if (error instanceof OutboxFullError) return 'full'
      throw error
    }
    return live ? 'sent' : 'waiting'
  }

  /** Cuts the socket behind the client library's back, so that its reconnect can be watched. */
  drop(): void {
    this.#tap.drop()
  }

  async renew(): Promise<void> {
    // What came of it is told by the states in between.
    await this.#socket?.renew().catch(() => undefined)
  }

  /** Presents the last used ticket once more. */
  async replay(): Promise<void> {
    const ticket = this.#used
    const url = this.#socket?.url
    if (ticket === undefined || url === undefined || this.#snapshot.replay === 'running') return
    const detail = 'A second, bare WebSocket offers the same ticket.'
    this.#show(
      { replay: 'running' },
      { kind: 'replay', tone: 'plain', title: 'Replaying the used ticket', detail },
    )
    const outcome = await replayTicket(url, ticket, this.#options.WebSocket)
    this.#show({ replay: this.#used === undefined ? 'none' : 'ready' }, replayHappening(outcome))
  }

  /** Says that this page asks for a logout, so that what follows is told as that. */
  announceLogout(scope: 'login' | 'everywhere'): void {
    this.#loggingOut = true
    const title = scope === 'login' ? 'Asking to log out' : 'Asking to log out everywhere'
    this.#show({}, { kind: 'logout', tone: 'plain', title })
  }

  note(happening: Happening): void {
    this.#show({}, happening)
  }

  #greet(data: unknown): void {
    this.#greeted = true
    const node = readConnectedMessage(data)?.node
    if (node !== undefined) {
      const lastedMs = this.#lostAt === undefined ? undefined : this.#options.now() - this.#lostAt
      this.#show({ node }, nodeHappening(node, { before: this.#snapshot.node, lastedMs }))
    }
    this.#lostAt = undefined
  }

  #changed(change: StateChange): void {
    const now = this.#options.now()
    const { from, to, cause } = change
    if (isLive(from) && !isLive(to)) this.#lostAt = now
    if (isLive(to) && !isLive(from)) {
      this.#greeted = false
      this.#found = undefined
    }
    const endsAt = this.#socket?.session?.deadline
    if (to.name === 'open' && cause.code === 'connected' && to.pathway === 'ticket') {
      this.#used = this.#presented
      this.#presented = undefined
    }
    const { stub, replay, since, trouble } = this.#snapshot
    this.#show(
      {
        state: to,
        since: to.until === from.until ? since : now,
        trouble: troubleAfter(trouble, change),
        endsAt,
        stub: stubAfter(stub, change, { print: this.#print, now }),
        replay: replay === 'none' && this.#used !== undefined ? 'ready' : replay,
      },
      ...happeningsOf(change, { now, endsAt, loggingOut: this.#loggingOut, found: this.#found }),
    )
    if (from.name === 'waiting' && to.name === 'waiting' && cause !== from.cause) this.#found = cause
    for (const listener of this.#changeListeners) listener(change)
  }

  #show(change: Partial<ConnectionSnapshot>, ...happenings: readonly Happening[]): void {
    const timeline = addHappenings(this.#snapshot.timeline, happenings, this.#options.now())
    this.#snapshot = { ...this.#snapshot, ...change, timeline }
    for (const listener of this.#listeners) listener()
  }
}

function isLive({ name }: ConnectionState): boolean {
  return name === 'open' || name === 'renewing'
}

function listen<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
