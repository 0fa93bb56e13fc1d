import { describe, expect, test } from 'vitest'
import { afterThisTest } from '../../test/cleanups.js'
import { aRedis } from '../../test/redis/a-redis.js'
import { findBreaches } from '../../test/ticket-history/check.js'
import { Load } from './load.js'
import type { StoreName } from './messages.js'
import { seededRandom } from './random.js'
import { tallyOf } from './tally.js'
import { WorkerPool } from './worker-pool.js'

/** Server processes over a store in a Redis of their own. */
async function workers(store: StoreName, size = 4): Promise<WorkerPool> {
  const [redis, pool] = [await aRedis(), new WorkerPool(size)]
  afterThisTest(() => pool.stop())
  await pool.open(store, { kind: 'single', port: redis.port })
  return pool
}

describe('Server processes that race for tickets, while nothing fails,', () => {
  test('let one of them win, over a store in memory', async () => {
    const pool = await workers('memory', 1)
    const load = new Load({ pool, store: 'memory', name: 'calm', random: seededRandom('calm') })
    await load.block('a')
    await pool.settle()
    const history = pool.takeHistory()
    expect(findBreaches(history, { clockBoundMs: 20, revokeBoundMs: 0, faults: false })).toEqual([])
    expect(tallyOf(history)).toMatchObject({ races: 32, indeterminate: 0 })
  })

  test('let one of them win, over Redis, by call and by upgrade', async () => {
    const pool = await workers('wsticket')
    const random = seededRandom('calm')
    const load = new Load({ pool, store: 'wsticket', name: 'calm', random, upgrades: 0.1 })
    await load.block('a')
    await pool.settle()
    const history = pool.takeHistory()
    // On a busy machine a call may take longer than it is waited for, and that is a fault as well.
    expect(findBreaches(history, { clockBoundMs: 20, revokeBoundMs: 0, faults: true })).toEqual([])
    const { races, admitted } = tallyOf(history)
    expect(races).toBe(32)
    expect(admitted).toBeGreaterThanOrEqual(16)
    expect(new Set(history.map(({ process }) => process)).size).toBe(5)
  })

  test('let one of them win over a plain GETDEL, too', async () => {
    const pool = await workers('getdel')
    await new Load({ pool, store: 'getdel', name: 'calm', random: seededRandom('calm') }).block('a')
    await pool.settle()
    const rules = findBreaches(pool.takeHistory(), { clockBoundMs: 20, revokeBoundMs: 0, faults: true })
    expect(rules).toEqual([])
  })
})

describe('A server process that is killed', () => {
  test('leaves calls behind of which nobody knows, and another one takes its place', async () => {
    const pool = await workers('wsticket', 2)
    const random = seededRandom('killed')
    const load = new Load({ pool, store: 'wsticket', name: 'killed', random })
    load.start()
    await load.more(20)
    await pool.process(0).kill()
    await load.more(20)
    await pool.replace(0)
    await load.more(40)
    await load.stop()
    await pool.settle()
    const history = pool.takeHistory()
    expect(findBreaches(history, { clockBoundMs: 20, revokeBoundMs: 0, faults: true })).toEqual([])
    expect(history.filter(({ ended }) => ended === undefined).length).toBeGreaterThan(0)
    expect(new Set(history.map(({ process }) => process))).toEqual(
      new Set(['worker 0.1', 'worker 1.2', 'worker 0.3', 'client']),
    )
  })
})
