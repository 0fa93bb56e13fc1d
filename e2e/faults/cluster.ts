import { type RedisCluster, startRedisCluster } from '../../scripts/lib/servers/redis-cluster.mjs'
import type { RedisServer } from '../../scripts/lib/servers/redis-server.mjs'
import { until } from '../../scripts/lib/servers/until.mjs'
import { type Deployment, type Fault, happened, type Scene, type Window } from './deployment.js'
import type { Random } from './random.js'
import { flushScripts, isDeaf, restartLoaded, strikeDead, TOLD_AGAIN_MS } from './server-faults.js'
import { WORKER_KILLED, WORKER_KILLED_BEFORE_101 } from './worker-faults.js'

/** A master that is cut off stops after cluster-node-timeout, which is a second; the rest is a busy machine. */
const CUT_OFF_BOUND_MS = 2500
/** An election takes this long at the most, before the nodes can tell the new master anything. */
const FAILOVER_MS = 10_000
const UNFENCED_BOUND_MS = FAILOVER_MS + TOLD_AGAIN_MS
/** So many tickets are raced for while slots are on their way, or while there are two masters. */
const RACED_MEANWHILE = 60
/** Of the slots that have tickets, so many move in one round. */
const SLOTS_MOVED = 6
/** Halfway, so many tickets are raced for before the rest of a slot follows. */
const RACED_HALFWAY = 20
/** As redisStore does without a `prefix`. */
const slotKey = (shard: number): string => `wst:{${shard.toString(16).padStart(2, '0')}}:`
const SHARDS = 256

/** Three masters with a replica each. */
export async function startCluster(): Promise<Deployment> {
  const cluster = await startRedisCluster({ masters: 3, replicasPerMaster: 1, proxied: true })
  return {
    target: { kind: 'cluster', ports: cluster.nodes.map(({ publicPort }) => publicPort) },
    faults: {
      'master killed, its replica elected': masterKilled(cluster),
      'master paused, its replica elected': masterPaused(cluster),
      'master cut off, its replica elected': masterCutOff(cluster),
      'failover by order': failover(cluster, 'order'),
      'takeover without asking': failover(cluster, 'takeover'),
      'replica restarted empty': replicaRestartedEmpty(cluster),
      'slots moved': slotsMoved(cluster),
      'scripts flushed': {
        // Of one master that is asked all the time.
        run: async (scene) => flushScripts(() => someMaster(cluster, scene.random)).run(scene),
      },
      'worker killed': WORKER_KILLED,
      'worker killed before its 101': WORKER_KILLED_BEFORE_101,
    },
    windows: { 'masters killed with replication held': heldAndKilled(cluster) },
    calm: () => inOrder(cluster),
    stop: () => cluster.stop(),
  }
}

async function inOrder(cluster: RedisCluster): Promise<void> {
  await cluster.waitForAgreement()
  await cluster.waitForReplication()
}

async function someMaster(cluster: RedisCluster, random: Random): Promise<RedisServer> {
  const [first, ...others] = await cluster.masters()
  if (first === undefined) throw new Error('the cluster has no master')
  return random.pick([first, ...others])
}

/** Waits until another node has the slots of a master. */
function successorOf(cluster: RedisCluster, master: RedisServer, slot: number): Promise<RedisServer> {
  return until('another master for its slots', async () => {
    const owner = await cluster.masterOfSlot(slot)
    return owner !== master && owner
  })
}

/** A slot that a master has. */
async function slotOf(cluster: RedisCluster, master: RedisServer): Promise<number> {
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const slot = await cluster.slotOf(slotKey(shard))
    if ((await cluster.masterOfSlot(slot)) === master) return slot
  }
  throw new Error('the master has no slot with tickets')
}

function masterKilled(cluster: RedisCluster): Fault {
  return {
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run({ random }) {
      const before = await someMaster(cluster, random)
      const slot = await slotOf(cluster, before)
      await strikeDead(before)
      const began = performance.now()
      const after = await successorOf(cluster, before, slot)
      const ms = Math.round(performance.now() - began)
      await restartLoaded(before)
      await inOrder(cluster)
      return `port ${before.port} killed, port ${after.port} elected after ${ms} ms`
    },
  }
}

function masterPaused(cluster: RedisCluster): Fault {
  return {
    revokeBoundMs: CUT_OFF_BOUND_MS,
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run({ random }) {
      const before = await someMaster(cluster, random)
      const slot = await slotOf(cluster, before)
      before.pause()
      let after: RedisServer
      try {
        happened(await isDeaf(before), `the Redis on port ${before.port} answers in spite of SIGSTOP`)
        after = await successorOf(cluster, before, slot)
      } finally {
        before.resume()
      }
      await inOrder(cluster)
      happened((await before.info('replication')).role === 'slave', 'the former master is still one')
      return `port ${before.port} paused, port ${after.port} elected`
    },
  }
}

