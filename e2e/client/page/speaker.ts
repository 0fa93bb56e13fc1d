import type { ClientRecord, Dials, Fired, Sent } from '../records.js'

/** What a `WebSocket` and everything that takes its place have in common, as far as it is used here. */
export interface AnySocket {
  readonly readyState: number
  send(data: string): void
  addEventListener(type: string, listener: (event: Event) => void): void
}

/** Numbers what is sent over a socket, and writes down what becomes of it. */
export class Speaker {
  readonly #socket: AnySocket
  readonly #client: string
  readonly #user: string
  readonly #dials: Dials
  readonly #sent: Sent[] = []
  readonly #acknowledged: number[] = []
  readonly #fired: Fired[] = []
  #connections = 0
  #openedAt = 0
  #talking: number | undefined
  readonly #waiting = new Set<() => void>()

  constructor(socket: AnySocket, who: { client: string; user: string; dials: Dials }) {
    this.#socket = socket
    this.#client = who.client
    this.#user = who.user
    this.#dials = who.dials
    socket.addEventListener('open', () => this.#opened())
    socket.addEventListener('message', (event) => {
      if (event instanceof MessageEvent) this.#heard(String(event.data))
    })
    socket.addEventListener('error', () => this.note({ type: 'error' }))
    socket.addEventListener('close', (event) => {
      const code = Number(Reflect.get(event, 'code'))
      this.note({ type: 'close', code, reason: String(Reflect.get(event, 'reason')) })
    })
  }

  get connections(): number {
    return this.#connections
  }

  get counts(): { sent: number; acknowledged: number } {
    return { sent: this.#sent.length, acknowledged: this.#acknowledged.length }
  }

  /** Writes down what happened. */
  note(fired: Omit<Fired, 'at'>): void {
    this.#fired.push({ at: Date.now(), ...fired })
    this.#look()
  }

  /** Resolves once something is so; asked again whenever anything happens. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Whether there is a connection, and it was made at a time or later. */
  isOpenSince(at: number): boolean {
    return this.#socket.readyState === WebSocket.OPEN && this.#openedAt >= at
  }

  /** Whether the last number that was sent came back. */
  get isHeard(): boolean {
    return this.#acknowledged.at(-1) === this.#sent.length
  }

  /** Sends the next numbers. */
  say(count = 1): void {
    for (let said = 0; said < count; said += 1) this.#sayNext()
  }

  /** Sends a number again and again, as an application with much to say. */
  talk(everyMs: number): void {
    this.hush()
    this.#talking = window.setInterval(() => this.#sayNext(), everyMs)
  }

  hush(): void {
    window.clearInterval(this.#talking)
  }

  record(): ClientRecord {
    return {
      client: this.#client,
      user: this.#user,
      connections: this.#connections,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      fired: this.#fired,
      dials: this.#dials,
    }
  }

  #sayNext(): void {
    const n = this.#sent.length + 1
    const open = this.#socket.readyState === WebSocket.OPEN
    const connection = open ? this.#connections : 0
    this.#sent.push({ n, at: Date.now(), via: open ? 'socket' : 'outbox', connection })
    try {
      this.#socket.send(JSON.stringify({ client: this.#client, user: this.#user, n }))
    } catch (thrown) {
      // Nobody has it, and the user was told: not a message that was lost.
      this.#sent.pop()
      this.note({ type: 'threw', because: thrown instanceof Error ? thrown.name : String(thrown) })
    }
  }

  #look(): void {
    for (const look of this.#waiting) look()
  }

  #opened(): void {
    this.#connections += 1
    this.#openedAt = Date.now()
    this.note({ type: 'open' })
    // What waited was handed over before `open` was fired.
    for (let at = this.#sent.length - 1; at >= 0; at -= 1) {
      const sent = this.#sent[at]
      if (sent === undefined || sent.connection !== 0) return
      sent.connection = this.#connections
    }
  }

  #heard(data: string): void {
    const message: unknown = JSON.parse(data)
    if (typeof message === 'object' && message !== null && 'n' in message) {
      this.#acknowledged.push(Number(message.n))
    }
    this.#look()
  }
}
