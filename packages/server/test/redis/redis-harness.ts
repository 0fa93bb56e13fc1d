import { setTimeout as pause } from 'node:timers/promises'
import type { StoreHarness } from '../../src/conformance/index.js'
import type { RedisClient, RedisStoreOptions } from '../../src/stores/redis/index.js'
import { redisStore } from '../../src/stores/redis/index.js'

// What the clock of Redis and a round trip on a busy machine tell apart reliably.
const UNIT_MS = 100
const GRACE_MS = 600
const LEASE_MS = 500

let prefixes = 0

/** A prefix that no other store of this process has. */
export function freshPrefix(): string {
  prefixes += 1
  return `wst-test-${process.pid}-${prefixes}`
}

/** Makes stores over one Redis, each with keys of its own. `keys` gives all keys that match a pattern. */
export function redisHarness(
  client: RedisClient,
  keys: (pattern: string) => Promise<readonly string[]>,
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
      // Statistics, keys that seal and the stream stay; all else leaves.
      size: async () => {
        const all = await keys(`${prefix}:*`)
        return all.filter((key) => !/:(x|seal|notices)$/.test(key)).length
      },
      close: () => store.close(),
    }
  }
}
