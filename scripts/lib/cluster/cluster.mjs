import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeWithParent } from '../servers/end-with-parent.mjs'
import { freePort, returnPort } from '../servers/free-port.mjs'
import { startRedisCluster } from '../servers/redis-cluster.mjs'
import { originsOf, shownAddress } from './address.mjs'
import { startBalancer } from './balancer.mjs'
import { ChatNode } from './chat-node.mjs'
import { createControlServer } from './control-server.mjs'
import { Happenings, happeningLine } from './happenings.mjs'
import { RedisTier } from './redis-tier.mjs'

/**
 * @typedef {{
 *   address: import('./address.mjs').Address,
 *   main: string,
 *   haproxy: string,
 *   env: NodeJS.ProcessEnv,
 *   say: (line: string) => void,
 * }} ClusterOptions `main`: the script of the chat's server; `haproxy`: the program; `env`: what the nodes get
 */

/**
 * @typedef {{ address: string, broken: Promise<string>, stop: () => Promise<void> }} Cluster
 */

const NODES = 3
const MASTERS = 3
const REPLICAS_PER_MASTER = 1
/** Levels of the chat's log at which the balancer tells each request, too. */
const TALKATIVE = new Set(['info', 'debug', 'trace'])
// On this machine only HAProxy speaks to the nodes, and from here.
const TRUSTED_PROXIES = '127.0.0.1'

/**
 * Starts three nodes of the chat behind one address, on a Redis Cluster. What was started is stopped again if something
 * of it cannot be.
 *
 * @param {ClusterOptions} options
 * @returns {Promise<Cluster>} `broken` tells when the balancer is gone, and nothing works any more
 */
export async function startCluster({ address, main, haproxy, env, say }) {
  const origins = originsOf(address, env)
  /** @type {(() => Promise<unknown>)[]} */
  const started = []
  const stop = async () => {
    /** @type {unknown[]} */
    const errors = []
    for (let end = started.pop(); end !== undefined; end = started.pop()) {
      // One that does not end must not keep the others from it.
      await end().catch((/** @type {unknown} */ error) => errors.push(error))
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `wsticket: not all of the cluster ended: ${errors.join('; ')}`)
  }
  const happenings = new Happenings((happening) => say(happeningLine(happening)))
  try {
    const folder = await mkdtemp(join(tmpdir(), 'wsticket-cluster-'))
    removeWithParent(folder)
    started.push(() => rm(folder, { recursive: true, force: true }))

    const redis = await startRedisCluster({ masters: MASTERS, replicasPerMaster: REPLICAS_PER_MASTER })
    started.push(() => redis.stop())
    const tier = new RedisTier(redis, { happenings, say })
    started.push(async () => tier.stop())

    const nodes = await makeNodes({
      main,
      env: {
        ...env,
        REDIS_URL: `redis+cluster://${redis.nodes.map(({ publicPort }) => `127.0.0.1:${publicPort}`).join(',')}`,
        ALLOWED_ORIGINS: origins.join(','),
        TRUSTED_PROXIES,
      },
      happenings,
      say,
    })
    started.push(async () => {
      await Promise.all(nodes.map((node) => node.stop()))
      for (const { port } of nodes) returnPort(port)
    })
    await Promise.all(nodes.map((node) => node.start()))

    /** @type {import('./balancer.mjs').Balancer | undefined} */
    let balancer
    const controlSocket = join(folder, 'control.sock')
    const control = createControlServer({
      origins,
      state: () => stateOf({ nodes, tier, balancer, happenings }),
      act: (action, target) => act({ nodes, tier }, action, target),
      say,
    })
    await once(control.listen(controlSocket), 'listening')
    started.push(async () => {
      control.closeAllConnections()
      await new Promise((resolve) => control.close(resolve))
    })

    balancer = await startBalancer(haproxy, {
      folder,
      address,
      nodes,
      controlSocket,
      log: TALKATIVE.has(env.LOG_LEVEL ?? ''),
      say: (line) => say(`haproxy | ${line}`),
    })
    const { exited } = balancer
    started.push(balancer.stop)
    const broken = exited.then(({ code, signal }) => `HAProxy ended (${signal ?? `code ${code}`})`)
    return { address: shownAddress(address), broken, stop }
  } catch (error) {
    // Why it did not start is what people want to know.
    await stop().catch(() => undefined)
    throw error
  }
}

/**
 * @param {Omit<import('./chat-node.mjs').ChatNodeOptions, 'name' | 'port'>} options
 */
async function makeNodes({ say, ...options }) {
  /** @type {ChatNode[]} */
  const nodes = []
  for (let number = 1; number <= NODES; number += 1) {
    const name = `node-${number}`
    const port = await freePort()
    nodes.push(new ChatNode({ ...options, name, port, say: (line) => say(`${name} | ${line}`) }))
  }
  return nodes
}

/**
 * @param {{
 *   nodes: readonly ChatNode[],
 *   tier: RedisTier,
 *   balancer: import('./balancer.mjs').Balancer | undefined,
 *   happenings: Happenings,
 * }} parts
 */
async function stateOf({ nodes, tier, balancer, happenings }) {
  const [standings, redis] = await Promise.all([balancer?.standings(), tier.view()])
  return {
    now: Date.now() / 1000,
    nodes: nodes.map(({ name, state, pid, returnsAt }) => ({
      name,
      state,
      ...(pid !== undefined && { pid }),
      connections: standings?.get(name)?.connections ?? 0,
      ...(returnsAt !== undefined && { returns_at: returnsAt / 1000 }),
    })),
    redis,
    happenings: happenings.all(),
  }
}

/**
 * @param {{ nodes: readonly ChatNode[], tier: RedisTier }} parts
 * @param {import('./control-server.mjs').Action} action
 * @param {string} target
 * @returns {Promise<string | undefined>}
 */
async function act({ nodes, tier }, action, target) {
  if (action === 'fail-over') return tier.failOver(target)
  const node = nodes.find(({ name }) => name === target)
  if (node === undefined) return `There is no ${target}.`
  if (action === 'kill-node') {
    if (node.state !== 'up' && node.state !== 'draining') return `${target} is not up.`
    await node.kill()
    return undefined
  }
  if (node.state !== 'up') return `${target} is not up.`
  node.drain()
  return undefined
}
