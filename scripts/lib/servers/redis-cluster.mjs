import { isServingMaster, nodesSeenBy, ownersSeenBy, owns } from './cluster-nodes.mjs'
import { dealSlots, moveSlot } from './cluster-slots.mjs'
import { replicationLinks } from './redis-fronts.mjs'
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

const NODE_TIMEOUT_MS = 1_000
/** So long Redis tries to carry out a failover that was ordered, and some more. */
const ORDER_MS = 5_500

const DIRECTIVES = [
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
  // However old what it has is: a replica that was held back must be able to take over, that is what is tested.
  ...['--cluster-replica-validity-factor', '0'],
  // A replica stays with its master, so that tests know who is whose.
  ...['--cluster-allow-replica-migration', 'no'],
]

/** The masters of a cluster and their replicas. */
export class RedisCluster {
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
    /** What the nodes want, from each other, too. */
    this.password = password
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
    return this.nodes.filter((node) => isServingMaster(selves.get(node)))
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
    const [id, seen] = [await this.idOf(master), await nodesSeenBy(replica)]
    const before = seen.find((node) => node.id === id)
    const order = () => replica.command('CLUSTER', 'FAILOVER', ...(by === 'takeover' ? ['TAKEOVER'] : []))
    if (by === 'kill') await master.kill()
    else await order()
    let orderedAt = performance.now()
    const [successor, self] = await until('a replica to take over', async () => {
      const selves = await this.#selves()
      // The others refuse to vote about one master twice within two node timeouts, and then the order is forgotten.
      if (by === 'order' && performance.now() - orderedAt > ORDER_MS) {
        orderedAt = performance.now()
        await order()
      }
      return [...selves].find(([node, each]) => replicas.includes(node) && isServingMaster(each))
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
   * @param {import('./cluster-slots.mjs').MoveOptions} [options]
   */
  async moveSlot(slot, to, options = {}) {
    await moveSlot(this, slot, to, options)
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
      const views = await Promise.all(this.nodes.filter((node) => node.running).map(ownersSeenBy))
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
    const views = await Promise.all(this.nodes.map(nodesSeenBy))
    return new Map(
      this.nodes.flatMap((node, index) => {
        const self = views[index]?.find((each) => each.isSelf)
        return self === undefined ? [] : [[node, self]]
      }),
    )
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
  // Of their own from the beginning: else they would have to settle who yields.
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)))
  await dealSlots(nodes.slice(0, masters))
  for (const node of others) {
    await first.command('CLUSTER', 'MEET', '127.0.0.1', node.publicPort, node.publicBusPort)
  }
  await until('the nodes of the cluster to know each other', async () => {
    const views = await Promise.all(nodes.map(nodesSeenBy))
    return views.every((view) => view.length === nodes.length && view.every((each) => each.isSettled))
  })
}
