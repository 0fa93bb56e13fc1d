import { startFaultProxy } from '../../scripts/lib/servers/fault-proxy.mjs'
import { type RedisReplication, startReplication } from '../../scripts/lib/servers/redis-replication.mjs'
import type { RedisServer } from '../../scripts/lib/servers/redis-server.mjs'
import { type Deployment, happened, type Window } from './deployment.js'
import { flushScripts, pauseAndResume, restartLoaded, strikeDead } from './server-faults.js'
import { WORKER_KILLED_BEFORE_101 } from './worker-faults.js'

/** A master and a replica that nobody watches: who is promoted, and when, is up to the lab alone. */
export async function startPair(): Promise<Deployment> {
  const replication = await startReplication({ replicas: 1, proxied: true })
  const first = await replication.master()
  // Clients find the master here, whoever it is, as behind a load balancer.
  const door = await startFaultProxy(first.port)
  const victim = () => replication.master()
  return {
    target: { kind: 'single', port: door.port },
    faults: {
      'master paused': pauseAndResume(victim),
      'scripts flushed': flushScripts(victim),
      'worker killed before its 101': WORKER_KILLED_BEFORE_101,
    },
    windows: {
      'replica promoted': promotion(replication, (master) => {
        door.targetPort = master.port
        door.cut()
      }),
    },
    calm: () => replication.waitForReplication(),
    async stop() {
      await door.close()
      await replication.stop()
    },
  }
}

/** Replication is held back, the master is killed, and the replica is promoted, which knows nothing of the last while. */
function promotion(replication: RedisReplication, lead: (to: RedisServer) => void): Window {
  let master: RedisServer
  return {
    async open() {
      await replication.waitForReplication()
      master = await replication.master()
      master.front.only('replication').hold('toClient')
    },
    async strike() {
      const replica = other(replication, master)
      const offset = Number((await master.info('replication')).master_repl_offset)
      await strikeDead(master)
      // What waits in the proxy dies with the master's network.
      master.front.only('replication').cut()
      await replication.promote(replica)
      const { role, second_repl_offset: known = '' } = await replica.info('replication')
      const behind = offset - Number(known)
      happened(role === 'master', 'the replica is no master')
      happened(behind > 0, 'the replica knew all that the master knew')
      lead(replica)
      return `port ${master.port} killed, port ${replica.port} promoted ${behind} bytes behind`
    },
    async heal() {
      master.front.only('replication').heal()
      await restartLoaded(master)
      await replication.follow(master, other(replication, master))
      await replication.waitForReplication()
    },
  }
}

function other({ nodes }: RedisReplication, node: RedisServer): RedisServer {
  const [found] = nodes.filter((each) => each !== node)
  if (found === undefined) throw new Error('a pair has two nodes')
  return found
}
