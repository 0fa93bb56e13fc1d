import { findBreaches } from '../../test/ticket-history/check.js'
import type { Breach, HistoryCall } from '../../test/ticket-history/history.js'
import { type Deployment, type Fault, happened } from './deployment.js'
import { issueMany, Load, tryAgain } from './load.js'
import type { Issued, StoreName } from './messages.js'
import { type Random, seededRandom } from './random.js'
import { type Tally, tallyOf } from './tally.js'
import { moment } from './worker/calls.mjs'
import type { WorkerPool } from './worker-pool.js'

/** Within one machine: rounding to milliseconds, and a clock that is being set right. */
const CLOCK_BOUND_MS = 50
/** Of those who race inside the window, as many for each ticket before and after. */
const WINDOW_ATTEMPTS = { min: 2, max: 5 } as const
/** Nodes that have just lost a master need some time until they issue again. */
const ISSUE_TRIES = 10
/** Tickets that nobody has tried to use when a fault comes. */
const UNUSED_TICKETS = 40
/** The positive control needs no more tickets than shows it. */
const CONTROL_TICKETS = 20

/** What a round was and what came of it. */
export interface RoundOutcome {
  readonly tally: Tally
  /** What happened, in words. */
  readonly happened: string
}

export interface RoundOptions {
  readonly pool: WorkerPool
  readonly deployment: Deployment
  /** From which everything follows that is left to chance. */
  readonly seed: string
  /** Tickets to race for. */
  readonly races: number
}

/** Races for tickets, does a fault meanwhile, and lets everybody try again afterwards who still has a ticket. */
export async function faultRound(
  { pool, deployment, seed, races }: RoundOptions,
  name: string,
): Promise<RoundOutcome> {
  const fault = deployment.faults[name]
  if (fault === undefined) throw new TypeError(`there is no fault "${name}" in this deployment`)
  await deployment.calm()
  const random = seededRandom(seed)
  const load = new Load({ pool, store: 'wsticket', name: seed, random: random.fork('load') })
  const scene = { pool, load, random: random.fork('fault') }
  load.start()
  const { what, kept } = await during(load, async () => {
    await load.more(Math.round(races * (0.3 + 0.4 * random.next())))
    const used = load.recent()
    const unused = await issueMany({ pool, store: 'wsticket' }, `unused-${seed}`, UNUSED_TICKETS)
    const evidence = await fault.run(scene)
    await load.more(Math.max(races - load.races, races / 10))
    return { what: evidence, kept: [...used, ...unused] }
  })
  await tryAgain({ pool, store: 'wsticket', random: random.fork('again') }, kept)
  const history = await finish(pool, ['wsticket'])
  return {
    happened: what,
    tally: { ...tallyOf(history), faults: new Map([[name, 1]]), breaches: check(history, fault) },
  }
}

/** The load stops with the work, whatever becomes of it. */
async function during<T>(load: Load, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    await load.stop()
  }
}

/**
 * Lets tickets be consumed in the vulnerable window, strikes, and lets everybody try again. The same is done to a store of
 * plain `GETDEL` beside it, which must let somebody in twice.
 */
export async function windowRound(
  { pool, deployment, seed, races }: RoundOptions,
  name: string,
): Promise<RoundOutcome> {
  const window = deployment.windows[name]
  if (window === undefined) throw new TypeError(`there is no window "${name}" in this deployment`)
  await deployment.calm()
  const random = seededRandom(seed)
  const tickets = {
    wsticket: await prepare(pool, 'wsticket', seed, races),
    getdel: await prepare(pool, 'getdel', seed, Math.min(CONTROL_TICKETS, races)),
  }
  await window.open()
  await raceBoth(pool, tickets, random.fork('before'))
  const what = await window.strike()
  const struckAt = moment()
  await raceBoth(pool, tickets, random.fork('after'))
  const history = await finish(pool, ['wsticket', 'getdel'])
  await window.heal()
  return { happened: what, tally: windowTally(name, history, tickets, struckAt) }
}

type Both = Readonly<Record<'wsticket' | 'getdel', readonly Issued[]>>

function windowTally(name: string, history: readonly HistoryCall[], tickets: Both, struckAt: number): Tally {
  const ofControl = new Set(tickets.getdel.map(({ ref }) => ref))
  const concerns = (call: HistoryCall): boolean => 'ref' in call && ofControl.has(call.ref)
  const real = history.filter((call) => !concerns(call))
  const doubles = check(history.filter(concerns), {}).filter(
    ({ rule }) => rule === 'admitted to two attempts',
  ).length
  const windowRaces = racesThrough(real, struckAt)
  happened(
    windowRaces >= tickets.wsticket.length / 2,
    `only ${windowRaces} of ${tickets.wsticket.length} tickets were consumed before it and decided about after it`,
  )
  return {
    ...tallyOf(real),
    windowRaces,
    faults: new Map([[name, 1]]),
    control: { faults: 1, failed: doubles > 0 ? 1 : 0, doubles },
    breaches: check(real, {}),
  }
}

/** Tickets that were consumed before a moment, and of which the store decided again after it. */
function racesThrough(history: readonly HistoryCall[], at: number): number {
  const before = new Set<string>()
  const after = new Set<string>()
  for (const call of history) {
    if (call.name !== 'redeem' || call.at !== 'store' || call.ended === undefined) continue
    if (call.ended < at && call.outcome.kind === 'admitted') before.add(call.ref)
    if (call.began > at && call.outcome.kind !== 'indeterminate') after.add(call.ref)
  }
  return [...before].filter((ref) => after.has(ref)).length
}

function check(
  history: readonly HistoryCall[],
  { revokeBoundMs = 0, unfencedBoundMs = 0 }: Pick<Fault, 'revokeBoundMs' | 'unfencedBoundMs'>,
): Breach[] {
  return findBreaches(history, { clockBoundMs: CLOCK_BOUND_MS, revokeBoundMs, unfencedBoundMs, faults: true })
}

/** Issues while nothing fails yet: so all must be issued, if not at the first try. */
async function prepare(
  pool: WorkerPool,
  store: StoreName,
  seed: string,
  count: number,
): Promise<readonly Issued[]> {
  const issued: Issued[] = []
  for (let tries = 0; tries < ISSUE_TRIES && issued.length < count; tries += 1) {
    issued.push(...(await issueMany({ pool, store }, `${store}/${seed}/${tries}`, count - issued.length)))
  }
  happened(issued.length === count, `only ${issued.length} of ${count} tickets were issued by ${store}`)
  return issued
}

async function raceBoth(pool: WorkerPool, tickets: Both, random: Random): Promise<void> {
  const attempts = random.between(WINDOW_ATTEMPTS.min, WINDOW_ATTEMPTS.max)
  await Promise.all(
    (['wsticket', 'getdel'] as const).map((store) =>
      tryAgain({ pool, store, random: random.fork(store) }, tickets[store], attempts),
    ),
  )
}

async function finish(pool: WorkerPool, stores: readonly StoreName[]): Promise<HistoryCall[]> {
  await Promise.all(stores.map((store) => pool.release(store)))
  await pool.settle()
  return pool.takeHistory()
}
