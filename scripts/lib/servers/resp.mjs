import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * What Redis answers, in the protocol's second version. An error can only be inside of a list, as of `EXEC`: alone it is
 * thrown.
 *
 * @typedef {string | number | null | RespError | Reply[]} Reply
 */

/** So long an answer may take; a server that is paused or held back gives none. */
const PATIENCE_MS = 10_000

/** An error that the server answered with. */
export class RespError extends Error {
  /** @param {string} line as it was sent: `WRONGTYPE Operation against …` */
  constructor(line) {
    super(line)
    this.name = 'RespError'
    /** Its first word: `WRONGTYPE`, `NOSCRIPT`, `MOVED`. */
    this.code = line.split(' ', 1)[0] ?? ''
  }
}

/**
 * Writes a command as the protocol wants it.
 *
 * @param {readonly (string | number)[]} args
 */
export function encodeCommand(args) {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`).join('')}`
}

/** Reads replies out of pieces of any size. */
export class RespReader {
  #bytes = Buffer.alloc(0)
  #at = 0

  /**
   * @param {Buffer} bytes
   * @returns {Reply[]} those that are complete now
   */
  read(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    this.#at = 0
    /** @type {Reply[]} */
    const replies = []
    for (;;) {
      const start = this.#at
      const reply = this.#next()
      if (reply === undefined) {
        this.#bytes = this.#bytes.subarray(start)
        return replies
      }
      replies.push(reply)
    }
  }

  /** @returns {Reply | undefined} `undefined`: there is more to come */
  #next() {
    const line = this.#line()
    if (line === undefined) return undefined
    const rest = line.slice(1)
    switch (line[0]) {
      case '+':
        return rest
      case '-':
        return new RespError(rest)
      case ':':
        return Number(rest)
      case '$':
        return this.#text(Number(rest))
      case '*':
        return this.#list(Number(rest))
      default:
        throw new Error('wsticket: what answers there speaks no RESP; is it Redis?')
    }
  }

  #line() {
    const end = this.#bytes.indexOf('\r\n', this.#at)
    if (end < 0) return undefined
    const line = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 2
    return line
  }

  /** @param {number} length */
  #text(length) {
    if (length < 0) return null
    const end = this.#at + length
    if (this.#bytes.length < end + 2) return undefined
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 2
    return text
  }

  /** @param {number} length */
  #list(length) {
    if (length < 0) return null
    /** @type {Reply[]} */
    const list = []
    while (list.length < length) {
      const item = this.#next()
      if (item === undefined) return undefined
      list.push(item)
    }
    return list
  }
}

/** @typedef {{ name: string, resolve: (reply: Reply) => void, reject: (error: Error) => void }} Waiting */

/** A connection of its own to a Redis, for whoever starts one and has no client library. */
export class RespConnection {
  #socket
  #reader = new RespReader()
  /** @type {Waiting[]} */
  #waiting = []
  /** @type {Error | undefined} */
  #over
  /** Takes what nobody asked for: lines of `MONITOR`, messages of channels. @type {(reply: Reply) => void} */
  onExtra = () => undefined

  /** @param {import('node:net').Socket} socket connected */
  constructor(socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    // A connection of a launcher must not be what keeps a script alive.
    socket.unref()
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the connection was closed')))
  }

  /** Whether it can still be used. */
  get open() {
    return this.#over === undefined
  }

  /**
   * Sends a command and waits for the answer.
   *
   * @param {readonly (string | number)[]} args
   * @param {{ patienceMs?: number }} [options]
   * @returns {Promise<Reply>} rejects with a `RespError` when that is the answer
   */
  command(args, { patienceMs = PATIENCE_MS } = {}) {
    // Never with its arguments: they may be passwords.
    const name = String(args[0])
    if (this.#over !== undefined) return Promise.reject(failed(name, this.#over))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(failed(name, new Error(`no answer within ${patienceMs} ms`)))
      }, patienceMs)
      this.#waiting.push({
        name,
        resolve: (reply) => {
          clearTimeout(timer)
          resolve(reply)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
      this.#socket.write(encodeCommand(args))
    })
  }

  close() {
    this.#socket.destroy()
    this.#end(new Error('the connection was closed'))
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    try {
      for (const reply of this.#reader.read(bytes)) this.#give(reply)
    } catch (error) {
      this.#socket.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** @param {Reply} reply */
  #give(reply) {
    const next = this.#waiting.shift()
    if (next === undefined) this.onExtra(reply)
    else if (reply instanceof RespError) next.reject(reply)
    else next.resolve(reply)
  }

  /** @param {Error} error */
  #end(error) {
    this.#over ??= error
    for (const waiting of this.#waiting.splice(0)) waiting.reject(failed(waiting.name, this.#over))
  }
}

/**
 * @param {string} name
 * @param {Error} cause
 */
function failed(name, cause) {
  return new Error(`wsticket: Redis did not answer ${name}: ${cause.message}`, { cause })
}

/**
 * Connects to a Redis on 127.0.0.1.
 *
 * @param {number} port
 * @param {{ username?: string | undefined, password?: string | undefined }} [credentials]
 * @returns {Promise<RespConnection>}
 */
export async function connectResp(port, { username, password } = {}) {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
  } catch (error) {
    socket.destroy()
    throw error
  }
  const connection = new RespConnection(socket)
  if (password === undefined) return connection
  try {
    await connection.command(['AUTH', ...(username === undefined ? [] : [username]), password])
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}
