import { beforeAll, describe, test } from 'vitest'
import { afterAllTests } from '../../../../../test/cleanups.js'
import { aRedis, type RedisServer } from '../../../../../test/redis/a-redis.js'
import { CLIENTS } from '../../../test/redis/clients.js'
import { prove, type RedisUnderTest } from '../../../test/redis/redis-harness.js'
import { storeCases } from '../../conformance/index.js'

const cleanUp = afterAllTests()
let redis: RedisServer

beforeAll(async () => {
  redis = await aRedis({}, cleanUp)
})

describe.each(Object.entries(CLIENTS))('a single Redis by %s', (_client, connect) => {
  let redisUnderTest: RedisUnderTest

  beforeAll(async () => {
    const client = await connect(redis.port, cleanUp)
    redisUnderTest = { client, masters: [redis] }
  })

  test.concurrent.each(storeCases.map((each) => [each.name, each] as const))(
    '%s',
    (_name, each) => prove(each, redisUnderTest),
    60_000,
  )
})
