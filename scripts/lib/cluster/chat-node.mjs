import { endChild, startChild } from './child.mjs'

/**
 * - `starting`, `up`
 * - `draining`: was told to end, and sends its sockets elsewhere
 * - `down`: will be started again
 *
 * @typedef {'starting' | 'up' | 'draining' | 'down'} NodeState
 */

/**
 * @typedef {{
 *   name: string,
 *   port: number,
 *   main: string,
 *   env: NodeJS.ProcessEnv,
 *   happenings: import('./happenings.mjs').Happenings,
 *   say: (line: string) => void,
 *   restartAfterMs?: number,
 * }} ChatNodeOptions `main`: the server's script; `say` takes what it prints
 */

// Long enough to see the page live without it.
const RESTART_AFTER_MS = 4_000
const START_MS = 30_000
// Longer than a drain takes.
const END_PATIENCE_MS = 15_000

/** The line with which the chat says that it serves. */
const READY = /^wsticket chat: http/

/** One node of the chat: a process that is started again whenever it ends, until it is stopped. */
export class ChatNode {
  #options
  /** @type {import('./child.mjs').Child | undefined} */
  #child
  /** @type {NodeState} */
  #state = 'down'
  /** @type {NodeJS.Timeout | undefined} */
  #restart
  /** @type {Promise<void>} */
  #restarting = Promise.resolve()
  /** @type {number | undefined} */
  #returnsAt
  #downSince = 0
  #stopped = false
  #killing = false

  /** @param {ChatNodeOptions} options */
  constructor(options) {
    this.#options = options
  }

  get name() {
    return this.#options.name
  }

  get port() {
    return this.#options.port
  }

  get state() {
    return this.#state
  }

  /** Of the process that there is. */
  get pid() {
    return this.#child?.pid
  }

  /** When it will be started again, in milliseconds since 1970. */
  get returnsAt() {
    return this.#returnsAt
  }

  /** Starts it and waits until it serves; rejects with its own words if it ends before. */
  async start() {
    const { main, env, name, port, say } = this.#options
    this.#state = 'starting'
    this.#returnsAt = undefined
    /** @type {() => void} */
    let isReady = () => undefined
    /** @type {Promise<'ready'>} */
    const ready = new Promise((resolve) => {
      isReady = () => resolve('ready')
    })
    const child = await startChild(process.execPath, [main], {
      env: { ...env, PORT: String(port), HOST: '127.0.0.1', NODE_NAME: name },
      onLine: (line) => (READY.test(line) ? isReady() : say(line)),
    })
    this.#child = child
    if (this.#stopped) child.kill('SIGKILL')
    const late = setTimeout(() => child.kill('SIGKILL'), START_MS)
    const first = await Promise.race([ready, child.exited])
    clearTimeout(late)
    if (first !== 'ready') {
      this.#child = undefined
      this.#state = 'down'
      throw new Error(`wsticket: ${name} ended instead of starting.\n${child.lastLines()}`)
    }
    this.#state = 'up'
    void child.exited.then(() => this.#ended())
  }

  /** Ends it as a crash would; resolves when it is gone. */
  async kill() {
    this.#killing = true
    this.#child?.kill('SIGKILL')
    await this.#child?.exited
  }

  /** Tells it to send its sockets elsewhere and to end. */
  drain() {
    const { happenings, name } = this.#options
    this.#state = 'draining'
    this.#downSince = Date.now()
    happenings.add('node-draining', name)
    this.#child?.kill('SIGTERM')
  }

  /** Ends it for good. */
  async stop() {
    this.#stopped = true
    clearTimeout(this.#restart)
    if (this.#child !== undefined) await endChild(this.#child, END_PATIENCE_MS)
    await this.#restarting
  }

  #ended() {
    const { happenings, name } = this.#options
    const drained = this.#state === 'draining'
    this.#child = undefined
    this.#state = 'down'
    if (this.#stopped) return
    if (this.#killing) happenings.add('node-killed', name)
    else if (drained) happenings.add('node-drained', name, { ms: Date.now() - this.#downSince })
    else happenings.add('node-ended', name)
    this.#killing = false
    this.#downSince = Date.now()
    this.#startLater()
  }

  #startLater() {
    const { restartAfterMs = RESTART_AFTER_MS } = this.#options
    this.#returnsAt = Date.now() + restartAfterMs
    this.#restart = setTimeout(() => {
      this.#restarting = this.#startAgain()
    }, restartAfterMs)
  }

  async #startAgain() {
    const { happenings, name, say } = this.#options
    try {
      await this.start()
      happenings.add('node-up', name, { ms: Date.now() - this.#downSince })
    } catch (error) {
      if (this.#stopped) return
      say(error instanceof Error ? error.message : String(error))
      this.#startLater()
    }
  }
}
