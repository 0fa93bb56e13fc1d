import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { CleanupList } from '../../../../test/cleanups.js'
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
