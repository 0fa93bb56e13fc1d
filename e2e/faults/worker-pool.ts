import type { HistoryCall } from '../../test/ticket-history/history.js'
import type { ClientName, Issued, RedisTarget, StoreName, Task } from './messages.js'
import { moment } from './worker/calls.mjs'
import { WorkerGone, WorkerProcess } from './worker-process.js'

/** Half of the nodes have one client of Redis, half the other. */
const CLIENTS: readonly ClientName[] = ['ioredis', 'node-redis']

interface Opened {
  readonly store: StoreName
  readonly target: RedisTarget
}

/** A client that brought a ticket to a worker's HTTP server. */
export interface Visit {
  readonly ref: string
  readonly attempt: string
  readonly began: number
}

interface Seat {
  process: WorkerProcess
  /** In this round. */
  visits: Visit[]
  readonly opened: Map<StoreName, Opened>
  readonly ports: Map<StoreName, number>
}

/** The server processes of a run, and everything that they have done. */
export class WorkerPool {
  readonly #seats: Seat[] = []
  #history: HistoryCall[] = []
  #started = 0

  constructor(size: number) {
    for (let index = 0; index < size; index += 1) {
      this.#seats.push({ process: this.#start(index), visits: [], opened: new Map(), ports: new Map() })
    }
  }

  get size(): number {
    return this.#seats.length
  }

  /** Adds what somebody else saw of it. */
  record(...calls: readonly HistoryCall[]): void {
    for (const call of calls) this.#history.push(call)
  }

  /** Ends the history of this round, and begins another. */
  takeHistory(): HistoryCall[] {
    const history = this.#history
    this.#history = []
    for (const seat of this.#seats) seat.visits = []
    return history
  }

  /** Remembers a visit: if the worker is killed, nobody knows what the store said to it. */
  visit(worker: number, visit: Visit): void {
    this.#seat(worker).visits.push(visit)
  }

  process(worker: number): WorkerProcess {
    return this.#seat(worker).process
  }

  /** Where a worker's HTTP server listens. */
  port(worker: number, store: StoreName): number {
    const port = this.#seat(worker).ports.get(store)
    if (port === undefined) throw new Error(`worker ${worker} has no node over ${store}`)
    return port
  }

  /** Lets a worker, or all of them, make a node over a store. */
  async open(store: StoreName, target: RedisTarget, workers: readonly number[] = this.all): Promise<void> {
    await Promise.all(
      workers.map((worker) => {
        const seat = this.#seat(worker)
        return openIn(seat.process, seat, { store, target })
      }),
    )
  }

  get all(): readonly number[] {
    return this.#seats.map((_seat, index) => index)
  }

  /**
   * Lets a worker carry out tasks. If it is killed meanwhile, nobody knows what came of them: that is written down, and
   * there is no issued ticket.
   */
  async run(worker: number, store: StoreName, tasks: readonly Task[]): Promise<readonly (Issued | null)[]> {
    if (tasks.length === 0) return []
    const began = moment()
    const { process } = this.#seat(worker)
    try {
      const { issued = [] } = await process.order({ kind: 'run', store, tasks })
      return issued
    } catch (error) {
      if (!(error instanceof WorkerGone)) throw error
      for (const task of tasks) {
        if (task.name === 'redeem') this.record(lost(process.name, { ...task, began }))
        else if (task.name === 'revoke') {
          const at = { process: process.name, began, ended: undefined }
          this.record({ ...at, name: task.name, target: task.target, outcome: { kind: 'indeterminate' } })
        }
      }
      return []
    }
  }

  /** The sockets of all who were admitted are gone. */
  async release(store: StoreName): Promise<void> {
    await Promise.all(this.#seats.map(({ process }) => orGone(process.order({ kind: 'release', store }))))
  }

  /** Waits until every call has ended, also those that nobody waits for. */
  async settle(): Promise<void> {
    await Promise.all(this.#seats.map(({ process }) => orGone(process.order({ kind: 'settle' }))))
  }

  /** Puts a new process in the place of one that is gone, with the same nodes. */
  async replace(worker: number): Promise<void> {
    const seat = this.#seat(worker)
    await seat.process.kill()
    for (const visit of seat.visits.splice(0)) this.record(lost(seat.process.name, visit))
    const process = this.#start(worker)
    for (const opened of seat.opened.values()) await openIn(process, seat, opened)
    // Only now: until it has its nodes, there is nothing to be had from it.
    seat.process = process
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    await Promise.all(this.#seats.map(({ process }) => process.kill()))
  }

  #seat(worker: number): Seat {
    const seat = this.#seats[worker]
    if (seat === undefined) throw new RangeError(`there is no worker ${worker}`)
    return seat
  }

  #start(index: number): WorkerProcess {
    this.#started += 1
    const client = CLIENTS[index % CLIENTS.length] ?? 'ioredis'
    return new WorkerProcess(`worker ${index}.${this.#started}`, client, (calls) => this.record(...calls))
  }
}

async function openIn(process: WorkerProcess, seat: Seat, opened: Opened): Promise<void> {
  const { port } = await process.order({ kind: 'open', ...opened })
  seat.opened.set(opened.store, opened)
  if (port !== undefined) seat.ports.set(opened.store, port)
}

/** A redeem of which nobody knows what the store said. */
function lost(process: string, { ref, attempt, began }: Visit): HistoryCall {
  const outcome = { kind: 'indeterminate' } as const
  return { name: 'redeem', process, began, ended: undefined, ref, attempt, at: 'store', outcome }
}

async function orGone(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof WorkerGone)) throw error
  }
}
