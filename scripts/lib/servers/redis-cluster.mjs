import { replicationLinks } from './redis-kinds.mjs'
import { startRedisServers } from './redis-server.mjs'
import { until } from './until.mjs'

/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */

/**
 * @typedef {object} ClusterOptions
 * @property {number} [masters] default: 3
 * @property {number} [replicasPerMaster] default: 0
 * @property {readonly string[]} [redisArgs] further directives for each node
 * @property {string} [password] what the nodes want, from each other, too
 * @property {boolean} [proxied] whether each node has fault proxies in front, one for clients and replicas, one for the
 *   cluster's bus: `node.front.only('replication').hold('toClient')` keeps what a master does from its replicas
 */

/**
 * What a node says about itself.
 *
 * @typedef {{ id: string, isMaster: boolean, masterId: string, epoch: number, slots: readonly [number, number][] }} Self
 */

/**
 * A slot on its way from one node to another.
 *
 * @typedef {{ slot: number, from: RedisServer, to: RedisServer }} SlotMove
 */

/**
 * Called between the steps of a move, which goes on when they are done.
 *
 * @typedef {object} SlotMoveHooks
 * @property {(move: SlotMove) => unknown} [opened] both sides know that the slot moves; all keys are still at the old one
 * @property {(move: SlotMove & { keys: readonly string[] }) => unknown} [batch] these keys have moved, others have not
 * @property {(move: SlotMove) => unknown} [emptied] no key is left at the old one, which still owns the slot
 * @property {(move: SlotMove) => unknown} [named] the new one owns the slot; the old one was not told yet
 */

export const SLOTS = 16_384
const NODE_TIMEOUT_MS = 1_000
/** A node that is paused answers nothing, and must not keep the question after the others waiting. */
const ASK_MS = 1_000
const MIGRATE_MS = 5_000

const DIRECTIVES = [
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
  // However old what it has is: a replica that was held back must be able to take over, that is what is tested.
  ...['--cluster-replica-validity-factor', '0'],
  // A replica stays with its master, so that tests know who is whose.
  ...['--cluster-allow-replica-migration', 'no'],
]

/** The masters of a cluster and their replicas. */
export class RedisCluster {
  #password
  /** @type {Map<RedisServer, string>} */
  #ids = new Map()

  /**
   * Use `startRedisCluster`.
   *
   * @param {readonly RedisServer[]} nodes
   * @param {string | undefined} password
   */
  constructor(nodes, password) {
    /** All of them; first those that are masters at first. */
    this.nodes = nodes
    /** `redis://127.0.0.1:<port>` of each, without the password. */
    this.urls = nodes.map((node) => node.url)
    this.#password = password
  }

  /**
   * The name that the cluster has for a node.
   *
   * @param {RedisServer} node
   */
  async idOf(node) {
    const known = this.#ids.get(node)
    if (known !== undefined) return known
    const id = String(await node.command('CLUSTER', 'MYID'))
    this.#ids.set(node, id)
    return id
  }

  /**
   * Asks the nodes who has slots as their master; one after a failover that it did not notice may be among them.
   *
   * @returns {Promise<readonly RedisServer[]>}
   */
  async masters() {
    const selves = await this.#selves()
    return this.nodes.filter((node) => {
      const self = selves.get(node)
      return self?.isMaster === true && self.slots.length > 0
    })
  }

