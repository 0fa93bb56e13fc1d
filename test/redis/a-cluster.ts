import {
  type ClusterOptions,
  type RedisCluster,
  startRedisCluster,
} from '../../scripts/lib/servers/redis-cluster.mjs'
import { afterThisTest, type CleanupList } from '../cleanups.js'

export type { ClusterOptions, RedisCluster }

/** Starts a cluster, which takes two seconds, and ends it afterwards. */
export async function aCluster(
  options: ClusterOptions = {},
  cleanUp: CleanupList = afterThisTest,
): Promise<RedisCluster> {
  const cluster = await startRedisCluster(options)
  cleanUp(() => cluster.stop())
  return cluster
}