/** Cut off from all other nodes, but not from the clients: it stops by itself when it has heard of nobody for a second. */
function masterCutOff(cluster: RedisCluster): Fault {
  return {
    revokeBoundMs: CUT_OFF_BOUND_MS,
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run({ random, load }) {
      const before = await someMaster(cluster, random)
      const slot = await slotOf(cluster, before)
      await cluster.isolate(before)
      let after: RedisServer
      try {
        after = await successorOf(cluster, before, slot)
        happened(
          (await before.info('replication')).role === 'master',
          'the former master knows of the new one',
        )
        await load.more(RACED_MEANWHILE)
        await until('the former master to stop', async () =>
          String(await before.command('CLUSTER', 'INFO')).includes('cluster_state:fail'),
        )
      } finally {
        await cluster.rejoin(before)
      }
      await inOrder(cluster)
      happened((await before.info('replication')).role === 'slave', 'the former master is still one')
      return `port ${before.port} cut off and stopped, port ${after.port} elected`
    },
  }
}

function failover(cluster: RedisCluster, by: 'order' | 'takeover'): Fault {
  return {
    // By takeover, the former master hears of it a moment later.
    revokeBoundMs: by === 'takeover' ? CUT_OFF_BOUND_MS : 0,
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run({ random }) {
      const before = await someMaster(cluster, random)
      const after = await cluster.failOver(before, { by })
      await inOrder(cluster)
      happened((await before.info('replication')).role === 'slave', 'the former master is still one')
      return `port ${before.port} gave way to port ${after.port} by ${by}`
    },
  }
}

function replicaRestartedEmpty(cluster: RedisCluster): Fault {
  return {
    async run({ random }) {
      const master = await someMaster(cluster, random)
      const [replica] = await cluster.replicasOf(master)
      happened(replica !== undefined, 'there is no replica')
      const copies = Number((await master.info('stats')).sync_full)
      await strikeDead(replica)
      await replica.restart()
      await inOrder(cluster)
      const made = Number((await master.info('stats')).sync_full) - copies
      happened(made > 0, 'the replica needed no full copy')
      return `port ${replica.port} restarted empty, and got ${made} full copy`
    },
  }
}

/** Slots go to other masters while their tickets are issued, raced for and revoked; each stops halfway for a while. */
function slotsMoved(cluster: RedisCluster): Fault {
  return {
    unfencedBoundMs: UNFENCED_BOUND_MS,
    async run(scene) {
      let keys = 0
      let halfway = 0
      for (let moved = 0; moved < SLOTS_MOVED; moved += 1) {
        const slot = await cluster.slotOf(slotKey(scene.random.between(0, SHARDS - 1)))
        const [to] = scene.random.shuffle(await otherMasters(cluster, slot))
        happened(to !== undefined, 'there is no other master')
        await cluster.moveSlot(slot, to, {
          keysPerBatch: 1,
          opened: () => pause(scene),
          batch: async ({ keys: gone }) => {
            keys += gone.length
            if (keys % 20 === 1) {
              halfway += 1
              await pause(scene)
            }
          },
        })
        happened((await cluster.masterOfSlot(slot)) === to, `slot ${slot} did not move`)
      }
      happened(keys > 0 && halfway > 0, 'the slots that moved had no tickets')
      return `${SLOTS_MOVED} slots moved with ${keys} keys, ${halfway} stops halfway`
    },
  }
}

async function otherMasters(cluster: RedisCluster, slot: number): Promise<RedisServer[]> {
  const owner = await cluster.masterOfSlot(slot)
  return (await cluster.masters()).filter((master) => master !== owner)
}

async function pause({ load }: Scene): Promise<void> {
  await load.more(RACED_HALFWAY)
}

/** Replication of all masters is held back, all are killed, and each replica takes over, which knows nothing of it. */
function heldAndKilled(cluster: RedisCluster): Window {
  let pairs: { readonly master: RedisServer; readonly replica: RedisServer }[] = []
  return {
    async open() {
      await cluster.waitForReplication()
      pairs = await Promise.all(
        (await cluster.masters()).map(async (master) => {
          const [replica] = await cluster.replicasOf(master)
          happened(replica !== undefined, `the master on port ${master.port} has no replica`)
          return { master, replica }
        }),
      )
      for (const { master } of pairs) master.front.only('replication').hold('toClient')
    },
    async strike() {
      const behind = await Promise.all(pairs.map(killAndTakeOver))
      await cluster.waitForAgreement()
      const masters = await cluster.masters()
      happened(
        pairs.every(({ replica }) => masters.includes(replica)),
        'a replica is no master',
      )
      return `${pairs.length} masters killed, their replicas took over ${behind.join(', ')} bytes behind`
    },
    async heal() {
      for (const { master } of pairs) {
        master.front.only('replication').heal()
        await restartLoaded(master)
      }
      await inOrder(cluster)
    },
  }
}

async function killAndTakeOver({
  master,
  replica,
}: {
  readonly master: RedisServer
  readonly replica: RedisServer
}): Promise<number> {
  const offset = Number((await master.info('replication')).master_repl_offset)
  await strikeDead(master)
  master.front.only('replication').cut()
  await replica.command('CLUSTER', 'FAILOVER', 'TAKEOVER')
  const behind = await until('the replica to take over', async () => {
    const { role, second_repl_offset: known } = await replica.info('replication')
    return role === 'master' && offset - Number(known)
  })
  happened(behind > 0, `the replica on port ${replica.port} knew all that its master knew`)
  return behind
}
