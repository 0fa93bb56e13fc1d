import { setTimeout as delay } from 'node:timers/promises'
import { formatCloseReason } from '@wsticket/protocol'
import type { Agent } from '../agent/agent.js'
import type { Turn } from '../agent/brain.js'
import type { AgentEvent } from '../agent/events.js'
import type { ConnectedMessage } from '../wire.js'
import { type ChatError, readChatMessage, type UserChatMessage } from './chat-messages.js'
import { MessageRate } from './message-rate.js'

// Somebody types ahead; a script that floods is told so.
const QUEUE_LENGTH = 4
// A person types one in some seconds. Every frame counts, since a bad one is work, too.
const MESSAGE_RATE = { burst: 30, perSecond: 2 }
// What a model is told of the conversation so far.
const HISTORY_TURNS = 12
const HISTORY_CHARACTERS = 16 * 1024
// Above this the run waits for the reader; a few answers fit in.
const BUFFER_HIGH_BYTES = 512 * 1024
const BUFFER_POLL_MS = 25
// A reader that takes nothing for so long is gone or stuck.
const BUFFER_WAIT_MS = 30_000
// "Try again later" of the IANA registry.
const CLOSE_TRY_AGAIN_LATER = 1013

/** Who may ask. */
export const WRITE_PERMISSION = 'chat:write'

/** A socket, as far as the chat needs one; a `ws` socket is one. */
export interface ChatSocket {
  send(data: string): void
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown
  on(event: 'close', listener: () => void): unknown
  close(code: number, reason: string): void
  /** Bytes that were sent but not taken by the network yet. */
  readonly bufferedAmount: number
}

/** Who is connected. Read anew for each message, since a renewal can take permissions away. */
export interface ChatSession {
  readonly principal: {
    readonly subject: string
    readonly email?: string | undefined
    readonly permissions: readonly string[]
  }
  /** Aborted when the session is over: by a logout, a deadline, or with its socket. */
  readonly signal: AbortSignal
}

export interface ChatOptions {
  readonly agent: Agent
  /** What this node is called; the page is told first of all. */
  readonly node?: string | undefined
  /** Hears a defect; the connection lives on. */
  readonly onError?: (error: unknown) => void
  readonly now?: () => number
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/**
 * Serves the chat on one admitted socket, until its session is over. That is earlier than the socket's close
 * if the session was revoked: a close takes a handshake, and until then nothing may run in the name of a
 * login that has ended.
 *
 * Messages are answered one after the other. All state is this connection's own, and answers go to its
 * socket only, so no user sees another's.
 */
export function serveChat(socket: ChatSocket, session: ChatSession, options: ChatOptions): void {
  const connection = new ChatConnection(socket, session, options)
  socket.on('message', (data, isBinary) => connection.receive(data, isBinary))
  socket.on('close', () => connection.end())
  if (session.signal.aborted) connection.end()
  else {
    session.signal.addEventListener('abort', () => connection.end(), { once: true })
    connection.greet(options.node)
  }
}

class ChatConnection {
  readonly #socket: ChatSocket
  readonly #session: ChatSession
  readonly #agent: Agent
  readonly #onError: (error: unknown) => void
  readonly #now: () => number
  readonly #sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  readonly #ended = new AbortController()
  readonly #queue: UserChatMessage[] = []
  readonly #history: Turn[] = []
  readonly #rate: MessageRate
  #working = false
  #warned = false

  constructor(socket: ChatSocket, session: ChatSession, options: ChatOptions) {
    this.#socket = socket
    this.#session = session
    this.#agent = options.agent
    this.#onError = options.onError ?? (() => undefined)
    this.#now = options.now ?? Date.now
    this.#rate = new MessageRate(MESSAGE_RATE, this.#now)
    this.#sleep = options.sleep ?? (async (ms, signal) => await delay(ms, undefined, { signal }))
  }

  greet(node: string | undefined): void {
    if (node !== undefined) this.#send({ type: 'connected', at: this.#now() / 1000, node })
  }

