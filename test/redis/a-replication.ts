import {
  type RedisReplication,
  type ReplicationOptions,
  startReplication,
} from '../../scripts/lib/servers/redis-replication.mjs'
import { afterThisTest, type CleanupList } from '../cleanups.js'

export type { RedisReplication, ReplicationOptions }

/** Starts a master with replicas, and Sentinels if asked, and ends them afterwards. */
export async function aReplication(
  options: ReplicationOptions = {},
  cleanUp: CleanupList = afterThisTest,
): Promise<RedisReplication> {
  const replication = await startReplication(options)
  cleanUp(() => replication.stop())
  return replication
}
