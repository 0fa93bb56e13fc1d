import { randomBytes } from 'node:crypto'
import { runTopology, type TopologyName } from './laboratory.js'
import { type FaultsOptions, readOptions } from './options.js'
import { breachLines, reportLines } from './report.js'
import type { RoundOutcome } from './rounds.js'
import type { RoundPlan } from './schedule.js'
import { NOTHING, sum } from './tally.js'

/** What a topology has of all races: failovers by others are what takes most time, and finds most. */
const SHARES: Readonly<Record<TopologyName, number>> = {
  single: 0.08,
  'single-rdb': 0.1,
  'single-aof': 0.1,
  pair: 0.12,
  sentinel: 0.3,
  cluster: 0.3,
}
const PER_ROUND = { fault: 1200, window: 400 } as const
const BREACHES_SHOWN = 5
const MINUTE_MS = 60_000

/** Runs the lab as the command line says. Returns the exit code. */
export async function main(args: readonly string[], say: (line: string) => void): Promise<0 | 1> {
  const options = readOptions(args, () => randomBytes(4).toString('hex'))
  const { topologies, seed } = options
  say(`seed ${seed}`)
  const began = performance.now()
  const shares = topologies.reduce((total, topology) => total + SHARES[topology], 0)
  let total = NOTHING
  let failed = 0
  let done = 0
  for (const topology of topologies) {
    done += SHARES[topology]
    const { tally, failures } = await runTopology({
      topology,
      seed,
      only: options.only,
      races: Math.round((options.races * SHARES[topology]) / shares),
      perRound: PER_ROUND,
      // Time that one did not need is the next one's.
      deadline: began + (options.minutes * MINUTE_MS * done) / shares,
      onRound: (plan, outcome, ms) => sayRound(say, { topology, options, plan, outcome, ms }),
    })
    for (const failure of failures) say(`FAILED   ${topology}: ${failure}`)
    say('')
    for (const line of [`${topology}:`, ...reportLines(tally).map((text) => `  ${text}`), '']) say(line)
    total = sum(total, tally)
    failed += failures.length
  }
  if (topologies.length > 1) for (const line of ['All together:', ...reportLines(total), '']) say(line)
  const minutes = ((performance.now() - began) / MINUTE_MS).toFixed(1)
  say(`seed ${seed}, ${minutes} minutes: ${total.breaches.length} breaches, ${failed} failures`)
  return total.breaches.length + failed === 0 ? 0 : 1
}

interface SaidRound {
  readonly topology: TopologyName
  readonly options: FaultsOptions
  readonly plan: RoundPlan
  readonly outcome: RoundOutcome
  readonly ms: number
}

function sayRound(say: (line: string) => void, { topology, options, plan, outcome, ms }: SaidRound): void {
  const { tally, didNotHappen } = outcome
  const races = `${tally.races} races in ${(ms / 1000).toFixed(1)} s`
  const controls = [...tally.controls]
    .map(([name, { doubles }]) => `; ${name} let ${doubles} in twice`)
    .join('')
  const verdict = tally.breaches.length > 0 ? 'BREACH' : didNotHappen === undefined ? 'ok' : 'again'
  say(
    `${verdict.padEnd(7)} ${topology} ${String(plan.index).padStart(3)}  ${plan.name}: ${outcome.happened} (${races}${controls})`,
  )
  for (const breach of tally.breaches.slice(0, BREACHES_SHOWN))
    for (const line of breachLines(breach)) say(line)
  if (tally.breaches.length > 0)
    say(`Again: npm run faults -- --topology ${topology} --seed ${options.seed} --only ${plan.index}`)
}
