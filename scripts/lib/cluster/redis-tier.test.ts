import { describe, expect, it, vi } from 'vitest'
import { afterThisTest } from '../../../test/cleanups.js'
import { startRedisCluster } from '../servers/redis-cluster.mjs'
import { Happenings, happeningLine } from './happenings.mjs'
import { RedisTier } from './redis-tier.mjs'

const SLOW_MS = 60_000

describe('RedisTier', { timeout: SLOW_MS }, () => {
  it('loses a master to its replica, and takes it back as a replica of that', async () => {
    const cluster = await startRedisCluster({ masters: 3, replicasPerMaster: 1 })
    afterThisTest(() => cluster.stop())
    const told: string[] = []
    const happenings = new Happenings((happening) => told.push(happeningLine(happening)))
    const tier = new RedisTier(cluster, { happenings, say: (line) => told.push(line), restartAfterMs: 1 })
    afterThisTest(() => tier.stop())

    const before = await tier.view()
    expect(before.map(({ name, role, up }) => `${name} ${role} ${up}`)).toEqual([
      'redis-1 master true',
      'redis-2 master true',
      'redis-3 master true',
      'redis-4 replica true',
      'redis-5 replica true',
      'redis-6 replica true',
    ])
    expect(before[4]?.of).toBe('redis-2')
    expect(await tier.failOver('redis-9')).toBe('There is no redis-9.')
    expect(await tier.failOver('redis-5')).toBe('redis-5 is no master that is up.')

    // Of two that ask in the same moment one is refused.
    const [first, second] = await Promise.all([tier.failOver('redis-2'), tier.failOver('redis-1')])
    expect([first, second]).toEqual([undefined, 'redis-2 is being failed over; one at a time.'])
    expect(told).toEqual(['redis-2, a master, was killed'])
    const during = await tier.view()
    expect(during[1]).toMatchObject({ name: 'redis-2', up: false })
    expect(during[1]).not.toHaveProperty('pid')

    await vi.waitUntil(() => told.length === 3, { timeout: SLOW_MS / 2, interval: 50 })
    expect(told[1]).toMatch(/^redis-5 is the master in place of redis-2, after [\d.]+ s$/)
    expect(told[2]).toBe('redis-2 is back as a replica of redis-5')
    const after = await tier.view()
    expect(after[4]).toMatchObject({ role: 'master', up: true, slots: before[1]?.slots })
    expect(after[1]).toMatchObject({ role: 'replica', up: true, of: 'redis-5', slots: [] })
  })
})
