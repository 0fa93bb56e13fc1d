import {
  type RedisServer,
  type RedisServerOptions,
  startRedisServer,
} from '../../scripts/lib/servers/redis-server.mjs'
import { afterThisTest, type CleanupList } from '../cleanups.js'

export type { RedisServer, RedisServerOptions }

/** Starts a Redis on a free port, and ends it afterwards. */
export async function aRedis(
  options: RedisServerOptions = {},
  cleanUp: CleanupList = afterThisTest,
): Promise<RedisServer> {
  const server = await startRedisServer(options)
  cleanUp(() => server.stop())
  return server
}
