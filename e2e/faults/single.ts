import { readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { type RedisServer, startRedisServer } from '../../scripts/lib/servers/redis-server.mjs'
import { type Deployment, happened, type Window } from './deployment.js'
import {
  answersLost,
  connectionsCut,
  flushScripts,
  killAndRestart,
  pauseAndResume,
  restartLoaded,
  strikeDead,
  tenureOf,
} from './server-faults.js'
import { WORKER_KILLED, WORKER_KILLED_BEFORE_101 } from './worker-faults.js'

/** One Redis, which remembers over a restart as far as its persistence goes. */
export async function startSingle(persistence: 'none' | 'rdb' | 'aof'): Promise<Deployment> {
  const redis = await startRedisServer({ persistence, proxied: true })
  const victim = () => redis
  const windows = {
    none: {},
    rdb: { 'old snapshot': oldSnapshot(redis) },
    aof: { 'lost tail': lostTail(redis) },
  }
  return {
    target: { kind: 'single', port: redis.publicPort },
    faults: {
      'master killed and restarted': killAndRestart(victim),
      'master paused': pauseAndResume(victim),
      'answers lost': answersLost(victim),
      'connections cut': connectionsCut(victim),
      'scripts flushed': flushScripts(victim),
      'worker killed': WORKER_KILLED,
      'worker killed before its 101': WORKER_KILLED_BEFORE_101,
    },
    windows: windows[persistence],
    calm: async () => {},
    stop: () => redis.stop(),
  }
}

/** A Redis that is killed comes back with its last snapshot, and that is from before. */
function oldSnapshot(redis: RedisServer): Window {
  return {
    async open() {
      await redis.command('SAVE')
    },
    async strike() {
      const before = await tenureOf(redis)
      const kept = Number((await redis.info('persistence')).rdb_changes_since_last_save)
      happened(kept > 0, 'nothing was changed since the snapshot')
      await strikeDead(redis)
      await restartLoaded(redis)
      const { rdb_last_load_keys_loaded: loaded = '0' } = await redis.info('persistence')
      happened(Number(loaded) > 0, 'the snapshot was not loaded')
      happened(before !== (await tenureOf(redis)), 'the replication id is the same as before')
      return `restarted from a snapshot with ${loaded} keys, ${kept} changes older`
    },
    heal: async () => {},
  }
}

/** A machine that loses its power loses the end of the append-only file: what was not on the disk yet. */
function lostTail(redis: RedisServer): Window {
  let file = ''
  let size = 0
  return {
    async open() {
      file = await appendFile(redis)
      size = (await stat(file)).size
    },
    async strike() {
      const before = await tenureOf(redis)
      await strikeDead(redis)
      const lost = (await stat(file)).size - size
      happened(lost > 0, 'nothing was appended since')
      await truncate(file, size)
      await restartLoaded(redis)
      happened(before !== (await tenureOf(redis)), 'the replication id is the same as before')
      happened(Number(await redis.command('DBSIZE')) > 0, 'nothing was loaded')
      return `restarted without the last ${lost} bytes of the append-only file`
    },
    heal: async () => {},
  }
}

/** The file to which it appends at the moment. */
async function appendFile(redis: RedisServer): Promise<string> {
  const folder = join(redis.folder, 'appendonlydir')
  const last = (await readdir(folder))
    .filter((name) => name.endsWith('.incr.aof'))
    .sort()
    .at(-1)
  happened(last !== undefined, 'there is no append-only file')
  return join(folder, last)
}
