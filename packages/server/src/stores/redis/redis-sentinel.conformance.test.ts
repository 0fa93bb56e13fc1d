import { beforeAll, describe, test } from 'vitest'
import { afterAllTests } from '../../../../../test/cleanups.js'
import { aReplication, type RedisReplication } from '../../../../../test/redis/a-replication.js'
import { SENTINEL_CLIENTS } from '../../../test/redis/clients.js'
import { prove, type RedisUnderTest } from '../../../test/redis/redis-harness.js'
import { storeCases } from '../../conformance/index.js'

const cleanUp = afterAllTests()
let servers: RedisReplication

beforeAll(async () => {
  servers = await aReplication({ replicas: 1, sentinels: 3 }, cleanUp)
}, 60_000)

describe.each(Object.entries(SENTINEL_CLIENTS))('Redis with Sentinel by %s', (_client, connect) => {
  let redisUnderTest: RedisUnderTest

  beforeAll(async () => {
    redisUnderTest = { client: await connect(servers, cleanUp), masters: [await servers.master()] }
  }, 30_000)

  test.concurrent.each(storeCases.map((each) => [each.name, each] as const))(
    '%s',
    (_name, each) => prove(each, redisUnderTest),
    60_000,
  )
})
