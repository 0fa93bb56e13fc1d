import type { RevokeCall } from '../../test/ticket-history/history.js'
import type { Issued, StoreName, Task } from './messages.js'
import type { Random } from './random.js'
import { upgrade } from './upgrade.js'
import { moment } from './worker/calls.mjs'
import type { WorkerPool } from './worker-pool.js'
import { type AttemptPlan, type BlockPlan, planAttempt, planBlock, type RacePlan } from './workload.js'

/** A ticket that was raced for, and is still to be had by whoever kept it. */
export interface RacedTicket extends Issued {
  readonly singleUse: boolean
  /** When the last race for it ended. */
  readonly at: number
}

export interface LoadOptions {
  readonly pool: WorkerPool
  readonly store: StoreName
  readonly random: Random
  /** What its subjects begin with: nobody else's, for what was revoked stays so. */
  readonly name: string
  /** Blocks at the same time. */
  readonly lanes?: number
  /** Tickets in a block. */
  readonly races?: number
  /** Of all attempts, those by upgrade. */
  readonly upgrades?: number
}

/** Of the tickets that were raced for, so many are remembered, to be tried again later. */
const REMEMBERED = 400
/** Tickets that are tried again at the same time; more, and a busy machine lets them wait until nobody waits any more. */
const AT_ONCE = 100
/** An attempt at a dead store takes a second; a lane that gets nothing does not ask at once again. */
const NOTHING_ISSUED_MS = 20

/** Races for tickets, until it is told to stop. */
export class Load {
  readonly #options: Required<LoadOptions>
  readonly #lanes: Promise<void>[] = []
  readonly #watchers = new Set<() => void>()
  #raced: RacedTicket[] = []
  #races = 0
  #blocks = 0
  #stopped = false
  #failure: unknown

  constructor(options: LoadOptions) {
    this.#options = { lanes: 4, races: 32, upgrades: 0.01, ...options }
  }

  /** How many tickets were raced for so far. */
  get races(): number {
    return this.#races
  }

