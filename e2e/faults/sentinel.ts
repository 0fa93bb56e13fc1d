import { setTimeout as sleep } from 'node:timers/promises'
import { type RedisReplication, startReplication } from '../../scripts/lib/servers/redis-replication.mjs'
import type { RedisServer } from '../../scripts/lib/servers/redis-server.mjs'
import { until } from '../../scripts/lib/servers/until.mjs'
import { type Deployment, type Fault, happened, type Window } from './deployment.js'
import {
  answersLost,
  connectionsCut,
  flushScripts,
  isDeaf,
  restartLoaded,
  strikeDead,
  TOLD_AGAIN_MS,
  tenureOf,
} from './server-faults.js'
import { WORKER_KILLED, WORKER_KILLED_BEFORE_101 } from './worker-faults.js'

/** A master that hears of no replica for so many seconds takes no writes any more: longer than a failover takes, so that there
 * are two of them for a while. */
const MAX_LAG_SECONDS = 4
/** Redis looks once a second how far its replicas are behind; the rest is a busy machine. */
const CUT_OFF_BOUND_MS = (MAX_LAG_SECONDS + 1) * 1000 + 500
/** A failover by Sentinels takes this long at the most, before the nodes can tell the new master anything. */
const FAILOVER_MS = 10_000
const UNFENCED_BOUND_MS = FAILOVER_MS + TOLD_AGAIN_MS
/** So many tickets are raced for while there are two masters. */
const RACED_MEANWHILE = 60

/** A master with two replicas, and three Sentinels that replace it. */
export async function startSentinel(): Promise<Deployment> {
  const replication = await startReplication({
    replicas: 2,
    sentinels: 3,
    proxied: true,
    redisArgs: ['--min-replicas-to-write', '1', '--min-replicas-max-lag', String(MAX_LAG_SECONDS)],
  })
  const master = () => replication.master()
  return {
    target: {
      kind: 'sentinel',
      name: replication.masterName,
      ports: replication.sentinels.map(({ port }) => port),
    },
    faults: {
      'master killed, another elected': masterKilled(replication),
      'master paused, another elected': masterPaused(replication),
      'master cut off, another elected': masterCutOff(replication),
      'master restarted empty': masterRestartedEmpty(replication),
      'failover by order': failoverByOrder(replication),
      'replica restarted empty': replicaRestartedEmpty(replication),
      'answers lost': answersLost(master),
      'connections cut': connectionsCut(master),
      'scripts flushed': flushScripts(master),
      'worker killed': WORKER_KILLED,
      'worker killed before its 101': WORKER_KILLED_BEFORE_101,
    },
    windows: { 'master killed with replication held': heldAndKilled(replication) },
    calm: () => inOrder(replication),
    stop: () => replication.stop(),
  }
}

/** Waits until all follow one master, also one that was the master itself. */
async function inOrder(replication: RedisReplication): Promise<void> {
  await replication.waitForReplication()
  await until('the Sentinels to find all in order', async () => {
    await replication.waitForSentinels()
    return true
  })
}

function masterKilled(replication: RedisReplication): Fault {
  return {
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run() {
      const before = await replication.master()
      await strikeDead(before)
      const began = performance.now()
      const after = await replication.waitForMaster({ instead: before })
      const ms = Math.round(performance.now() - began)
      await restartLoaded(before)
      await inOrder(replication)
      return `port ${before.port} killed, port ${after.port} elected after ${ms} ms`
    },
  }
}

/** A master that stands still is replaced; when it goes on, there are two, until it is told. */
function masterPaused(replication: RedisReplication): Fault {
  return {
    revokeBoundMs: CUT_OFF_BOUND_MS,
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run() {
      const before = await replication.master()
      before.pause()
      let after: RedisServer
      try {
        happened(await isDeaf(before), `the Redis on port ${before.port} answers in spite of SIGSTOP`)
        after = await replication.waitForMaster({ instead: before })
      } finally {
        before.resume()
      }
      const { role } = await before.info('replication')
      await inOrder(replication)
      happened((await before.info('replication')).role === 'slave', 'the former master is still one')
      return `port ${before.port} paused, port ${after.port} elected; the former was ${role} when it went on`
    },
  }
}

