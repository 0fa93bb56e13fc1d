import { checkKnown, checkOneOf, checkWhole } from '../../checks.js'
import { type Clock, systemClock } from '../../clock.js'
import { GRACE_MS, NODE_LEASE_MS, type TicketStore } from '../store.js'
import type { Guarantee } from './deployment.js'
import { RedisKeys } from './keys.js'
import type { RedisClient } from './redis-client.js'
import { linkOf } from './redis-link.js'
import { RedisStore } from './redis-ticket-store.js'

/** How a Redis store works. All has defaults that are safe. */
export interface RedisStoreOptions {
  /**
   * What all keys begin with: several systems may share one Redis. 1 to 64 letters, digits, `.`, `_`, `-` and `:`.
   *
   * @default 'wst'
   */
  readonly prefix?: string | undefined
  /**
   * How single use is kept through a failover of Redis. `fence`: only the process that issued a ticket can consume it; needs
   * `INFO`. `wait`: a redeem counts once `replicas` replicas have it; slower, and weaker. `none`: it is not.
   *
   * @default 'fence'
   */
  readonly guarantee?: Guarantee | undefined
  /** With `guarantee: 'wait'`, how many replicas must have a redeem or a revoke, 1 to 16. @default 1 */
  readonly replicas?: number | undefined
  /** Milliseconds that ended tickets and sessions stay known, 100 to 3600000. @default 300_000 */
  readonly graceMs?: number | undefined
  /** Seconds after which a new key seals tickets, 60 to 2678400. @default 86_400 */
  readonly sealRotationSeconds?: number | undefined
  /** For pauses and deadlines; what is kept goes by the clock of Redis. @default the machine's */
  readonly clock?: Clock | undefined
}

/** A store in Redis. Its connections for blocking reads are closed by `close`; the client that it was given is yours. */
export interface RedisTicketStore extends TicketStore {
  close(): Promise<void>
}

const OPTIONS = ['prefix', 'guarantee', 'replicas', 'graceMs', 'sealRotationSeconds', 'clock']
const PREFIX = /^[\w.:-]{1,64}$/
const DAY_SECONDS = 86_400

/**
 * Keeps tickets, sessions and revocations in Redis 6.2 or later, or Valkey, for any number of nodes: single, with Sentinel or as a
 * Cluster.
 *
 * Issue and redeem are one script each, on one slot. Single use holds through failovers, restarts from old snapshots and
 * split brains: see `guarantee`. What this Redis can promise is probed at the first call, told by `health()`, and a call rejects
 * with `store_unavailable` and a remedy where it cannot keep what is asked for.
 *
 * Throws a `TypeError` for options that it does not know or cannot keep, and for what is no client.
 *
 * @example
 * const store = redisStore(new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379'))
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisTicketStore {
  return openRedisStore(client, options, NODE_LEASE_MS)
}

/** The same, with another lease of nodes, in milliseconds: for tests, since nodes hold theirs every ten seconds. */
export function openRedisStore(
  client: RedisClient,
  options: RedisStoreOptions,
  leaseMs: number,
): RedisTicketStore {
  checkKnown('redisStore.', options, OPTIONS)
  checkOneOf('redisStore.guarantee', options.guarantee, ['fence', 'wait', 'none'])
  const prefix = options.prefix ?? 'wst'
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    throw new TypeError(
      `redisStore.prefix is ${JSON.stringify(prefix)}; it must be 1 to 64 letters, digits, '.', '_', '-' and ':'. Example: 'wst'`,
    )
  }
  const { replicas = 1, graceMs = GRACE_MS, sealRotationSeconds = DAY_SECONDS } = options
  checkWhole('redisStore.replicas', replicas, 1, 16)
  checkWhole('redisStore.graceMs', graceMs, 100, 3_600_000)
  checkWhole('redisStore.sealRotationSeconds', sealRotationSeconds, 60, 31 * DAY_SECONDS)
  const guarantee = options.guarantee ?? 'fence'
  const link = linkOf(client)
  if (guarantee === 'wait' && !link.canWait) {
    throw new TypeError(
      "redisStore.guarantee 'wait' over a Cluster needs node-redis (createCluster): ioredis cannot send WAIT to the master of a key. " +
        'Let Redis allow INFO and leave guarantee out, or take node-redis',
    )
  }
  return new RedisStore({
    link,
    clock: options.clock ?? systemClock,
    keys: new RedisKeys(prefix),
    guarantee,
    replicas,
    graceMs,
    leaseMs,
    sealRotationMs: sealRotationSeconds * 1000,
  })
}
