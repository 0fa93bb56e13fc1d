import {
  type ConnectionCloseEvent,
  type ConnectionState,
  type Message,
  type StateChangeEvent,
  TicketSocket,
  type TicketSocketOptions,
} from '../index.js'
import { latestTickets } from './latest-tickets.js'

/** What a socket is made of, and what makes another one of it. */
export interface SocketConnection extends TicketSocketOptions {
  /** Where to connect. Another address means another socket. */
  readonly url: string | URL
  /**
   * Whose socket it is: the user's id, say. Another one means another socket: the one before is closed, and what waited in its
   * outbox is never sent.
   */
  readonly identity?: string | undefined
  /** Whether there is a socket at all; `false` while nobody is logged in. @default true */
  readonly enabled?: boolean | undefined
}

/** What hears the events of a socket; the latest ones are called, so they may be written inline. */
export interface SocketHandlers {
  readonly onMessage?: ((event: MessageEvent) => void) | undefined
  /** Called once a connection. */
  readonly onOpen?: ((event: Event) => void) | undefined
  /** Called once a connection, and at the end. */
  readonly onClose?: ((event: ConnectionCloseEvent) => void) | undefined
  readonly onStateChange?: ((event: StateChangeEvent) => void) | undefined
}

/** There is no socket: this is rendered on the server, or has only just been mounted, or is not enabled. */
export interface IdleState {
  readonly name: 'idle'
  readonly cause?: undefined
}

/** Where the connection of a component is. */
export type TicketSocketState = ConnectionState | IdleState

/** A socket as it is at one moment. */
export interface SocketSnapshot {
  readonly state: TicketSocketState
  readonly socket: TicketSocket | undefined
}

interface Listening {
  readonly latest: { readonly current: SocketHandlers }
  readonly signal: AbortSignal
}

const IDLE: SocketSnapshot = { state: { name: 'idle' }, socket: undefined }

/** What a server renders, and a browser until it has taken that over. */
export const idle = (): SocketSnapshot => IDLE

/**
 * Keeps a socket open for as long as something on the page holds it. It belongs to one address and one identity: for another
 * there is another keeper, so that nothing that was said to one user's socket reaches the next one's, not even late.
 */
export class SocketKeeper {
  /**
   * Those of the last render that came to the screen. The credential callback is always theirs; everything else counts from the
   * next socket on.
   */
  options: SocketConnection | undefined
  readonly #address: string
  readonly #identity: string | undefined
  readonly #enabled: boolean
  readonly #watchers = new Set<() => void>()
  readonly #listening = new Set<Listening>()
  #snapshot = IDLE
  #holds = 0
  #over = false
  // What was fetched for one user is nothing for the next.
  #mustForget: boolean

  constructor({ url, identity, enabled = true }: SocketConnection, before?: SocketKeeper) {
    this.#address = String(url)
    this.#identity = identity
    this.#enabled = enabled
    this.#mustForget = before !== undefined && before.#identity !== identity
  }

  isFor({ url, identity, enabled = true }: SocketConnection): boolean {
    return this.#address === String(url) && this.#identity === identity && this.#enabled === enabled
  }

  readonly snapshot = (): SocketSnapshot => this.#snapshot

  /** Calls back whenever the snapshot has changed, and holds the socket meanwhile. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    const release = this.hold()
    return () => {
      this.#watchers.delete(watcher)
      release()
    }
  }

  /** Keeps the socket open until what this returns is called, and nobody else holds it. */
  readonly hold = (): (() => void) => {
    this.#over = false
    this.#open()
    this.#holds++
    return () => {
      this.#holds--
      // A moment later: StrictMode lets go of everything and takes it again at once.
      queueMicrotask(() => {
        if (this.#holds === 0) this.#close()
      })
    }
  }

  /** Hands each event of the socket to the latest handlers, until what this returns is called. */
  listen(latest: Listening['latest']): () => void {
    const ended = new AbortController()
    const listening = { latest, signal: ended.signal }
    this.#listening.add(listening)
    const { socket } = this.#snapshot
    if (socket) this.#attach(socket, listening)
    return () => {
      this.#listening.delete(listening)
      ended.abort()
    }
  }

  /** Sends a message, or keeps it until there is a connection; `false` if there is none and none will come. */
  readonly send = (data: Message): boolean => {
    // Effects of children run before those of their parents, who may be the ones that hold it.
    if (!this.#over) this.#open()
    const { state, socket } = this.#snapshot
    if (!socket || state.name === 'stopped') return false
    socket.send(data)
    return true
  }

  /** Begins anew if the socket has stopped. */
  readonly restart = (): void => {
    if (this.#snapshot.state.name === 'stopped') this.#start()
  }

  #open(): void {
    const { tickets } = this.#shown()
    if (this.#mustForget && 'grant' in tickets) tickets.clear()
    this.#mustForget = false
    if (this.#enabled && !this.#snapshot.socket) this.#start()
  }

  #start(): void {
    const options = this.#shown()
    const tickets = latestTickets(options.tickets, () => this.#shown().tickets)
    const socket = new TicketSocket(this.#address, { ...options, tickets })
    socket.addEventListener('statechange', ({ to }) => {
      if (this.#snapshot.socket === socket) this.#show({ state: to, socket })
    })
    for (const listening of this.#listening) this.#attach(socket, listening)
    this.#show({ state: socket.state, socket })
  }

  #shown(): SocketConnection {
    if (this.options) return this.options
    throw new TypeError(
      'wsticket: nothing can be sent while it is rendered; send in an effect or in a handler',
    )
  }

  #close(): void {
    const { socket } = this.#snapshot
    this.#over = true
    this.#show(IDLE)
    socket?.close(1000)
  }

  #show(snapshot: SocketSnapshot): void {
    this.#snapshot = snapshot
    for (const watcher of this.#watchers) watcher()
  }

  #attach(socket: TicketSocket, { latest, signal }: Listening): void {
    // One that was replaced may still have its close to tell.
    const isCurrent = (): boolean => this.#snapshot.socket === socket
    const options = { signal }
    socket.addEventListener('message', (event) => isCurrent() && latest.current.onMessage?.(event), options)
    socket.addEventListener('open', (event) => isCurrent() && latest.current.onOpen?.(event), options)
    socket.addEventListener('close', (event) => isCurrent() && latest.current.onClose?.(event), options)
    socket.addEventListener(
      'statechange',
      (event) => isCurrent() && latest.current.onStateChange?.(event),
      options,
    )
  }
}