/**
 * A master that neither its replicas nor the Sentinels can reach is replaced. Some of the nodes still reach it, and it takes
 * itself for the master until it notices that nobody follows.
 */
function masterCutOff(replication: RedisReplication): Fault {
  return {
    revokeBoundMs: CUT_OFF_BOUND_MS,
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run({ load }) {
      const before = await replication.master()
      replication.isolate(before)
      let after: RedisServer
      let asked: number
      try {
        after = await replication.waitForMaster({ instead: before })
        happened(
          (await before.info('replication')).role === 'master',
          'the former master knows of the new one',
        )
        const busy = await commandsOf(before)
        await load.more(RACED_MEANWHILE)
        asked = (await commandsOf(before)) - busy
        happened(asked > RACED_MEANWHILE / 2, 'nobody asked the former master any more')
        await until('the former master to stop', async () => {
          const { min_slaves_good_slaves: good } = await before.info('replication')
          return good === '0'
        })
      } finally {
        replication.rejoin(before)
      }
      await inOrder(replication)
      happened((await before.info('replication')).role === 'slave', 'the former master is still one')
      return `port ${before.port} cut off, port ${after.port} elected; both were masters and asked ${asked} times`
    },
  }
}

async function commandsOf(server: RedisServer): Promise<number> {
  return Number((await server.info('stats')).total_commands_processed)
}

/** A master without persistence is restarted by somebody quick: it comes back empty, and its replicas follow it. */
function masterRestartedEmpty(replication: RedisReplication): Fault {
  return {
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run({ load }) {
      const server = await replication.master()
      const before = await tenureOf(server)
      await load.more(1)
      await strikeDead(server)
      await restartLoaded(server)
      happened(before !== (await tenureOf(server)), 'the replication id is the same as before')
      await until('a master to be there', () => replication.master())
      await inOrder(replication)
      const master = await replication.master()
      return `port ${server.port} restarted empty, port ${master.port} is the master`
    },
  }
}

function failoverByOrder(replication: RedisReplication): Fault {
  return {
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run() {
      const before = await replication.master()
      const after = await replication.failOver()
      await inOrder(replication)
      happened((await before.info('replication')).role === 'slave', 'the former master is still one')
      return `port ${before.port} gave way to port ${after.port}`
    },
  }
}

function replicaRestartedEmpty(replication: RedisReplication): Fault {
  return {
    async run({ random }) {
      const master = await replication.master()
      const [first, ...others] = replication.nodes.filter((node) => node !== master)
      happened(first !== undefined, 'there is no replica')
      const replica = random.pick([first, ...others])
      const copies = await fullCopies(master)
      await strikeDead(replica)
      await sleep(random.between(0, 300))
      await replica.restart()
      await replication.waitForReplication()
      const made = (await fullCopies(master)) - copies
      happened(made > 0, 'the replica needed no full copy')
      return `port ${replica.port} restarted empty, and got ${made} full copy`
    },
  }
}

async function fullCopies(master: RedisServer): Promise<number> {
  return Number((await master.info('stats')).sync_full)
}

/** Replication to both is held back, the master is killed, and the Sentinels elect one that does not know. */
function heldAndKilled(replication: RedisReplication): Window {
  let master: RedisServer
  return {
    async open() {
      await replication.waitForReplication()
      master = await replication.master()
      master.front.only('replication').hold('toClient')
    },
    async strike() {
      const offset = Number((await master.info('replication')).master_repl_offset)
      await strikeDead(master)
      master.front.only('replication').cut()
      const after = await replication.waitForMaster({ instead: master })
      const behind = offset - Number((await after.info('replication')).second_repl_offset)
      happened(behind > 0, 'who was elected knew all that the master knew')
      return `port ${master.port} killed, port ${after.port} elected ${behind} bytes behind`
    },
    async heal() {
      master.front.only('replication').heal()
      await restartLoaded(master)
      await inOrder(replication)
    },
  }
}
