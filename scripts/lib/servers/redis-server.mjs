import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeWithParent } from './end-with-parent.mjs'
import { BUS_OFFSET, freePort, returnPort } from './free-port.mjs'
import { directives } from './redis-directives.mjs'
import { startFronts } from './redis-fronts.mjs'
import { watchCommands } from './redis-monitor.mjs'
import { connectResp, RespError } from './resp.mjs'
import { startProcess } from './server-process.mjs'

/** @typedef {import('./resp.mjs').Reply} Reply */
/** @typedef {import('./server-process.mjs').Ended} Ended */

/**
 * @typedef {object} RedisServerOptions
 * @property {readonly string[]} [args] further directives, as on its command line: `['--maxmemory', '8mb']`; they win
 *   over the launcher's own
 * @property {'none' | 'rdb' | 'aof'} [persistence] `rdb`: kept at `SAVE` and at an orderly end; `aof`: each write.
 *   Default: none
 * @property {string | undefined} [username] with `password`, whom `command` logs in as
 * @property {string | undefined} [password]
 * @property {number} [port] default: a free one
 * @property {boolean} [proxied] whether clients and other nodes reach it through a fault proxy, its `front`
 * @property {boolean} [sentinel] whether it is a Sentinel
 * @property {string} [config] what its configuration file says at first; it may rewrite it
 */

/** So long it may take until it answers; a busy machine with many of them needs some of it. */
const START_MS = 20_000
const POLL_MS = 10
/** So often another port is tried when somebody else was quicker. */
const PORT_TRIES = 5

/** A port that somebody else took before us. */
class PortTaken extends Error {
  /** @param {number} port */
  constructor(port) {
    super(`wsticket: redis-server cannot listen: port ${port} or ${port + BUS_OFFSET} is taken.`)
  }
}

/** A Redis process of one's own, with a folder of its own. */
export class RedisServer {
  #options
  #fronts
  /** @type {import('./server-process.mjs').ServerProcess | undefined} */
  #process
  /** @type {Promise<import('./resp.mjs').RespConnection> | undefined} */
  #connection
  #stopped = false

  /**
   * Use `startRedisServer`.
   *
   * @param {number} port
   * @param {string} folder
   * @param {RedisServerOptions} options
   * @param {import('./redis-fronts.mjs').RedisFronts} [fronts]
   */
  constructor(port, folder, options, fronts) {
    this.#options = options
    this.#fronts = fronts
    /** Where it listens; `command` goes there, past every proxy. */
    this.port = port
    /** Where its clients and the other nodes reach it: at its `front`, if it has one. */
    this.publicPort = fronts?.front.port ?? port
    /** Where the other nodes of its cluster reach it. */
    this.publicBusPort = fronts?.busFront.port ?? port + BUS_OFFSET
    /** Where it keeps its files; gone after `stop`. */
    this.folder = folder
    /** `redis://127.0.0.1:<publicPort>`, without credentials. */
    this.url = `redis://127.0.0.1:${this.publicPort}`
    /** The directives that it is started with. @type {readonly string[]} */
    this.args = directives(this, options)
  }

  /**
   * The proxy that its clients, its replicas and Sentinels come through. Only some are concerned by the switches of
   * `front.only('replication')`, `front.only('replication:<publicPort of a replica>')` and `front.only('sentinel')`.
   */
  get front() {
    return this.#proxied().front
  }

  /** The proxy that the other nodes of its cluster come through; `busFront.only(id)` concerns the node with this id. */
  get busFront() {
    return this.#proxied().busFront
  }

  /** Its process, the present or the last one. */
  get pid() {
    return this.#running().pid
  }

  /** Whether there is a process, paused or not. */
  get running() {
    return this.#process?.running === true
  }

  /** How its process ended, the present or the last one, once it did. */
  get ended() {
    return this.#running().ended
  }

  /** The end of what it printed. */
  get log() {
    return this.#process?.log ?? ''
  }

  /**
   * Sends a command over a connection that is kept.
   *
   * @param {...(string | number)} args
   * @returns {Promise<Reply>} rejects with a `RespError` when the answer is one
   */
  command(...args) {
    return this.ask(args)
  }

  /**
   * As `command`, with how long it waits for the answer.
   *
   * @param {readonly (string | number)[]} args
   * @param {{ patienceMs?: number }} [options]
   * @returns {Promise<Reply>}
   */
  async ask(args, options) {
    let connection = await this.#connection?.catch(() => undefined)
    if (connection?.open !== true) {
      this.#connection = this.connect()
      connection = await this.#connection
    }
    return connection.command(args, options)
  }

