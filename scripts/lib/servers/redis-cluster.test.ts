import { beforeAll, describe, expect, it } from 'vitest'
import { afterAllTests } from '../../../test/cleanups.js'
import { aCluster, type RedisCluster } from '../../../test/redis/a-cluster.js'
import type { RedisServer } from '../../../test/redis/a-redis.js'
import { until } from './until.mjs'

/** Two seconds until a new cluster answers, and one and more until a dead node is missed. */
const PATIENCE_MS = 30_000

/** They share a cluster, and each leaves it in order. */
describe('startRedisCluster', { timeout: PATIENCE_MS }, () => {
  const cleanUp = afterAllTests()
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await aCluster({ replicasPerMaster: 1, password: 'for-this-test', proxied: true }, cleanUp)
  }, PATIENCE_MS)

  async function masterOf(key: string): Promise<RedisServer> {
    return cluster.masterOfSlot(await cluster.slotOf(key))
  }

  async function otherThan(master: RedisServer): Promise<RedisServer> {
    const other = (await cluster.masters()).find((each) => each !== master)
    if (other === undefined) throw new Error('the cluster has one master only')
    return other
  }

  it('deals all slots out to its masters, each with its replica', async () => {
    const masters = await cluster.masters()
    expect(masters).toHaveLength(3)
    const ends = await Promise.all(
      [0, 5460, 5461, 10922, 10923, 16383].map((slot) => cluster.masterOfSlot(slot)),
    )
    expect(ends).toEqual(masters.flatMap((master) => [master, master]))
    for (const master of masters) expect(await cluster.replicasOf(master)).toHaveLength(1)
    expect(cluster.urls).toEqual(cluster.nodes.map((node) => `redis://127.0.0.1:${node.front.port}`))
  })

  it('names its proxies to clients', async () => {
    const [owner, other] = [await masterOf('a'), await otherThan(await masterOf('a'))]
    const slot = await cluster.slotOf('a')
    await expect(other.command('GET', 'a')).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${owner.publicPort}`)
  })

  it('moves a slot step by step', async () => {
    const [slot, from] = [await cluster.slotOf('{m}'), await masterOf('{m}')]
    const to = await otherThan(from)
    const keys = Array.from({ length: 25 }, (_each, index) => `{m}${index}`)
    for (const key of keys) await from.command('SET', key, 'x')
    const steps: string[] = []
    const moved: string[] = []
    await cluster.moveSlot(slot, to, {
      opened: async (move) => {
        steps.push('opened')
        expect(move).toEqual({ slot, from, to })
        expect(await from.command('GET', '{m}0')).toBe('x')
      },
      batch: async (move) => {
        steps.push(`batch of ${move.keys.length}`)
        moved.push(...move.keys)
        // Half of them here, half of them there: who wants both is to try again.
        await expect(from.command('GET', move.keys[0] ?? '')).rejects.toMatchObject({ code: 'ASK' })
        if (moved.length < keys.length) {
          const left = keys.find((key) => !moved.includes(key))
          await expect(from.command('MGET', moved[0] ?? '', left ?? '')).rejects.toMatchObject({
            code: 'TRYAGAIN',
          })
        }
      },
      emptied: async () => {
        steps.push('emptied')
        expect(await cluster.masterOfSlot(slot)).toBe(from)
      },
      named: async () => {
        steps.push('named')
        expect(await cluster.masterOfSlot(slot)).toBe(to)
      },
    })
    expect(steps).toEqual(['opened', 'batch of 10', 'batch of 10', 'batch of 5', 'emptied', 'named'])
    expect(moved.sort()).toEqual(keys.sort())
    expect(await to.command('MGET', ...keys)).toEqual(keys.map(() => 'x'))
    await cluster.moveSlot(slot, to)
    await cluster.moveSlot(slot, from)
    expect(await cluster.masterOfSlot(slot)).toBe(from)
  })

  it('fails over by order, without a loss', async () => {
    const [slot, master] = [await cluster.slotOf('o'), await masterOf('o')]
    await master.command('SET', 'o', '1')
    const next = await cluster.failOver(master)
    expect(await cluster.masterOfSlot(slot)).toBe(next)
    expect(await next.command('GET', 'o')).toBe('1')
    await cluster.waitForReplication()
    expect(await cluster.replicasOf(next)).toEqual([master])
  })

  it('loses what was held back when a replica takes over from a dead master', async () => {
    const master = await masterOf('t')
    await master.command('SET', 't', 'outstanding')
    await cluster.waitForReplication()
    master.front.only('replication').hold('toClient')
    await master.command('SET', 't', 'used')
    await master.kill()
    const next = await cluster.failOver(master, { by: 'takeover' })
    master.front.heal()
    master.front.only('replication').heal()
    expect(await next.command('GET', 't')).toBe('outstanding')
    await master.restart()
    // At first it takes itself for the master that it was.
    await until(
      'the former master to follow',
      async () => (await master.info('replication')).role === 'slave',
    )
    await cluster.waitForReplication()
    await expect.poll(() => cluster.replicasOf(next)).toEqual([master])
  })

  it('fails over by itself when a master dies, however often it did before', async () => {
    // Redis 7.0 counts the votes of an election of a moment ago again when the replica of a dead master stands for another
    // one, wins with an old epoch, and is believed by nobody: the cluster stayed down.
    const first = await masterOf('k')
    const second = await cluster.failOver(first)
    await cluster.waitForReplication()
    await cluster.failOver(second, { by: 'takeover' })
    const next = await cluster.failOver(first, { by: 'kill' })
    expect(next).toBe(second)
    expect(await next.command('SET', 'k', '1')).toBe('OK')
    await first.restart()
    // At first it takes itself for the master that it was.
    await until('the former master to follow', async () => (await first.info('replication')).role === 'slave')
    await cluster.waitForReplication()
    expect(await first.command('READONLY')).toBe('OK')
    expect(await first.command('GET', 'k')).toBe('1')
  })

  it('fails over when a master is cut off from the others, and takes it back', async () => {
    const [slot, master] = [await cluster.slotOf('i'), await masterOf('i')]
    await cluster.isolate(master)
    const next = await until('another master', async () => {
      const now = await cluster.masterOfSlot(slot)
      return now !== master && now
    })
    await next.command('SET', 'i', '1').catch(() => undefined)
    await cluster.rejoin(master)
    await cluster.waitForAgreement()
    await cluster.waitForReplication()
    expect(await cluster.replicasOf(next)).toEqual([master])
  })

  it('says so when nobody could take over', async () => {
    const [master] = await cluster.masters()
    const [replica] = master === undefined ? [] : await cluster.replicasOf(master)
    if (master === undefined || replica === undefined) throw new Error('the cluster is not in order')
    await expect(cluster.failOver(replica)).rejects.toThrow('has no replica that could take over')
    await Promise.all([master.kill(), replica.kill()])
    const slots = await Promise.allSettled([0, 8000, 16383].map((slot) => cluster.masterOfSlot(slot)))
    expect(slots.filter((each) => each.status === 'rejected')).toHaveLength(1)
    await Promise.all([master.restart(), replica.restart()])
    await cluster.waitForAgreement()
  })

  it('leaves nothing running', async () => {
    const pids = cluster.nodes.map((node) => node.pid)
    await cluster.stop()
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
