import { describe, expect, it } from 'vitest'
import { aRedis, type RedisServer } from '../../../test/redis/a-redis.js'
import { aReplication } from '../../../test/redis/a-replication.js'
import { until } from './until.mjs'

/** Sentinels need their time to be sure. */
const PATIENCE_MS = 30_000

function only<T>(list: readonly T[]): T {
  const [first] = list
  if (first === undefined) throw new Error('the list is empty')
  return first
}

describe('startReplication', { timeout: PATIENCE_MS }, () => {
  it('gives a master and replicas that follow it', async () => {
    const replication = await aReplication({ replicas: 2, password: 'for-this-test' })
    const master = await replication.master()
    expect(master).toBe(replication.nodes[0])
    await master.command('SET', 'a', '1')
    await replication.waitForReplication()
    for (const node of replication.nodes) expect(await node.command('GET', 'a')).toBe('1')
    await expect(only(replication.nodes.slice(1)).command('SET', 'a', '2')).rejects.toMatchObject({
      code: 'READONLY',
    })
  })

  it('promotes a replica directly, the others follow, and all remember it', async () => {
    const replication = await aReplication({ replicas: 2 })
    const [old, next] = replication.nodes as [RedisServer, RedisServer]
    await old.kill()
    await replication.promote(next)
    expect(await replication.master()).toBe(next)
    await next.command('SET', 'a', '1')
    await replication.waitForReplication()

    // Nobody told the old one: it is a second master, until it follows.
    await old.restart()
    expect(await replication.master()).toBe(next)
    await replication.follow(old, next)
    await replication.waitForReplication()
    await old.restart()
    await replication.waitForReplication()
    expect(await old.command('GET', 'a')).toBe('1')
  })

  it('has no master while there is none, and fails over only with Sentinels', async () => {
    const replication = await aReplication()
    await expect(replication.failOver()).rejects.toThrow('no Sentinel runs; use promote(node)')
    await (await replication.master()).kill()
    await expect(replication.master()).rejects.toThrow('no node of this replication is master now')
  })

  it('loses what was held back when the master dies', async () => {
    const replication = await aReplication({ proxied: true })
    const [master, replica] = replication.nodes as [RedisServer, RedisServer]
    const toReplicas = master.front.only('replication')
    await master.command('SET', 'ticket', 'outstanding')
    await replication.waitForReplication()
    toReplicas.hold('toClient')
    await master.command('SET', 'ticket', 'used')
    await until(
      'it to wait',
      () => toReplicas.counters.toClient.received > toReplicas.counters.toClient.delivered,
    )
    await master.kill()
    await replication.promote(replica)
    toReplicas.heal()
    await replication.waitForReplication()
    expect(await replica.command('GET', 'ticket')).toBe('outstanding')
  })

  it('fails over by Sentinel when the master dies, and takes it back as a replica', async () => {
    const replication = await aReplication({ replicas: 2, sentinels: 3 })
    const master = await replication.master()
    await master.command('SET', 'a', '1')
    await replication.waitForReplication()
    await master.kill()
    const next = await replication.waitForMaster({ instead: master })
    expect(next).not.toBe(master)
    expect(await next.command('GET', 'a')).toBe('1')
    await master.restart()
    await replication.waitForReplication()
    expect(await replication.failOver()).not.toBe(next)
    await replication.waitForReplication()
  })

  it('fails over by Sentinel when the master is cut off, which its clients still reach', async () => {
    const replication = await aReplication({ replicas: 2, sentinels: 3, proxied: true })
    const master = await replication.master()
    replication.isolate(master)
    const next = await replication.waitForMaster({ instead: master })
    expect(await master.command('SET', 'a', 'only there')).toBe('OK')
    expect(await next.command('SET', 'b', '1')).toBe('OK')
    replication.rejoin(master)
    await replication.waitForReplication()
    expect(await master.command('MGET', 'a', 'b')).toEqual([null, '1'])
  })

  it('takes a paused master for none', async () => {
    const replication = await aReplication({ sentinels: 1 })
    const master = await replication.master()
    master.pause()
    const next = await replication.waitForMaster({ instead: master })
    master.resume()
    await replication.waitForReplication()
    expect(await replication.master()).toBe(next)
  })

  it('leaves nothing running', async () => {
    const replication = await aReplication({ sentinels: 1 })
    const pids = [...replication.nodes, ...replication.sentinels].map((server) => server.pid)
    expect(pids).toHaveLength(3)
    await replication.stop()
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('leaves nothing running that did not start as a whole', async () => {
    await expect(aReplication({ redisArgs: ['--no-such-directive', '1'] })).rejects.toThrow(
      'ended instead of',
    )
    const lone = await aRedis()
    expect(() => lone.front).toThrow('has no front; start it with `proxied: true`')
  })
})