  start(): void {
    for (let lane = 0; lane < this.#options.lanes; lane += 1) {
      this.#lanes.push(
        this.#run(lane).catch((error: unknown) => {
          this.#failure ??= error
          this.#stopped = true
          this.#tell()
        }),
      )
    }
  }

  /** Resolves when so many more tickets were raced for. */
  async more(races: number): Promise<void> {
    const until = this.#races + races
    while (this.#races < until && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
    this.#rethrow()
  }

  /** Lets what was begun come to its end. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#lanes)
    this.#rethrow()
  }

  /** The tickets that were raced for last, as somebody may still have them. */
  recent(): readonly RacedTicket[] {
    return this.#raced
  }

  /** Plans and races one block. Returns what was issued. */
  async block(name: string): Promise<readonly RacedTicket[]> {
    const { pool, store, random, races, upgrades } = this.#options
    const plan = planBlock(random.fork(name), `${this.#options.name}/${name}`, {
      workers: pool.size,
      races,
      upgrades,
    })
    const issued = await pool.run(
      plan.issuer,
      store,
      plan.races.map((one) => issueTask(one)),
    )
    await raceAll(this.#options, plan, issued)
    const at = moment()
    const raced = plan.races.flatMap(({ singleUse }, index): RacedTicket[] => {
      const ticket = issued[index]
      return ticket === undefined || ticket === null ? [] : [{ ...ticket, singleUse, at }]
    })
    this.#races += raced.length
    this.#raced = [...this.#raced, ...raced].slice(-REMEMBERED)
    this.#tell()
    return raced
  }

  async #run(lane: number): Promise<void> {
    while (!this.#stopped) {
      this.#blocks += 1
      const raced = await this.block(`${lane}.${this.#blocks}`)
      if (raced.length === 0) await new Promise((resolve) => setTimeout(resolve, NOTHING_ISSUED_MS))
      if (lane === 0) await this.#options.pool.release(this.#options.store)
    }
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw new Error('the load of the lab failed', { cause: this.#failure })
  }

  #tell(): void {
    for (const resolve of this.#watchers) resolve()
    this.#watchers.clear()
  }
}

/** Lets all workers issue, each its share, single-use tickets with a holder of their own. */
export async function issueMany(
  { pool, store }: Pick<LoadOptions, 'pool' | 'store'>,
  name: string,
  count: number,
): Promise<readonly Issued[]> {
  const shares = await Promise.all(
    pool.all.map((worker) => {
      const share = Math.ceil((count - worker) / pool.size)
      const tasks = Array.from({ length: share }, (_, index) => {
        const holder = `${name}-${worker}.${index}`
        return issueTask({ subject: holder, login: holder, singleUse: true, lifeMs: undefined })
      })
      return pool.run(worker, store, tasks)
    }),
  )
  return shares.flat().filter((ticket) => ticket !== null)
}

/** Lets somebody else try each of these tickets, from several workers. */
export async function tryAgain(
  options: Omit<LoadOptions, 'name'>,
  tickets: readonly Issued[],
  attempts = 2,
): Promise<void> {
  for (let start = 0; start < tickets.length; start += AT_ONCE) {
    await tryAtOnce(options, tickets.slice(start, start + AT_ONCE), attempts)
  }
}

async function tryAtOnce(
  { pool, store, random, upgrades = 0.01 }: Omit<LoadOptions, 'name'>,
  tickets: readonly Issued[],
  attempts: number,
): Promise<void> {
  const tasks: Task[][] = pool.all.map(() => [])
  const byHttp: Promise<void>[] = []
  for (const ticket of tickets) {
    for (let count = 0; count < attempts; count += 1) {
      const plan = { ...planAttempt(random, { workers: pool.size, upgrades }), afterMs: 0 }
      if (plan.door === 'upgrade') byHttp.push(byUpgrade(pool, store, ticket, plan))
      else tasks[plan.worker]?.push(redeemTask(ticket, plan))
    }
  }
  await Promise.all([...tasks.map((some, worker) => pool.run(worker, store, some)), ...byHttp])
}

async function raceAll(
  { pool, store }: Pick<LoadOptions, 'pool' | 'store'>,
  plan: BlockPlan,
  issued: readonly (Issued | null)[],
): Promise<void> {
  const tasks: Task[][] = pool.all.map(() => [])
  const upgrades: Promise<void>[] = []
  plan.races.forEach((one, index) => {
    const ticket = issued[index]
    if (ticket === undefined || ticket === null) return
    for (const attempt of one.attempts) {
      if (attempt.door === 'call') tasks[attempt.worker]?.push(redeemTask(ticket, attempt))
      else upgrades.push(byUpgrade(pool, store, ticket, attempt))
    }
    for (const { kind, worker, afterMs, again } of one.revokes) {
      tasks[worker]?.push({ name: 'revoke', target: targetOf(kind, one, ticket), afterMs })
      if (again !== undefined) tasks[again.worker]?.push({ ...issueTask(one), afterMs: again.afterMs })
    }
  })
  await Promise.all([...tasks.map((some, worker) => pool.run(worker, store, some)), ...upgrades])
}

async function byUpgrade(
  pool: WorkerPool,
  store: StoreName,
  ticket: Issued,
  { worker, attempt, afterMs }: AttemptPlan,
): Promise<void> {
  if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs))
  await upgrade({ pool, worker, store }, ticket, attempt)
}

function issueTask({ subject, login, singleUse, lifeMs }: Omit<RacePlan, 'attempts' | 'revokes'>): Task {
  return { name: 'issue', subject, login, singleUse, lifeMs, afterMs: 0 }
}

function redeemTask({ ref, ticket }: Issued, { attempt, asks, afterMs }: AttemptPlan): Task {
  return { name: 'redeem', ref, ticket, attempt, asks, afterMs }
}

function targetOf(kind: RevokeCall['target']['kind'], race: RacePlan, { ref }: Issued): RevokeCall['target'] {
  const { subject, login } = race
  switch (kind) {
    case 'ticket':
    case 'session':
      return { kind, ref }
    case 'login':
      return { kind, subject, login }
    case 'subject':
      return { kind, subject }
  }
}
