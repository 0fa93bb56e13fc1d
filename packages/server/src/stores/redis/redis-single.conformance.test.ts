import { beforeAll, describe, test } from 'vitest'
import { afterAllTests } from '../../../../../test/cleanups.js'
import { aRedis, type RedisServer } from '../../../../../test/redis/a-redis.js'
import { CLIENTS } from '../../../test/redis/clients.js'
import { redisHarness } from '../../../test/redis/redis-harness.js'
import { type StoreHarness, storeCases } from '../../conformance/index.js'

const cleanUp = afterAllTests()
let redis: RedisServer

beforeAll(async () => {
  redis = await aRedis({}, cleanUp)
})

describe.each(Object.entries(CLIENTS))('a single Redis by %s', (_client, connect) => {
  let harness: StoreHarness

  beforeAll(async () => {
    const client = await connect(redis.port, cleanUp)
    harness = redisHarness(client, [redis])
  })

  test.concurrent.each(storeCases.map(({ name, run }) => [name, run] as const))('%s', (_name, run) =>
    run(harness),
  )
})
