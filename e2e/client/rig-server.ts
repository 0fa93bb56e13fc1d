import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endWithParent, hasEnded } from '../../scripts/lib/servers/end-with-parent.mjs'
import { freePort, returnPort } from '../../scripts/lib/servers/free-port.mjs'
import type { CleanupList } from '../../test/cleanups.js'
import { within } from '../../test/within.js'
import { Journal } from './journal.js'
import { AUDIENCE, ISSUER, type PageServer } from './page-server.js'

const MAIN = fileURLToPath(new URL('./server/main.mjs', import.meta.url))
const START_MS = 20_000
/** How much of what it prints is kept, for the error when it does not start. */
const LOG_LIMIT = 16 * 1024

/** What a server is started with. */
export interface RigServerOptions {
  /** For its journal. */
  readonly folder: string
  readonly pages: PageServer
  /** @default the memory store */
  readonly redisPort?: number | undefined
}

/** A server that ends and comes back on the same port, as often as it is told to. */
export class RigServer {
  readonly port: number
  readonly journal: Journal
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined
  #log = ''

  /** Use `aRigServer`. */
  constructor(port: number, { folder, pages, redisPort }: RigServerOptions) {
    const journal = join(folder, 'journal')
    this.port = port
    this.journal = new Journal(journal)
    this.#env = {
      PORT: String(port),
      ORIGIN: pages.origin,
      JWT_SECRET: pages.secret,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JOURNAL: journal,
      ...(redisPort === undefined ? {} : { REDIS_PORT: String(redisPort) }),
    }
  }

  /** Resolves once it listens. */
  async start(): Promise<void> {
    const child = fork(MAIN, {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...this.#env },
      // A group of its own, and no arguments of the test runner: only we end it.
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const { pid } = child
    if (pid !== undefined) endWithParent(pid)
    this.#child = child
    this.#log = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-LOG_LIMIT)
    })
    child.once('close', () => {
      if (pid !== undefined) hasEnded(pid)
    })
    const listening = new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('error', reject)
      child.once('close', () => reject(new Error(`the server ended instead of starting:\n${this.#log}`)))
    })
    await within('the server to listen', listening, START_MS)
  }

  /** Ends it, and resolves once it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    const ended = once(child, 'close')
    child.kill(signal)
    await ended
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.end(signal)
    await this.start()
  }
}

/** Starts a server on a free port, and ends it afterwards. */
export async function aRigServer(options: RigServerOptions, cleanUp: CleanupList): Promise<RigServer> {
  const server = new RigServer(await freePort(), options)
  cleanUp(async () => {
    await server.end('SIGKILL')
    server.journal.close()
    returnPort(server.port)
  })
  await server.start()
  return server
}
