import { memoryStore, type TicketStore } from '@wsticket/server'
import { redisStore } from '@wsticket/server/redis'
import type { Logger } from 'pino'
import type { AuthService } from '../auth/auth-service.js'
import type { AuthStore } from '../auth/auth-store.js'
import { addDemoUsers, DEMO_USERS } from '../auth/demo-users.js'
import { memoryAuthStore } from '../auth/memory-auth-store.js'
import { memoryRateLimits, type RateLimits } from '../auth/rate-limit.js'
import { redisAuthStore } from '../auth/redis-auth-store.js'
import { redisRateLimits } from '../auth/redis-rate-limits.js'
import { openRedis } from '../redis/redis-client.js'
import type { Config } from './config.js'

// A Redis that was emptied while everybody stayed connected has no keys and no users until the next look.
const RESTORE_MS = 15_000

/** Where a node keeps what it must remember. */
export interface Stores {
  readonly tickets: TicketStore
  readonly auth: AuthStore
  readonly limits: RateLimits
  /** Sees to it that the service's keys and the demo users are there, now and whenever they were lost. */
  keepUp(auth: AuthService, onError: (error: unknown) => void): Promise<void>
  close(): Promise<void>
}

/** Opens the stores: in Redis, shared by all nodes with the same `REDIS_URL`, or in the memory of this process. */
export async function openStores(
  config: Config,
  options: { readonly log: Logger; readonly startMs?: number | undefined },
): Promise<Stores> {
  if (config.redis === undefined) return memoryStores()
  const redis = await openRedis(config.redis, options)
  const tickets = redisStore(redis.client)
  const users = redisAuthStore(redis.client)
  let timer: NodeJS.Timeout | undefined
  return {
    tickets,
    auth: users,
    limits: redisRateLimits(redis.client),
    async keepUp(auth, onError) {
      await addDemoUsers(auth)
      const found = await Promise.all(DEMO_USERS.map(({ email }) => users.findUserByEmail(email)))
      const demo = found.filter((user) => user !== undefined)
      const restore = async (): Promise<void> => {
        await auth.restoreKeys()
        for (const user of demo) await users.addUser(user)
      }
      // While it is away, everybody knows already.
      const look = (): void => {
        if (redis.client.status === 'ready') restore().catch(onError)
      }
      redis.onBack(look)
      timer = setInterval(look, RESTORE_MS)
    },
    async close() {
      clearInterval(timer)
      await tickets.close()
      await redis.close()
    },
  }
}

function memoryStores(): Stores {
  return {
    tickets: memoryStore(),
    auth: memoryAuthStore(),
    limits: memoryRateLimits(),
    keepUp: addDemoUsers,
    close: async () => undefined,
  }
}
