import type { Cluster, Redis } from 'ioredis'
import type { createClient, createCluster, createSentinel } from 'redis'
import { expectTypeOf } from 'vitest'
import type { RedisClient } from './index.js'

expectTypeOf<Redis>().toExtend<RedisClient>()
expectTypeOf<Cluster>().toExtend<RedisClient>()
expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>()
expectTypeOf<ReturnType<typeof createSentinel>>().toExtend<RedisClient>()
expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>()
expectTypeOf<{ sendCommand(): void }>().not.toExtend<RedisClient>()