  /**
   * Asks the nodes who follows a master.
   *
   * @param {RedisServer} master it may be dead
   * @returns {Promise<readonly RedisServer[]>}
   */
  async replicasOf(master) {
    const [selves, id] = [await this.#selves(), await this.idOf(master)]
    return this.nodes.filter((node) => selves.get(node)?.masterId === id)
  }

  /**
   * Asks the nodes who is the master of a slot; of several that say so, it is the one that was elected last.
   *
   * @param {number} slot
   * @returns {Promise<RedisServer>}
   */
  async masterOfSlot(slot) {
    const claims = [...(await this.#selves())].filter(([, self]) => self.isMaster && owns(self, slot))
    const [last] = claims.sort(([, one], [, other]) => other.epoch - one.epoch)
    if (last === undefined) throw new Error(`wsticket: slot ${slot} has no master now.`)
    return last[0]
  }

  /**
   * The slot of a key.
   *
   * @param {string} key
   */
  async slotOf(key) {
    const [node] = this.nodes.filter((each) => each.running)
    return Number(await node?.command('CLUSTER', 'KEYSLOT', key))
  }

  /**
   * Lets a replica take over from a master, and waits until all agree. `order`: both agree on it and nothing is lost.
   * `takeover`: the replica just does it, with what it has. `kill`: the master is killed, and the others elect.
   *
   * @param {RedisServer} master
   * @param {{ by?: 'order' | 'takeover' | 'kill' }} [options] @default 'order'
   * @returns {Promise<RedisServer>} the new master
   */
  async failOver(master, { by = 'order' } = {}) {
    const replicas = await this.replicasOf(master)
    const [replica] = replicas
    if (replica === undefined) {
      throw new Error(`wsticket: the master on port ${master.port} has no replica that could take over.`)
    }
    const before = (await this.#selves()).get(master)
    if (by === 'kill') await master.kill()
    else await replica.command('CLUSTER', 'FAILOVER', ...(by === 'takeover' ? ['TAKEOVER'] : []))
    const [successor, self] = await until('a replica to take over', async () => {
      const selves = await this.#selves()
      return [...selves].find(
        ([node, each]) => replicas.includes(node) && each.isMaster && each.slots.length > 0,
      )
    })
    // Redis 7.0 counts the votes of an election of a moment ago once more, so that the winner's epoch is an old one, and
    // nobody believes it ever.
    if (before !== undefined && self.epoch <= before.epoch) await successor.command('CLUSTER', 'BUMPEPOCH')
    await this.waitForAgreement()
    return successor
  }

  /**
   * Moves a slot with its keys to another master, step by step as Redis documents it, so that a test can act in between.
   *
   * @param {number} slot
   * @param {RedisServer} to
   * @param {SlotMoveHooks & { batch?: SlotMoveHooks['batch'], keysPerBatch?: number }} [options] @default 10 keys
   */
  async moveSlot(slot, to, { keysPerBatch = 10, ...hooks } = {}) {
    const from = await this.masterOfSlot(slot)
    if (from === to) return
    const move = { slot, from, to }
    const [fromId, toId] = await Promise.all([this.idOf(from), this.idOf(to)])
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
    await hooks.opened?.(move)
    for (;;) {
      const keys = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, keysPerBatch)
      if (!Array.isArray(keys) || keys.length === 0) break
      const names = keys.map(String)
      await this.#migrate(from, to, names)
      await hooks.batch?.({ ...move, keys: names })
    }
    await hooks.emptied?.(move)
    // The new one first: if the old one died now, the slot would have an owner still.
    await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
    await hooks.named?.(move)
    const others = (await this.masters()).filter((node) => node !== to && node !== from)
    for (const node of [from, ...others]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
    await this.waitForAgreement()
  }

  /**
   * Cuts a node off from all others, on the bus and as their master or replica; its clients still reach it. It needs
   * `proxied`.
   *
   * @param {RedisServer} node
   */
  async isolate(node) {
    for (const link of await this.#linksOf(node)) link.hold()
  }

  /**
   * Ends `isolate`: what was said meanwhile arrives now.
   *
   * @param {RedisServer} node
   */
  async rejoin(node) {
    for (const link of await this.#linksOf(node)) link.release()
  }

  /** Waits until each node that runs sees the same owner for each slot, and finds the cluster in order. */
  async waitForAgreement() {
    await until('the nodes of the cluster to agree', async () => {
      const views = await Promise.all(this.nodes.filter((node) => node.running).map(viewOf))
      return views.every((view) => view !== undefined && view === views[0])
    })
  }

  /** Waits until each replica has all that its master had at that moment. */
  async waitForReplication() {
    await until('the replicas to have all that their masters have', async () => {
      const infos = await Promise.all(
        this.nodes.filter((node) => node.running).map((node) => node.info('replication')),
      )
      const offsets = new Map(
        this.nodes
          .filter((node) => node.running)
          .map((node, index) => [String(node.publicPort), infos[index]]),
      )
      return infos.every(
        (info) =>
          info.role === 'master' ||
          (info.master_link_status === 'up' &&
            Number(info.slave_repl_offset) >=
              Number(offsets.get(info.master_port ?? '')?.master_repl_offset ?? Number.POSITIVE_INFINITY)),
      )
    })
  }

  /** Ends all of them for good. */
  async stop() {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  /**
   * @param {RedisServer} from
   * @param {RedisServer} to
   * @param {readonly string[]} keys
   */
  async #migrate(from, to, keys) {
    const auth = this.#password === undefined ? [] : ['AUTH', this.#password]
    await from.command('MIGRATE', '127.0.0.1', to.publicPort, '', 0, MIGRATE_MS, ...auth, 'KEYS', ...keys)
  }

  /**
   * All that goes between a node and the others: what they open to it, and what it opens to them.
   *
   * @param {RedisServer} node
   */
  async #linksOf(node) {
    const id = await this.idOf(node)
    const others = this.nodes.filter((other) => other !== node)
    return [
      node.busFront,
      ...others.map((other) => other.busFront.only(id)),
      ...replicationLinks(node, others),
    ]
  }

  /** What each node says about itself that answers. */
  async #selves() {
    const answers = await Promise.all(
      this.nodes.map(async (node) => /** @type {const} */ ([node, await selfOf(node)])),
    )
    return new Map(answers.flatMap(([node, self]) => (self === undefined ? [] : [[node, self]])))
  }
}

/**
 * Starts the nodes, deals the slots out to the masters, and gives each its replicas.
 *
 * @param {ClusterOptions} [options]
 * @returns {Promise<RedisCluster>} once all nodes agree and the replicas have followed
 */
export async function startRedisCluster({
  masters = 3,
  replicasPerMaster = 0,
  redisArgs = [],
  password,
  proxied = false,
} = {}) {
  const secured = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const args = [...DIRECTIVES, ...secured, ...redisArgs]
  const nodes = await startRedisServers(masters * (1 + replicasPerMaster), { args, password, proxied })
  const cluster = new RedisCluster(nodes, password)
  try {
    await Promise.all(nodes.map((node) => cluster.idOf(node)))
    await connectNodes(nodes, masters)
    for (const [index, replica] of nodes.slice(masters).entries()) {
      const master = nodes[index % masters]
      if (master === undefined) throw new TypeError('wsticket: `masters` must be 1 or more.')
      await replica.command('CLUSTER', 'REPLICATE', await cluster.idOf(master))
    }
    await cluster.waitForAgreement()
    await cluster.waitForReplication()
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

/**
 * @param {readonly RedisServer[]} nodes
 * @param {number} masters
 */
async function connectNodes(nodes, masters) {
  const [first, ...others] = nodes
  if (first === undefined) throw new TypeError('wsticket: `masters` must be 1 or more.')
  const share = SLOTS / masters
  for (const [index, node] of nodes.entries()) {
    // Of their own from the beginning: else they would have to settle who yields.
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    if (index >= masters) continue
    const [start, end] = [Math.round(index * share), Math.round((index + 1) * share) - 1]
    await node.command('CLUSTER', 'ADDSLOTSRANGE', start, end)
  }
  for (const node of others) {
    await first.command('CLUSTER', 'MEET', '127.0.0.1', node.publicPort, node.publicBusPort)
  }
  await until('the nodes of the cluster to know each other', async () => {
    const lists = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'NODES')))
    return lists.every((list) => {
      const lines = String(list).trim().split('\n')
      return lines.length === nodes.length && !lines.some((line) => /handshake|noaddr|fail/.test(line))
    })
  })
}

/**
 * @param {RedisServer} node
 * @returns {Promise<Self | undefined>} `undefined`: it does not answer
 */
async function selfOf(node) {
  if (!node.running) return undefined
  const list = await node.ask(['CLUSTER', 'NODES'], { patienceMs: ASK_MS }).catch(() => '')
  const line = String(list)
    .split('\n')
    .find((each) => each.includes('myself'))
  if (line === undefined) return undefined
  const [id = '', , flags = '', masterId = '', , , epoch = '', , ...slots] = line.split(' ')
  return {
    id,
    isMaster: flags.includes('master'),
    masterId,
    epoch: Number(epoch),
    slots: slots.filter((range) => !range.startsWith('[')).map(readRange),
  }
}

/**
 * @param {string} range `0-5461` or `7`
 * @returns {[number, number]}
 */
function readRange(range) {
  const [start = '', end = start] = range.split('-')
  return [Number(start), Number(end)]
}

/**
 * @param {Self} self
 * @param {number} slot
 */
function owns(self, slot) {
  return self.slots.some(([start, end]) => start <= slot && slot <= end)
}

/**
 * Who owns what, as a node sees it.
 *
 * @param {RedisServer} node
 * @returns {Promise<string | undefined>} `undefined`: it finds the cluster not in order
 */
async function viewOf(node) {
  const info = String(await node.command('CLUSTER', 'INFO'))
  if (!info.includes('cluster_state:ok') || !info.includes(`cluster_slots_assigned:${SLOTS}`))
    return undefined
  const owners = String(await node.command('CLUSTER', 'NODES'))
    .split('\n')
    .flatMap((line) => {
      const [id, , flags = '', , , , , , ...slots] = line.split(' ')
      const own = slots.filter((range) => !range.startsWith('['))
      return flags.includes('master') && own.length > 0 ? [`${id}: ${own.join(' ')}`] : []
    })
  return owners.sort().join('\n')
}