  receive(data: unknown, isBinary: boolean): void {
    if (this.#ended.signal.aborted || !this.#allowed()) return
    const read = readChatMessage(isBinary ? { binary: true } : { text: textOf(data) })
    if (!read.ok) {
      this.#refuse(read.error)
      return
    }
    const { message } = read
    if (!this.#session.principal.permissions.includes(WRITE_PERMISSION)) {
      const detail = `Asking needs the permission ${WRITE_PERMISSION}.`
      this.#refuse({ code: 'permission_missing', detail, message_id: message.id })
    } else if (this.#queue.length >= QUEUE_LENGTH) {
      const detail = `${QUEUE_LENGTH} messages wait already. Send it again when one of them is answered.`
      this.#refuse({ code: 'queue_full', detail, message_id: message.id })
    } else {
      this.#queue.push(message)
      if (!this.#working) this.#work().catch(this.#onError)
    }
  }

  end(): void {
    this.#queue.length = 0
    this.#ended.abort()
  }

  /** Counts a frame. The first one too many is told so; a second one ends the connection. */
  #allowed(): boolean {
    const wait = this.#rate.take()
    if (wait === 0) {
      this.#warned = false
      return true
    }
    if (this.#warned) {
      this.end()
      this.#socket.close(CLOSE_TRY_AGAIN_LATER, formatCloseReason('rate_limited', wait))
      return false
    }
    this.#warned = true
    const { burst, perSecond } = MESSAGE_RATE
    const detail = `At most ${burst} messages at once and ${perSecond} a second; this one was not read. Wait ${wait} s, or the connection is closed.`
    this.#refuse({ code: 'rate_limited', detail })
    return false
  }

  async #work(): Promise<void> {
    this.#working = true
    try {
      for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
        await this.#answer(message)
      }
    } finally {
      this.#working = false
    }
  }

  async #answer({ id, text }: UserChatMessage): Promise<void> {
    const { signal } = this.#ended
    const history = [...this.#history]
    for await (const event of this.#agent.run({ messageId: id, text, history, signal })) {
      if (signal.aborted || !(await this.#hasRoom())) return
      this.#send(event)
      if (event.type === 'agent_completed' && event.error === undefined) this.#remember(text, event.text)
    }
  }

  /** Waits until the reader has taken what was sent; `false` if it is gone. */
  async #hasRoom(): Promise<boolean> {
    for (let waited = 0; this.#socket.bufferedAmount > BUFFER_HIGH_BYTES; waited += BUFFER_POLL_MS) {
      if (waited >= BUFFER_WAIT_MS) {
        this.end()
        this.#socket.close(CLOSE_TRY_AGAIN_LATER, 'slow consumer')
        return false
      }
      await this.#sleep(BUFFER_POLL_MS, this.#ended.signal).catch(() => undefined)
      if (this.#ended.signal.aborted) return false
    }
    return true
  }

  #remember(question: string, answer: string): void {
    this.#history.push({ role: 'user', text: question }, { role: 'assistant', text: answer })
    const size = (): number => this.#history.reduce((sum, turn) => sum + turn.text.length, 0)
    while (this.#history.length > HISTORY_TURNS || size() > HISTORY_CHARACTERS) this.#history.splice(0, 2)
  }

  #refuse(error: Omit<ChatError, 'type' | 'at'>): void {
    // A flood of bad frames from a client that reads nothing must not fill our memory with complaints.
    if (this.#socket.bufferedAmount > BUFFER_HIGH_BYTES) return
    this.#send({ type: 'error', at: this.#now() / 1000, ...error })
  }

  #send(event: AgentEvent | ChatError | ConnectedMessage): void {
    try {
      this.#socket.send(JSON.stringify(event))
    } catch (error) {
      this.#onError(error)
    }
  }
}

// `ws` gives a Buffer, an ArrayBuffer or a list of Buffers, as its `binaryType` says; other sockets a string.
function textOf(data: unknown): string {
  if (typeof data === 'string') return data
  if (data instanceof Uint8Array) return Buffer.from(data).toString('utf8')
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString('utf8')
  if (Array.isArray(data))
    return Buffer.concat(data.filter((part) => part instanceof Uint8Array)).toString('utf8')
  return ''
}
