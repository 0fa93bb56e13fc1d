import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisServer } from '../../scripts/lib/servers/redis-server.mjs'
import { until } from '../../scripts/lib/servers/until.mjs'
import { type Fault, happened } from './deployment.js'

/** A server that does not answer within this is one that does not answer. */
const DEAF_MS = 100
/** So long a pause is: some longer than a node waits for one answer (350 ms), some longer than for all (1 s). */
const PAUSE_MS = { min: 200, max: 1600 } as const

/**
 * After so long at the latest a new master knows the revokes again that the nodes acknowledged and the former one took with
 * it: the nodes look once a second, on a busy machine.
 */
export const TOLD_AGAIN_MS = 3000
/** So long connections are refused. */
const REFUSED_MS = { min: 50, max: 700 } as const

/** Which of the servers it shall be this time. */
export type Victim = () => Promise<RedisServer> | RedisServer

/** The id that names the time during which a process is the master. */
export async function tenureOf(server: RedisServer): Promise<string> {
  return (await server.info('replication')).master_replid ?? ''
}

/** Kills a server, and sees that it was that. */
export async function strikeDead(server: RedisServer): Promise<void> {
  const { signal } = await server.kill('SIGKILL')
  happened(signal === 'SIGKILL', `the Redis on port ${server.port} ended by ${signal ?? 'itself'}`)
}

/** Whether it answers nobody. */
export async function isDeaf(server: RedisServer): Promise<boolean> {
  return server.ask(['PING'], { patienceMs: DEAF_MS }).then(
    () => false,
    () => true,
  )
}

/** Restarts a server, and waits until it has read its files. */
export async function restartLoaded(server: RedisServer): Promise<void> {
  await server.restart()
  await until('Redis to have read its files', async () => (await server.info('persistence')).loading === '0')
}

/** The process is killed, and started anew with what it has on its disk. */
export function killAndRestart(victim: Victim): Fault {
  return {
    unfencedBoundMs: TOLD_AGAIN_MS,
    async run({ random }) {
      const server = await victim()
      const before = await tenureOf(server)
      await strikeDead(server)
      await sleep(random.between(0, 500))
      await restartLoaded(server)
      const after = await tenureOf(server)
      happened(before !== after, `the Redis on port ${server.port} has the same replication id as before`)
      return `port ${server.port} killed and restarted`
    },
  }
}

/** The process stands still for a while, with all connections open, and goes on as if nothing had been. */
export function pauseAndResume(victim: Victim): Fault {
  return {
    async run({ random }) {
      const server = await victim()
      const before = await tenureOf(server)
      const ms = random.between(PAUSE_MS.min, PAUSE_MS.max)
      server.pause()
      try {
        happened(await isDeaf(server), `the Redis on port ${server.port} answers in spite of SIGSTOP`)
        await sleep(ms)
      } finally {
        server.resume()
      }
      happened(before === (await tenureOf(server)), `the Redis on port ${server.port} is another one now`)
      return `port ${server.port} paused for ${ms} ms`
    },
  }
}

/** Redis forgets all scripts: who sends a hash is told that nobody knows it. */
export function flushScripts(victim: Victim): Fault {
  return {
    async run() {
      const server = await victim()
      const before = await unknownScripts(server)
      await server.command('SCRIPT', 'FLUSH')
      const after = await until('somebody to ask for a script that is gone', async () => {
        const count = await unknownScripts(server)
        return count > before && count
      })
      return `port ${server.port}: ${after - before} calls met a script that was gone`
    },
  }
}

/** How often a script was asked for by a hash that was not known. */
async function unknownScripts(server: RedisServer): Promise<number> {
  const { errorstat_NOSCRIPT: stat = '' } = await server.info('errorstats')
  return Number(/^count=(\d+)/.exec(stat)?.[1] ?? 0)
}

/** Redis does what it is asked for, but nobody hears its answers; then the connections break. */
export function answersLost(victim: Victim): Fault {
  return {
    async run({ random }) {
      const { front, port } = await victim()
      const { dropped } = front.counters.toClient
      front.hold('toClient')
      try {
        await sleep(random.between(PAUSE_MS.min, PAUSE_MS.max))
      } finally {
        front.cut()
        front.heal()
      }
      const lost = front.counters.toClient.dropped - dropped
      happened(lost > 0, 'no answer was on its way')
      return `port ${port}: ${lost} bytes of answers lost`
    },
  }
}

/** All connections break, and for a while nobody gets a new one. */
export function connectionsCut(victim: Victim): Fault {
  return {
    async run({ random }) {
      const { front, port } = await victim()
      const { open, connections } = front.counters
      happened(open > 0, 'nobody was connected')
      front.refuse()
      try {
        front.cut()
        await until('all connections to be gone', () => front.counters.open === 0)
        await sleep(random.between(REFUSED_MS.min, REFUSED_MS.max))
      } finally {
        await front.accept()
      }
      await until('somebody to connect again', () => front.counters.connections > connections)
      return `port ${port}: ${open} connections cut`
    },
  }
}
