import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { afterAllTests } from '../../../../test/cleanups.js'
import { aCluster, type RedisCluster } from '../../../../test/redis/a-cluster.js'
import { aReplication, type RedisReplication } from '../../../../test/redis/a-replication.js'
import { authStoreCases } from '../../test/auth-store-cases.js'
import { rateLimitCases } from '../../test/rate-limit-cases.js'
import { newLoginId } from '../auth/auth-store.js'
import { redisAuthStore } from '../auth/redis-auth-store.js'
import { redisRateLimits } from '../auth/redis-rate-limits.js'
import { createLogger } from '../server/logger.js'
import { openRedis, type RedisClient } from './redis-client.js'
import { readRedisUrl } from './redis-url.js'

const cleanUp = afterAllTests()
const START_MS = 60_000
/** A failover takes a second or two, and the machine may be busy. */
const FAILOVER = { timeout: 20_000, interval: 100 }

interface Deployment {
  readonly url: string
  /** Kills the master that holds a key, and waits for another one. */
  readonly killMasterOf: (key: string) => Promise<void>
}

async function cluster(): Promise<Deployment> {
  const servers: RedisCluster = await aCluster({ replicasPerMaster: 1 }, cleanUp)
  return {
    url: `redis+cluster://${servers.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    killMasterOf: async (key) => {
      await servers.waitForReplication()
      const master = await servers.masterOfSlot(await servers.slotOf(key))
      await servers.failOver(master, { by: 'kill' })
    },
  }
}

async function sentinel(): Promise<Deployment> {
  const servers: RedisReplication = await aReplication({ replicas: 1, sentinels: 3 }, cleanUp)
  const { masterName } = servers
  return {
    url: `redis+sentinel://${servers.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${masterName}`,
    killMasterOf: async () => {
      await servers.waitForReplication()
      const master = await servers.waitForMaster()
      await master.kill()
      await servers.waitForMaster({ instead: master })
    },
  }
}

describe.each([
  ['a Cluster', cluster],
  ['Sentinels', sentinel],
] as const)('the chat on %s', { timeout: START_MS }, (_kind, deploy) => {
  let deployment: Deployment
  let nodes: [RedisClient, RedisClient]
  let prefixes = 0
  const freshPrefix = (): string => {
    prefixes += 1
    return `case-${prefixes}:`
  }

  beforeAll(async () => {
    deployment = await deploy()
    nodes = [await open(deployment.url), await open(deployment.url)]
  }, START_MS)

  async function open(url: string): Promise<RedisClient> {
    const outcome = readRedisUrl(url)
    if (!outcome.ok) throw new Error(outcome.must)
    const redis = await openRedis(outcome.target, { log: createLogger('silent') })
    cleanUp(() => redis.close())
    return redis.client
  }

  test.each(authStoreCases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    const prefix = freshPrefix()
    await run(async () => ({
      nodes: [redisAuthStore(nodes[0], { prefix }), redisAuthStore(nodes[1], { prefix })],
    }))
  })

  test.each(rateLimitCases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    const prefix = freshPrefix()
    await run({
      nodes: [redisRateLimits(nodes[0], { prefix }), redisRateLimits(nodes[1], { prefix })],
      // The clock of a real Redis cannot be moved.
      advance: async (ms) => await sleep(ms),
    })
  })

  it('goes on after a master was killed and another one took over', async () => {
    const prefix = freshPrefix()
    const stores = nodes.map((client) => redisAuthStore(client, { prefix }))
    const [one, two] = stores
    const id = newLoginId('user-ada')
    const now = Date.now()
    await one?.openLogin({ id, subject: 'user-ada', generation: 0, deadline: now + 60_000 }, now)
    const [key = ''] = await keysOf(nodes[0], `${prefix}logins:*`)
    await deployment.killMasterOf(key)
    for (const store of [one, two]) {
      await expect
        .poll(async () => (await store?.findLogin(id, now).catch(() => undefined))?.login.id, FAILOVER)
        .toBe(id)
    }
    expect(await two?.endLogins({ subject: 'user-ada' })).toEqual([id])
  })
})

async function keysOf(client: RedisClient, pattern: string): Promise<string[]> {
  if (!('nodes' in client)) return await client.keys(pattern)
  const found = await Promise.all(client.nodes('master').map((node) => node.keys(pattern)))
  return found.flat()
}
