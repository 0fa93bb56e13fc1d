import { createHash, randomBytes } from 'node:crypto'
import type { RawConnection } from '../adapter-harness.js'

// Only a failing case ever waits for all of it.
const PATIENCE_MS = 5000
// RFC 6455, 1.3.
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 0x1
const CLOSE = 0x8
const PING = 0x9

/** What to dial, byte for byte. */
export interface Dial {
  /** The value of `Host`. */
  readonly host: string
  readonly target: string
  readonly protocols?: readonly string[] | undefined
  readonly origin?: string | undefined
  /** Header lines; one of a name that is there already is added, not put in its place. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined
  readonly method?: string | undefined
  /** Sent in the same packet as the handshake. */
  readonly early?: Uint8Array | undefined
}

/** How a socket ended. */
export interface End {
  readonly code: number
  readonly reason: string
}

/**
 * A WebSocket client that hides nothing: every byte that came is there to be looked at, and nothing is answered
 * unless it is told to.
 */
export class RawSocket {
  readonly #socket: RawConnection
  readonly #key = randomBytes(16).toString('base64')
  readonly #frames: { readonly opcode: number; readonly payload: Buffer }[] = []
  #received: Buffer = Buffer.alloc(0)
  #headEnd = -1
  #parsed = 0
  #ended = false
  #wake: () => void = () => {}

  private constructor(socket: RawConnection) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#parse()
      this.#wake()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake()
    }
    socket.on('end', end)
    socket.on('error', end)
    socket.on('close', end)
  }

  /** Sends a handshake and resolves once the head of the answer is there. */
  static async dial(connection: RawConnection, dial: Dial): Promise<RawSocket> {
    const raw = new RawSocket(connection)
    raw.#socket.write(Buffer.concat([Buffer.from(raw.#handshake(dial)), dial.early ?? Buffer.alloc(0)]))
    await raw.#until('an answer to the handshake', () => raw.#headEnd >= 0 || raw.#ended)
    return raw
  }

  /** Every byte that came, as Latin-1. */
  get received(): string {
    return this.#received.toString('latin1')
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.received)?.[1] ?? 0)
  }

  get opened(): boolean {
    return this.status === 101
  }

  /** The values of a header, a line each. */
  header(name: string): readonly string[] {
    return this.received
      .slice(0, Math.max(this.#headEnd, 0))
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)
      .filter(([own]) => own.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value)
  }

  /** Whether the answer proves that the server read this very handshake. */
  get acceptFits(): boolean {
    const accept = createHash('sha1').update(`${this.#key}${ACCEPT_GUID}`).digest('base64')
    return this.header('sec-websocket-accept').join() === accept
  }

  /** The body of an answer that is not 101, read to the end of the connection. */
  async body(): Promise<string> {
    await this.#until('the end of the connection', () => this.#ended)
    return this.#received.subarray(this.#headEnd + 4).toString('utf8')
  }

  /** The text of the next message. */
  async message(): Promise<string> {
    await this.#until('a message', () => this.#frames.length > 0 || this.#ended)
    const next = this.#frames.shift()
    if (next?.opcode === TEXT) return next.payload.toString('utf8')
    throw new Error(`no message came, but ${next === undefined ? 'the end' : `opcode ${next.opcode}`}`)
  }

  /** The close frame, which must be the next that comes. */
  async closeFrame(): Promise<End> {
    await this.#until('a close frame', () => this.#frames.length > 0 || this.#ended)
    const next = this.#frames.shift()
    if (next?.opcode !== CLOSE) throw new Error(`no close frame came, but ${next?.opcode ?? 'the end'}`)
    const { payload } = next
    return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString('utf8') }
  }

  /** Frames that came and were not asked for, and bytes behind them. */
  get unread(): number {
    return this.#frames.length + (this.#received.length - this.#parsed)
  }

  send(text: string): void {
    this.#socket.write(textFrame(text))
  }

  /** Sends a close frame and waits for the connection to end. */
  async close(code = 1000): Promise<void> {
    const payload = Buffer.alloc(2)
    payload.writeUInt16BE(code)
    this.#socket.write(frame(CLOSE, payload))
    await this.ended()
  }

  /** Resolves when the connection has ended. */
  async ended(): Promise<void> {
    await this.#until('the end of the connection', () => this.#ended)
  }

  /** Drops the connection, as a network does. */
  drop(): void {
    this.#socket.resetAndDestroy()
  }

  #handshake({ host, target, protocols = [], origin, headers = [], method = 'GET' }: Dial): string {
    const lines = [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${this.#key}`,
      ...(origin === undefined ? [] : [`Origin: ${origin}`]),
      ...(protocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${protocols.join(', ')}`]),
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ]
    return `${lines.join('\r\n')}\r\n\r\n`
  }

  // Servers do not mask, and nothing that the suite sends back is longer than 65,535 bytes.
  #parse(): void {
    if (this.#headEnd < 0) {
      this.#headEnd = this.#received.indexOf('\r\n\r\n')
      if (this.#headEnd < 0) return
      this.#parsed = this.#headEnd + 4
    }
    if (!this.opened) return
    for (;;) {
      const rest = this.#received.subarray(this.#parsed)
      const short = rest.length < 2 ? 0 : rest.readUInt8(1) & 0x7f
      const headerLength = short === 126 ? 4 : 2
      if (rest.length < headerLength) return
      const length = short === 126 ? rest.readUInt16BE(2) : short
      if (rest.length < headerLength + length) return
      const opcode = rest.readUInt8(0) & 0x0f
      if (opcode !== PING)
        this.#frames.push({ opcode, payload: rest.subarray(headerLength, headerLength + length) })
      this.#parsed += headerLength + length
    }
  }

  async #until(what: string, reached: () => boolean): Promise<void> {
    const late = Date.now() + PATIENCE_MS
    while (!reached()) {
      const left = late - Date.now()
      if (left <= 0) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** A frame as clients send it: final, masked. */
export function frame(opcode: number, payload: Uint8Array): Buffer {
  const mask = randomBytes(4)
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff]
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), mask, masked])
}

/** A text message as clients send it. */
export function textFrame(text: string): Buffer {
  return frame(TEXT, Buffer.from(text))
}
