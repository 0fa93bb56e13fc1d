import { setTimeout as pause } from 'node:timers/promises'
import type { RedisServer } from '../../../../test/redis/a-redis.js'
import type { StoreHarness } from '../../src/conformance/index.js'
import type { RedisClient, RedisStoreOptions } from '../../src/stores/redis/index.js'
import { redisStore } from '../../src/stores/redis/index.js'

// What the clock of Redis and a round trip on a busy machine tell apart reliably.
const UNIT_MS = 150
const GRACE_MS = 900
const LEASE_MS = 750

let prefixes = 0

/** A prefix that no other store of this process has. */
export function freshPrefix(): string {
  prefixes += 1
  return `wst-test-${process.pid}-${prefixes}`
}

/** Makes stores over one deployment of Redis, each with keys of its own. `masters` are asked for what is kept. */
export function redisHarness(
  client: RedisClient,
  masters: readonly RedisServer[],
  options: RedisStoreOptions = {},
): StoreHarness {
  return async () => {
    const prefix = freshPrefix()
    const store = redisStore(client, { prefix, graceMs: GRACE_MS, leaseMs: LEASE_MS, ...options })
    return {
      store,
      unitMs: UNIT_MS,
      graceMs: GRACE_MS,
      leaseMs: LEASE_MS,
      advance: (ms) => pause(ms),
      size: async () => (await keptKeys(masters, prefix)).length,
      close: () => store.close(),
    }
  }
}

/** The keys of a store but for those that stay: statistics, the stream, and what seals. */
export async function keptKeys(masters: readonly RedisServer[], prefix: string): Promise<string[]> {
  const all = await Promise.all(masters.map((master) => master.command('KEYS', `${prefix}:*`)))
  return all
    .flat()
    .map(String)
    .filter((key) => !/:(x|seal|notices)$/.test(key))
}
