import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { afterThisTest, type CleanupList } from './cleanups.js'
import { PATIENCE_MS, within } from './within.js'

/** What to dial with. */
export interface DialOptions {
  readonly protocols?: readonly string[]
  readonly origin?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cleanUp?: CleanupList
}

/** An upgrade that was answered with something else than 101. */
export interface UpgradeRefusal {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How a socket ended. */
export interface SocketEnd {
  readonly code: number
  readonly reason: string
}

/** Dials a WebSocket and resolves with it once it is open; a refused upgrade rejects. */
export async function dial(url: string, options: DialOptions = {}): Promise<SocketProbe> {
  const outcome = await attempt(url, options)
  if (outcome instanceof SocketProbe) return outcome
  throw new Error(`The upgrade was refused with ${outcome.status}: ${outcome.body}`)
}

/** Dials a WebSocket that has to be refused, and resolves with the refusal; an open socket rejects. */
export async function dialRefused(url: string, options: DialOptions = {}): Promise<UpgradeRefusal> {
  const outcome = await attempt(url, options)
  if (!(outcome instanceof SocketProbe)) return outcome
  throw new Error('The upgrade was admitted, and should have been refused')
}

/** Dials a WebSocket and resolves with whatever comes of it. */
export function attempt(url: string, options: DialOptions = {}): Promise<SocketProbe | UpgradeRefusal> {
  const socket = new WebSocket(url, [...(options.protocols ?? [])], {
    headers: { ...options.headers, ...(options.origin === undefined ? {} : { origin: options.origin }) },
  })
  const cleanUp = options.cleanUp ?? afterThisTest
  cleanUp(() => socket.terminate())
  const probe = new SocketProbe(socket)
  const settled = new Promise<SocketProbe | UpgradeRefusal>((resolve, reject) => {
    socket.once('open', () => resolve(probe))
    socket.once('error', reject)
    socket.once('unexpected-response', (_request: unknown, response: IncomingMessage) => {
      readBody(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      )
    })
  })
  return within(`an answer to the upgrade at ${url}`, settled)
}

/** An open socket that keeps every message until a test asks for it; a binary one reads `<5 bytes>`. */
export class SocketProbe {
  /** Resolves when the socket is closed. */
  readonly closed: Promise<SocketEnd>
  readonly #socket: WebSocket
  readonly #messages: string[] = []
  readonly #waiting: ((message: string | undefined) => void)[] = []
  #end: SocketEnd | undefined

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data, isBinary) => {
      // ws hands over one Buffer, unless its binaryType is changed.
      if (!Buffer.isBuffer(data)) throw new TypeError('SocketProbe: a message in an unknown form')
      this.#take(isBinary ? `<${data.byteLength} bytes>` : data.toString())
    })
    // What follows an error is a close, and that is what tests look at.
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#end = { code, reason: reason.toString() }
        resolve(this.#end)
        for (const give of this.#waiting.splice(0)) give(undefined)
      })
    })
  }

  /** The subprotocol that the server chose, `''` for none. */
  get protocol(): string {
    return this.#socket.protocol
  }

  /** Messages that came and were not asked for yet. */
  get waiting(): number {
    return this.#messages.length
  }

  /** The next message, waiting for it if need be; rejects when the socket closes instead. */
  async next(ms: number = PATIENCE_MS): Promise<string> {
    const kept = this.#messages.shift()
    if (kept !== undefined) return kept
    let give: (message: string | undefined) => void = () => undefined
    const coming = new Promise<string | undefined>((resolve) => {
      give = resolve
    })
    if (this.#end === undefined) this.#waiting.push(give)
    else give(undefined)
    try {
      const message = await within('a message', coming, ms)
      if (message !== undefined) return message
    } finally {
      // Nobody waits any more: a message that comes later is for the next one who asks.
      const at = this.#waiting.indexOf(give)
      if (at >= 0) this.#waiting.splice(at, 1)
    }
    throw new Error(
      `The socket closed with ${this.#end?.code} ${this.#end?.reason} instead of sending a message`,
    )
  }

  /** The next message as JSON. */
  async nextJson(ms: number = PATIENCE_MS): Promise<unknown> {
    return JSON.parse(await this.next(ms))
  }

  /** How the socket ends, waiting for that if need be. */
  async end(ms: number = PATIENCE_MS): Promise<SocketEnd> {
    return within('the socket to close', this.closed, ms)
  }

  send(message: string | Uint8Array): void {
    this.#socket.send(message)
  }

  sendJson(message: unknown): void {
    this.send(JSON.stringify(message))
  }

  /** Closes in good order. */
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  /** Drops the connection, as a network does. */
  drop(): void {
    this.#socket.terminate()
  }

  #take(message: string): void {
    const give = this.#waiting.shift()
    if (give === undefined) this.#messages.push(message)
    else give(message)
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return body
}
