import { beforeAll, describe, expect, test } from 'vitest'
import { afterAllTests, afterThisTest } from '../../test/cleanups.js'
import { aRedis } from '../../test/redis/a-redis.js'
import { findBreaches } from '../../test/ticket-history/check.js'
import { Load } from './load.js'
import { seededRandom } from './random.js'
import { tallyOf } from './tally.js'
import { WorkerPool } from './worker-pool.js'

const EXPECTED = { clockBoundMs: 20, revokeBoundMs: 0 } as const

describe('A server process that races for tickets in its own memory', () => {
  test('keeps all of the contract, since nothing can fail', async () => {
    const pool = new WorkerPool(1)
    afterThisTest(() => pool.stop())
    await pool.open('memory', { kind: 'single', port: 0 })
    const load = new Load({ pool, store: 'memory', name: 'calm', random: seededRandom('calm') })
    await load.block('a')
    await pool.settle()
    const history = pool.takeHistory()
    expect(findBreaches(history, { ...EXPECTED, faults: false })).toEqual([])
    expect(tallyOf(history)).toMatchObject({ races: 32, indeterminate: 0 })
  })
})

describe('Server processes that race for tickets in Redis', () => {
  const cleanUp = afterAllTests()
  let pool: WorkerPool

  beforeAll(async () => {
    const redis = await aRedis({}, cleanUp)
    pool = new WorkerPool(4)
    cleanUp(() => pool.stop())
    for (const store of ['wsticket', 'getdel'] as const)
      await pool.open(store, { kind: 'single', port: redis.port })
  })

  // On a busy machine a call may take longer than it is waited for, and that is a fault as well.
  const faults = true

  test.each(['wsticket', 'getdel'] as const)('let one win, while nothing fails, over %s', async (store) => {
    const load = new Load({ pool, store, name: store, random: seededRandom('calm'), upgrades: 0.1 })
    await load.block('a')
    await pool.settle()
    const history = pool.takeHistory()
    expect(findBreaches(history, { ...EXPECTED, faults })).toEqual([])
    const { races, admitted } = tallyOf(history)
    expect(races).toBe(32)
    expect(admitted).toBeGreaterThanOrEqual(16)
    expect(new Set(history.map(({ process }) => process)).size).toBe(pool.size + 1)
  })

  test('leave calls behind of which nobody knows when they are killed, and others take their place', async () => {
    const load = new Load({ pool, store: 'wsticket', name: 'killed', random: seededRandom('killed') })
    load.start()
    await load.more(20)
    await pool.process(0).kill()
    await load.more(20)
    await pool.replace(0)
    await load.more(40)
    await load.stop()
    await pool.settle()
    const history = pool.takeHistory()
    expect(findBreaches(history, { ...EXPECTED, faults })).toEqual([])
    expect(history.filter(({ ended }) => ended === undefined).length).toBeGreaterThan(0)
    const processes = new Set(history.map(({ process }) => process))
    expect(processes).toContain('worker 0.1')
    expect(processes).toContain('worker 0.5')
  })
})
