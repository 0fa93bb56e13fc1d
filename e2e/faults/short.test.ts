import { describe, expect, test } from 'vitest'
import { afterAllTests } from '../../test/cleanups.js'
import type { Deployment } from './deployment.js'
import { startPair } from './pair.js'
import { breachLines, reportLines } from './report.js'
import { CONTROLS, faultRound, openAll, type RoundOutcome, windowRound } from './rounds.js'
import { NOTHING, sum } from './tally.js'
import { WorkerPool } from './worker-pool.js'

/** Always the same schedule; `npm run faults` has others, and more time. */
const SEED = 'short'
const KILLS = 5
const TICKETS = 400
const WORKERS = 4

const cleanUp = afterAllTests()

async function laboratory(): Promise<{ readonly deployment: Deployment; readonly pool: WorkerPool }> {
  const deployment = await startPair()
  cleanUp(() => deployment.stop())
  const pool = new WorkerPool(WORKERS)
  cleanUp(() => pool.stop())
  await openAll(pool, deployment)
  return { deployment, pool }
}

/** What is told of a round when a test fails. */
function told({ happened, tally }: RoundOutcome): string {
  return [`seed ${SEED}`, happened, ...tally.breaches.flatMap(breachLines)].join('\n')
}

describe('Four servers, a Redis and its replica', () => {
  test('admit each ticket once, though the master is killed right after it let somebody in', async () => {
    const { deployment, pool } = await laboratory()
    let total = NOTHING
    for (let kill = 0; kill < KILLS; kill += 1) {
      const options = { deployment, pool, seed: `${SEED}/${kill}`, races: TICKETS }
      const outcome = await windowRound(options, 'replica promoted')
      const { tally, didNotHappen } = outcome
      expect(didNotHappen, told(outcome)).toBeUndefined()
      expect(tally.breaches, told(outcome)).toEqual([])
      // Who does not see a plain GETDEL fail here, nor the store itself without its fence, would see nothing fail.
      for (const control of CONTROLS)
        expect(tally.controls.get(control), told(outcome)).toMatchObject({ faults: 1, failed: 1 })
      total = sum(total, tally)
    }
    const between = await faultRound(
      { deployment, pool, seed: `${SEED}/101`, races: 100 },
      'worker killed before its 101',
    )
    expect(between.didNotHappen, told(between)).toBeUndefined()
    expect(between.tally.breaches, told(between)).toEqual([])
    total = sum(total, between.tally)
    process.stdout.write(`fault laboratory, seed ${SEED}\n${reportLines(total).join('\n')}\n`)
    expect(total.races).toBeGreaterThanOrEqual(KILLS * TICKETS)
    expect(total.windowRaces).toBeGreaterThanOrEqual((KILLS * TICKETS) / 2)
    expect(total.refused.get('voided')).toBeGreaterThan(KILLS)
  }, 120_000)
})
