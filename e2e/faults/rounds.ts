import { until } from '../../scripts/lib/servers/until.mjs'
import { findBreaches } from '../../test/ticket-history/check.js'
import type { Breach, HistoryCall } from '../../test/ticket-history/history.js'
import { type Deployment, DidNotHappen, type Fault, happened } from './deployment.js'
import { issueMany, Load, tryAgain } from './load.js'
import type { ControlName, Issued, StoreName } from './messages.js'
import { type Random, seededRandom } from './random.js'
import { NOTHING, type Tally, tallyOf } from './tally.js'
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
/** The positive controls: stores that have to let somebody in twice, else nobody has looked where it hurts. */
export const CONTROLS: readonly ControlName[] = ['getdel', 'unfenced']
/** They need no more tickets than show it. */
const CONTROL_TICKETS = 20

/** What a round was and what came of it. */
export interface RoundOutcome {
  readonly tally: Tally
  /** What happened, in words. */
  readonly happened: string
  /** Why the fault did not happen, if it did not. What was raced for meanwhile counts all the same, and is checked. */
  readonly didNotHappen?: string
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
  const kept: Issued[] = []
  const evidence = await evidenceOf(async () => {
    try {
      await load.more(Math.round(races * (0.3 + 0.4 * random.next())))
      const unused = await issueMany({ pool, store: 'wsticket' }, `unused-${seed}`, UNUSED_TICKETS)
      kept.push(...load.recent(), ...unused)
      const what = await fault.run(scene)
      await load.more(Math.max(races - load.races, races / 10))
      return what
    } finally {
      await load.stop()
    }
  })
  await tryAgain({ pool, store: 'wsticket', random: random.fork('again') }, kept)
  const history = await finish(pool, ['wsticket'])
  return outcomeOf(name, evidence, { ...tallyOf(history), breaches: check(history, fault) })
}

/**
 * Lets tickets be consumed in the vulnerable window, strikes, and lets everybody try again. The same is done to the controls
 * beside it, each of which must let somebody in twice.
 */
export async function windowRound(
  { pool, deployment, seed, races }: RoundOptions,
  name: string,
): Promise<RoundOutcome> {
  const window = deployment.windows[name]
  if (window === undefined) throw new TypeError(`there is no window "${name}" in this deployment`)
  await deployment.calm()
  const random = seededRandom(seed)
  const tickets: Tickets = new Map()
  let struckAt = Number.POSITIVE_INFINITY
  const evidence = await evidenceOf(async () => {
    tickets.set('wsticket', await prepare(pool, 'wsticket', seed, races))
    for (const control of CONTROLS) {
      tickets.set(control, await prepare(pool, control, seed, Math.min(CONTROL_TICKETS, races)))
    }
    await window.open()
    await raceForAll(pool, tickets, random.fork('before'))
    const what = await window.strike()
    struckAt = moment()
    await backInService(pool, seed)
    await raceForAll(pool, tickets, random.fork('after'))
    return what
  })
  const history = await finish(pool, ['wsticket', ...CONTROLS])
  await window.heal()
  const { windowRaces, ...tally } = windowTally(history, tickets, struckAt)
  const few = windowRaces < races / 2
  const because = `only ${windowRaces} of ${races} tickets were consumed before it and decided about after it`
  const proved: Evidence = few && evidence.happened ? { happened: false, what: because } : evidence
  return outcomeOf(name, proved, { ...tally, windowRaces: proved.happened ? windowRaces : 0 })
}

/** Whether a fault happened, and what, or why not. */
interface Evidence {
  readonly happened: boolean
  readonly what: string
}

/** A fault that did not happen is no error of the lab. */
async function evidenceOf(work: () => Promise<string>): Promise<Evidence> {
  try {
    return { happened: true, what: await work() }
  } catch (error) {
    if (error instanceof DidNotHappen) return { happened: false, what: error.message }
    throw error
  }
}

function outcomeOf(name: string, { happened: did, what }: Evidence, tally: Tally): RoundOutcome {
  if (did) return { happened: what, tally: { ...tally, faults: new Map([[name, 1]]) } }
  // What it did to the controls proves nothing either way.
  return { happened: what, didNotHappen: what, tally: { ...tally, controls: NOTHING.controls } }
}

type Tickets = Map<StoreName, readonly Issued[]>

function windowTally(history: readonly HistoryCall[], tickets: Tickets, struckAt: number): Tally {
  const about = (store: StoreName): HistoryCall[] => {
    const refs = new Set(tickets.get(store)?.map(({ ref }) => ref))
    return history.filter((call) => 'ref' in call && refs.has(call.ref))
  }
  const real = about('wsticket')
  const controls = CONTROLS.map((control) => {
    const doubles = check(about(control), {}).filter(({ rule }) => rule === 'admitted to two attempts').length
    return [control, { faults: 1, failed: doubles > 0 ? 1 : 0, doubles }] as const
  })
  return {
    ...tallyOf(real),
    windowRaces: racesThrough(real, struckAt),
    controls: new Map(controls),
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

/** Opens a node over the store and over each control in every process. */
export async function openAll(pool: WorkerPool, { target }: Deployment): Promise<void> {
  for (const store of ['wsticket', ...CONTROLS] as const) await pool.open(store, target)
}

/** Waits until every node has found whoever is the master now: what it refuses before that decides nothing. */
async function backInService(pool: WorkerPool, seed: string): Promise<void> {
  let tries = 0
  await until('all nodes to issue again', async () => {
    tries += 1
    const name = `back/${seed}/${tries}`
    const issued = await Promise.all(
      (['wsticket', ...CONTROLS] as const).map((store) => issueMany({ pool, store }, name, pool.size)),
    )
    return issued.every((some) => some.length === pool.size)
  })
}

async function raceForAll(pool: WorkerPool, tickets: Tickets, random: Random): Promise<void> {
  const attempts = random.between(WINDOW_ATTEMPTS.min, WINDOW_ATTEMPTS.max)
  await Promise.all(
    [...tickets].map(([store, some]) =>
      tryAgain({ pool, store, random: random.fork(store) }, some, attempts),
    ),
  )
}

async function finish(pool: WorkerPool, stores: readonly StoreName[]): Promise<HistoryCall[]> {
  await Promise.all(stores.map((store) => pool.release(store)))
  await pool.settle()
  return pool.takeHistory()
}
