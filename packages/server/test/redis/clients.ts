import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import type { CleanupList } from '../../../../test/cleanups.js'
import type { RedisCluster } from '../../../../test/redis/a-cluster.js'
import type { RedisReplication } from '../../../../test/redis/a-replication.js'
import type { RedisClient } from '../../src/stores/redis/index.js'

/** Whom a client logs in as. */
export interface Credentials {
  readonly username?: string
  readonly password?: string
}

/** Makes a connected client of a single Redis. */
export type ClientOf = (port: number, cleanUp: CleanupList, as?: Credentials) => Promise<RedisClient>

/** A client of ioredis. */
export async function ioRedisClient(
  port: number,
  cleanUp: CleanupList,
  as: Credentials = {},
): Promise<Redis> {
  const client = new Redis({ port, host: '127.0.0.1', ...as, retryStrategy: () => 50 })
  client.on('error', () => {})
  cleanUp(() => client.disconnect())
  return client
}

/** A client of node-redis. */
export async function nodeRedisClient(
  port: number,
  cleanUp: CleanupList,
  as: Credentials = {},
): Promise<RedisClient> {
  const client = createClient({
    socket: { port, host: '127.0.0.1', reconnectStrategy: () => 50 },
    ...as,
  })
  client.on('error', () => {})
  cleanUp(() => client.destroy())
  await client.connect()
  return client
}

/** All of them, by name. */
export const CLIENTS: Readonly<Record<string, ClientOf>> = {
  ioredis: ioRedisClient,
  'node-redis': nodeRedisClient,
}

/** Clients that find the master by Sentinel, by name. */
export const SENTINEL_CLIENTS: Readonly<
  Record<string, (replication: RedisReplication, cleanUp: CleanupList) => Promise<RedisClient>>
> = {
  async ioredis({ sentinels, masterName }, cleanUp) {
    const client = new Redis({
      sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      name: masterName,
      sentinelRetryStrategy: () => 50,
      retryStrategy: () => 50,
    })
    client.on('error', () => {})
    cleanUp(() => client.disconnect())
    return client
  },
  async 'node-redis'({ sentinels, masterName }, cleanUp) {
    const client = createSentinel({
      name: masterName,
      sentinelRootNodes: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      scanInterval: 200,
    })
    client.on('error', () => {})
    cleanUp(() => client.destroy())
    await client.connect()
    return client
  },
}

/** Clients of a Cluster, by name. */
export const CLUSTER_CLIENTS: Readonly<
  Record<string, (cluster: RedisCluster, cleanUp: CleanupList) => Promise<RedisClient>>
> = {
  async ioredis({ nodes }, cleanUp) {
    const client = new Cluster(
      nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
      { clusterRetryStrategy: () => 50, slotsRefreshInterval: 500 },
    )
    client.on('error', () => {})
    cleanUp(() => client.disconnect())
    return client
  },
  async 'node-redis'({ nodes }, cleanUp) {
    const client = createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) })
    client.on('error', () => {})
    cleanUp(() => client.destroy())
    await client.connect()
    return client
  },
}