  /**
   * Opens another connection, for commands that keep one to themselves. Close it.
   *
   * @returns {Promise<import('./resp.mjs').RespConnection>}
   */
  connect() {
    return connectResp(this.port, this.#options)
  }

  /**
   * Asks for `INFO`.
   *
   * @param {string} [section]
   * @returns {Promise<Record<string, string>>}
   */
  async info(section = 'default') {
    const text = String(await this.command('INFO', section))
    return Object.fromEntries(
      text.split('\r\n').flatMap((line) => {
        const colon = line.indexOf(':')
        return colon < 0 || line.startsWith('#') ? [] : [[line.slice(0, colon), line.slice(colon + 1)]]
      }),
    )
  }

  /**
   * Watches each command that it runs, from now on: `1700000000.1 [0 127.0.0.1:50000] "GET" "a"`.
   *
   * @returns {Promise<import('./redis-monitor.mjs').Monitor>}
   */
  monitor() {
    return watchCommands(this)
  }

  /**
   * Ends its process, and waits for that; `restart` brings it back.
   *
   * @param {NodeJS.Signals} [signal] @default 'SIGKILL'
   * @returns {Promise<Ended>}
   */
  kill(signal = 'SIGKILL') {
    return this.#running().end(signal)
  }

  /** Freezes it where it is: it keeps its sockets and answers nobody. */
  pause() {
    this.#running().pause()
  }

  /** Lets it go on as if nothing had been. */
  resume() {
    this.#running().resume()
  }

  /**
   * Starts it anew on the same port and in the same folder; what still runs is killed first. If it rewrote its
   * configuration, as Sentinel lets it do, it follows that.
   *
   * @param {{ args?: readonly string[] }} [options] `args`: directives for this run that win over all others
   */
  async restart({ args = [] } = {}) {
    if (this.#stopped) throw new Error(`wsticket: the Redis on port ${this.port} is stopped for good.`)
    await this.kill()
    await this.start(args)
  }

  /** Ends it for good: its folder is gone then, and so there is nothing that an orderly end could save. */
  async stop() {
    this.#stopped = true
    await this.#process?.end()
    await this.#connection?.then(
      (connection) => connection.close(),
      () => undefined,
    )
    await Promise.all([this.#fronts?.front.close(), this.#fronts?.busFront.close()])
    await rm(this.folder, { recursive: true, force: true })
    returnPort(this.port)
  }

  /**
   * Starts its process and waits until it answers.
   *
   * @param {readonly string[]} args
   */
  async start(args) {
    const config = join(this.folder, 'redis.conf')
    const rewritten = (await stat(config)).size > (this.#options.config?.length ?? 0)
    const command = [
      config,
      ...(rewritten ? [] : this.args),
      ...args,
      ...(this.#options.sentinel ? ['--sentinel'] : []),
    ]
    this.#process = await startProcess(process.env.REDIS_SERVER_PATH ?? '/usr/bin/redis-server', command, {
      cwd: this.folder,
      remedy: 'Install redis-server, or set REDIS_SERVER_PATH to where it is.',
    })
    await this.#ready(this.#process)
  }

  /** @param {import('./server-process.mjs').ServerProcess} started */
  async #ready(started) {
    const deadline = Date.now() + START_MS
    for (;;) {
      if (!started.running) {
        if (/address already in use/i.test(started.log)) throw new PortTaken(this.port)
        throw new Error(`wsticket: redis-server ended instead of starting:\n${started.log}`)
      }
      if (await Promise.race([this.#answers(started.pid), started.ended.then(() => false)])) return
      if (Date.now() > deadline) {
        await started.end()
        throw new Error(`wsticket: redis-server gave no answer within ${START_MS} ms:\n${started.log}`)
      }
      await Promise.race([sleep(POLL_MS), started.ended])
    }
  }

  /**
   * Whether it answers, and no other that was there before it.
   *
   * @param {number} pid
   */
  async #answers(pid) {
    try {
      const { process_id } = await this.info('server')
      return process_id === String(pid)
    } catch (error) {
      // One that wants a password first, for example, is there; one that still reads its files will be.
      return error instanceof RespError && error.code !== 'LOADING'
    }
  }

  #proxied() {
    if (this.#fronts === undefined) {
      throw new Error(
        `wsticket: the Redis on port ${this.port} has no front; start it with \`proxied: true\`.`,
      )
    }
    return this.#fronts
  }

  #running() {
    if (this.#process === undefined) throw new Error('wsticket: this Redis was never started.')
    return this.#process
  }
}

/**
 * Starts a Redis on a free port of 127.0.0.1, in a temporary folder, without persistence unless asked. It ends with this
 * process at the latest.
 *
 * @param {RedisServerOptions} [options]
 * @returns {Promise<RedisServer>} once it answers
 */
export async function startRedisServer(options = {}) {
  for (let tries = 1; ; tries += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'wsticket-redis-'))
    removeWithParent(folder)
    await writeFile(join(folder, 'redis.conf'), options.config ?? '')
    const port = options.port ?? (await freePort())
    const fronts = options.proxied ? await startFronts(port) : undefined
    const server = new RedisServer(port, folder, options, fronts)
    try {
      await server.start([])
      return server
    } catch (error) {
      await server.stop()
      if (!(error instanceof PortTaken) || options.port !== undefined || tries === PORT_TRIES) throw error
    }
  }
}

/**
 * Starts several with the same options at once; if one fails, none is left.
 *
 * @param {number} count
 * @param {RedisServerOptions} [options]
 * @returns {Promise<readonly RedisServer[]>}
 */
export async function startRedisServers(count, options = {}) {
  const starts = await Promise.allSettled(Array.from({ length: count }, () => startRedisServer(options)))
  const started = starts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = starts.find((each) => each.status === 'rejected')
  if (failed === undefined) return started
  await Promise.all(started.map((server) => server.stop()))
  throw failed.reason
}
