import { setTimeout as pause } from 'node:timers/promises'
import type { RedisServer } from '../../../../test/redis/a-redis.js'
import type { StoreCase, StoreHarness } from '../../src/conformance/index.js'
import type { RedisClient, RedisTicketStore } from '../../src/stores/redis/index.js'
import { openRedisStore } from '../../src/stores/redis/redis-store.js'

/**
 * Steps of time that a case is tried in. On a machine that is idle, the clock of Redis and a round trip are told apart in
 * the first. On a busy one a case can be late for its own time: one that has to do with time is tried again, slower.
 */
const UNITS_MS = [120, 480, 1200] as const
const GRACE_UNITS = 6
const LEASE_UNITS = 5

let prefixes = 0

/** A prefix that no other store of this process has. */
export function freshPrefix(): string {
  prefixes += 1
  return `wst-test-${process.pid}-${prefixes}`
}

/** A deployment of Redis, for a suite. */
export interface RedisUnderTest {
  readonly client: RedisClient
  /** Who is asked for what is kept. */
  readonly masters: readonly RedisServer[]
}

/** Proves a case over a deployment of Redis, with keys of its own. */
export async function prove({ run }: StoreCase, redis: RedisUnderTest): Promise<void> {
  for (const unitMs of UNITS_MS) {
    const passing = { waited: false }
    const startedAt = performance.now()
    try {
      return await run(harnessOf(redis, unitMs, passing))
    } catch (error) {
      const timeMattered = passing.waited || performance.now() - startedAt > unitMs
      if (!timeMattered || unitMs === UNITS_MS.at(-1)) throw error
    }
  }
}

function harnessOf(
  { client, masters }: RedisUnderTest,
  unitMs: number,
  passing: { waited: boolean },
): StoreHarness {
  return async () => {
    const prefix = freshPrefix()
    const graceMs = GRACE_UNITS * unitMs
    const leaseMs = LEASE_UNITS * unitMs
    const stores: RedisTicketStore[] = []
    const aStore = (): RedisTicketStore => {
      const store = openRedisStore(client, { prefix, graceMs }, leaseMs)
      stores.push(store)
      return store
    }
    return {
      store: aStore(),
      another: async () => aStore(),
      unitMs,
      graceMs,
      leaseMs,
      advance: async (ms) => {
        passing.waited = true
        await pause(ms)
      },
      size: async () => (await keptKeys(masters, prefix)).length,
      close: async () => {
        await Promise.all(stores.map((store) => store.close()))
      },
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
