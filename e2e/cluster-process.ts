import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CleanupList } from '../test/cleanups.js'
import { within } from '../test/within.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
// Ten processes, one after the other, on a machine that has other things to do.
const START_MS = 60_000

/** The chat's cluster, as `npm run start:cluster` starts it. */
export interface ClusterProcess {
  /** `http://localhost:<port>` */
  readonly http: string
  readonly npm: ChildProcess
  /** Everything that it has printed so far. */
  readonly output: () => string
  /** Resolves when nobody is left who could print anything. */
  readonly silent: Promise<unknown>
}

/** A part of the answer to `GET /cluster/state`. */
export interface ClusterPart {
  readonly name: string
  readonly pid?: number
}

/** Starts the cluster on a free port, by npm; whatever is left of it is ended afterwards. */
export async function startCluster(cleanUp: CleanupList): Promise<ClusterProcess> {
  const { NODE_ENV: _test, ...env } = process.env
  const npm = spawn('npm', ['run', '--silent', 'start:cluster'], {
    cwd: ROOT,
    env: { ...env, PORT: '0', HOST: '127.0.0.1' },
    // A group of its own, so that one signal reaches npm, its shell and the script.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const silent = Promise.all([once(npm.stdout, 'close'), once(npm.stderr, 'close')])
  cleanUp(async () => {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL')
    } catch {
      // Gone, as it should be.
    }
    await silent
  })
  let output = ''
  const ready = new Promise<string>((resolve, reject) => {
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const address = /^wsticket chat: (http:\/\/\S+)$/m.exec(output)?.[1]
        if (address !== undefined) resolve(address)
      })
    }
    silent.then(() => reject(new Error(`the cluster ended instead of starting:\n${output}`)), reject)
  })
  const http = await within('the cluster to be ready', ready, START_MS)
  return { http, npm, output: () => output, silent }
}

/** The processes of the nodes and of Redis. */
export async function processesOf(cluster: ClusterProcess): Promise<readonly ClusterPart[]> {
  const answer = await fetch(`${cluster.http}/cluster/state`)
  const { nodes, redis } = (await answer.json()) as { nodes: ClusterPart[]; redis: ClusterPart[] }
  return [...nodes, ...redis]
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
