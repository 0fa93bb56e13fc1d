import { beforeAll, describe, test } from 'vitest'
import { afterAllTests } from '../../../../../test/cleanups.js'
import { aCluster, type RedisCluster } from '../../../../../test/redis/a-cluster.js'
import { CLUSTER_CLIENTS } from '../../../test/redis/clients.js'
import { prove, type RedisUnderTest } from '../../../test/redis/redis-harness.js'
import { storeCases } from '../../conformance/index.js'

const cleanUp = afterAllTests()
let servers: RedisCluster

beforeAll(async () => {
  servers = await aCluster({ masters: 3, replicasPerMaster: 0 }, cleanUp)
}, 60_000)

describe.each(Object.entries(CLUSTER_CLIENTS))('a Redis Cluster by %s', (_client, connect) => {
  let redisUnderTest: RedisUnderTest

  beforeAll(async () => {
    redisUnderTest = { client: await connect(servers, cleanUp), masters: await servers.masters() }
  }, 30_000)

  test.concurrent.each(storeCases.map((each) => [each.name, each] as const))(
    '%s',
    (_name, each) => prove(each, redisUnderTest),
    60_000,
  )
})
