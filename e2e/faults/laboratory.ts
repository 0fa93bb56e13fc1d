import { startCluster } from './cluster.js'
import type { Deployment } from './deployment.js'
import { startPair } from './pair.js'
import { faultRound, openAll, type RoundOutcome, windowRound } from './rounds.js'
import { type Repertoire, type RoundPlan, schedule } from './schedule.js'
import { startSentinel } from './sentinel.js'
import { startSingle } from './single.js'
import { NOTHING, sum, type Tally } from './tally.js'
import { WorkerPool } from './worker-pool.js'

/** The formations of Redis that the lab knows. */
export const TOPOLOGIES = {
  single: () => startSingle('none'),
  'single-rdb': () => startSingle('rdb'),
  'single-aof': () => startSingle('aof'),
  pair: startPair,
  sentinel: startSentinel,
  cluster: startCluster,
} as const satisfies Record<string, () => Promise<Deployment>>

export type TopologyName = keyof typeof TOPOLOGIES

export interface RunOptions {
  readonly topology: TopologyName
  readonly seed: string
  /** Ends when so many tickets were raced for, and everything was done at least once. */
  readonly races: number
  /** Tickets of one round with a fault, and of one with a window. */
  readonly perRound: { readonly fault: number; readonly window: number }
  /** Begins no round after this moment, by `performance.now()`. */
  readonly deadline: number
  /** Only this round. */
  readonly only?: number | undefined
  readonly onRound: (plan: RoundPlan, outcome: RoundOutcome, ms: number) => void
}

/** What a run of one topology found. */
export interface RunOutcome {
  readonly tally: Tally
  /** Why it proves less than it should, a sentence each: what never happened, where the control did not fail. */
  readonly failures: readonly string[]
}

const WORKERS = 4
/** A fault that a busy machine got in the way of is done again; one that never happens is a failure. */
const TRIES = 3
/** Where something broke that should not, all is started anew; but not for ever. */
const BROKEN_LIMIT = 3

/** Puts one topology through its faults and windows, until it was raced for often enough. */
export async function runTopology(options: RunOptions): Promise<RunOutcome> {
  const failures: string[] = []
  let run: Run = { tally: NOTHING, next: 0, repertoire: undefined }
  for (let broken = 0; broken < BROKEN_LIMIT; broken += 1) {
    const { failure, ...progress } = await runUntilBroken(options, run, failures)
    run = progress
    if (failure === undefined) break
    failures.push(failure)
  }
  const { tally, repertoire } = run
  if (options.only === undefined && repertoire !== undefined) failures.push(...missing(tally, repertoire))
  return { tally, failures }
}

interface Run {
  readonly tally: Tally
  /** The number of the next round. */
  readonly next: number
  readonly repertoire: Repertoire | undefined
}

/** Starts everything and goes on with the rounds, until there were enough or something broke that should not. */
async function runUntilBroken(
  options: RunOptions,
  run: Run,
  failures: string[],
): Promise<Run & { readonly failure?: string }> {
  const { topology, seed } = options
  const deployment = await TOPOLOGIES[topology]()
  const pool = new WorkerPool(WORKERS)
  const repertoire = { faults: Object.keys(deployment.faults), windows: Object.keys(deployment.windows) }
  let { tally } = run
  try {
    await openAll(pool, deployment)
    for (const plan of schedule(seed, topology, repertoire)) {
      if (plan.index < Math.max(run.next, options.only ?? 0)) continue
      if (isOver(options, plan, tally, repertoire)) break
      try {
        const found = await tryRound(options, deployment, pool, plan)
        tally = sum(tally, found.tally)
        failures.push(...found.failures.map((failure) => `round ${plan.index} (${plan.name}): ${failure}`))
      } catch (error) {
        const because = error instanceof Error ? (error.stack ?? error.message) : String(error)
        return {
          tally,
          next: plan.index + 1,
          repertoire,
          failure: `round ${plan.index} (${plan.name}): ${because}`,
        }
      }
    }
    return { tally, next: 0, repertoire }
  } finally {
    await pool.stop()
    await deployment.stop()
  }
}

function isOver(
  { races, deadline, only }: RunOptions,
  plan: RoundPlan,
  tally: Tally,
  all: Repertoire,
): boolean {
  if (only !== undefined) return plan.index > only
  if (performance.now() > deadline) return true
  return tally.races >= races && missing(tally, all).length === 0
}

function missing({ faults: done }: Tally, { faults, windows }: Repertoire): string[] {
  return [...faults, ...windows].filter((name) => !done.has(name)).map((name) => `never happened: ${name}`)
}

/** Goes through one round, again if its fault did not happen. What went before counts and is checked all the same. */
async function tryRound(
  { perRound, onRound }: RunOptions,
  deployment: Deployment,
  pool: WorkerPool,
  plan: RoundPlan,
): Promise<RunOutcome> {
  const round = plan.kind === 'fault' ? faultRound : windowRound
  let tally = NOTHING
  for (let tries = 1; ; tries += 1) {
    const began = performance.now()
    const seed = `${plan.seed}.${tries}`
    const outcome = await round({ pool, deployment, seed, races: perRound[plan.kind] }, plan.name)
    tally = sum(tally, outcome.tally)
    onRound(plan, outcome, performance.now() - began)
    if (outcome.didNotHappen === undefined) return { tally, failures: controlsThatHeld(outcome.tally) }
    if (tries === TRIES) return { tally, failures: [outcome.didNotHappen] }
  }
}

function controlsThatHeld({ controls }: Tally): string[] {
  return [...controls].flatMap(([name, { faults, failed }]) =>
    failed < faults ? [`${name} let nobody in twice, and should have`] : [],
  )
}
