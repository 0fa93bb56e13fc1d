import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endWithParent, hasEnded } from '../../scripts/lib/servers/end-with-parent.mjs'
import type { HistoryCall } from '../../test/ticket-history/history.js'
import type { Answer, ClientName, Order, OrderMessage, WorkerMessage } from './messages.js'

const MAIN = fileURLToPath(new URL('./worker/main.mjs', import.meta.url))
/** How much of what it prints is kept, for the error when it ends by itself. */
const LOG_LIMIT = 16 * 1024

/** A worker ended before it answered. */
export class WorkerGone extends Error {}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** One server process of the lab. */
export class WorkerProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #ended: Promise<unknown>
  #orders = 0
  #log = ''
  #running = true

  constructor(name: string, client: ClientName, onCalls: (calls: readonly HistoryCall[]) => void) {
    this.name = name
    this.#child = fork(MAIN, [name, client], {
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const { pid } = this.#child
    if (pid !== undefined) endWithParent(pid)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-LOG_LIMIT)
    })
    this.#child.on('message', (message: WorkerMessage) => {
      onCalls(message.calls)
      this.#take(message)
    })
    this.#child.on('error', (error) => this.#end(error.message))
    this.#ended = once(this.#child, 'close').then(() => {
      if (pid !== undefined) hasEnded(pid)
      const { exitCode, signalCode } = this.#child
      this.#end(`ended with ${signalCode ?? `code ${exitCode}`}\n${this.#log}`)
    })
  }

  get running(): boolean {
    return this.#running
  }

  /** By which signal it ended. */
  get signal(): NodeJS.Signals | null {
    return this.#child.signalCode
  }

  /** Resolves once it ended. */
  async ended(): Promise<void> {
    await this.#ended
  }

  /** Gives an order. Rejects with `WorkerGone` if the process ends before it has answered. */
  order(order: Order): Promise<Answer> {
    if (!this.#running) return Promise.reject(new WorkerGone(`${this.name} is gone`))
    this.#orders += 1
    const id = this.#orders
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      const message: OrderMessage = { id, order }
      // A process that has just been killed takes nothing any more: its end is told below.
      this.#child.send(message, () => undefined)
    })
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #take({ id, answer, error }: WorkerMessage): void {
    if (id === undefined) return
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(answer ?? {})
    else waiting?.reject(new Error(`${this.name}: ${error}`))
  }

  #end(how: string): void {
    this.#running = false
    for (const { reject } of this.#waiting.values()) reject(new WorkerGone(`${this.name} ${how}`))
    this.#waiting.clear()
  }
}
