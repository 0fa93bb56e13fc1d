import { replicationLinks } from './redis-fronts.mjs'
import { startRedisServers } from './redis-server.mjs'
import { until } from './until.mjs'

/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */

/**
 * @typedef {object} ReplicationOptions
 * @property {number} [replicas] default: 1
 * @property {number} [sentinels] default: 0, then nobody but the caller promotes
 * @property {readonly string[]} [redisArgs] further directives for each node, not for the Sentinels
 * @property {string} [password] what the nodes want, from each other, too; not the Sentinels
 * @property {boolean} [proxied] whether each node has a fault proxy in front, for clients, replicas and Sentinels:
 *   `node.front.only('replication').hold('toClient')` keeps what a master does from its replicas
 */

/** Short, so that a test can wait for a failover by Sentinel: about two seconds. */
const DOWN_AFTER_MS = 500
const FAILOVER_TIMEOUT_MS = 3_000
/** How often Sentinels look around, and how patient they are; their own ten seconds would be all that a test does. */
const QUICK_SENTINELS = [
  ...['info-period', 500, 'ping-period', 200, 'ask-period', 200, 'publish-period', 200],
  ...['slave-reconf-timeout', 1_000, 'election-timeout', 2_000, 'min-link-reconnect-period', 1_000],
]
/** A node that is paused answers nothing, and must not keep the question after the others waiting. */
const ASK_MS = 1_000
const MASTER_NAME = 'wsticket'
/** A failover that was asked for takes about a second. */
const ASK_AGAIN_MS = 4_000

/** One master, its replicas, and the Sentinels that watch them, if there are any. */
export class RedisReplication {
  /** @type {RedisServer | undefined} */
  #promoted

  /**
   * Use `startReplication`.
   *
   * @param {readonly RedisServer[]} nodes
   * @param {readonly RedisServer[]} sentinels
   */
  constructor(nodes, sentinels) {
    /** All that keep data; the first one is the master at first. */
    this.nodes = nodes
    this.sentinels = sentinels
    /** What the Sentinels call the master. */
    this.masterName = MASTER_NAME
  }

  /**
   * Asks the nodes who is the master. Where several say so, as after a partition, it is whom the Sentinels name, and
   * without them who was promoted last.
   *
   * @returns {Promise<RedisServer>}
   * @throws {Error} when there is none now, as in the middle of a failover
   */
  async master() {
    const roles = await Promise.all(this.nodes.map((node) => roleOf(node)))
    const masters = this.nodes.filter((_node, index) => roles[index] === 'master')
    const [first, second] = masters
    if (first === undefined) throw new Error('wsticket: no node of this replication is master now.')
    if (second === undefined) return first
    const named = [...(await this.#namedBySentinels()), this.#promoted]
    return named.find((node) => node !== undefined && masters.includes(node)) ?? first
  }

  /**
   * Waits until there is a master, another one than `instead`, and each Sentinel that runs names it.
   *
   * @param {{ instead?: RedisServer }} [options]
   * @returns {Promise<RedisServer>}
   */
  waitForMaster({ instead } = {}) {
    return until('another master', async () => {
      const [master, named] = await Promise.all([this.master(), this.#namedBySentinels()])
      return master !== instead && named.every((each) => each === master) && master
    })
  }

  /**
   * Makes a node the master at once, and lets all others that run follow it. It asks no Sentinel, and it does not wait
   * for what the node has not got yet: that is lost.
   *
   * @param {RedisServer} node
   */
  async promote(node) {
    await node.command('REPLICAOF', 'NO', 'ONE')
    await node.command('CONFIG', 'REWRITE')
    this.#promoted = node
    await Promise.all(
      this.nodes.filter((other) => other !== node && other.running).map((other) => this.follow(other, node)),
    )
  }

  /**
   * Makes a node a replica of another, and lets it remember that over a restart.
   *
   * @param {RedisServer} node
   * @param {RedisServer} master
   */
  async follow(node, master) {
    await node.command('REPLICAOF', '127.0.0.1', master.publicPort)
    await node.command('CONFIG', 'REWRITE')
  }

  /** Asks the Sentinels for a failover, and waits until another node is the master. */
  async failOver() {
    const before = await this.master()
    const [sentinel] = this.sentinels.filter((each) => each.running)
    if (sentinel === undefined) throw new Error('wsticket: no Sentinel runs; use promote(node).')
    let askedAt = Number.NEGATIVE_INFINITY
    await until('Sentinel to make another one the master', async () => {
      // One that comes to nothing, for want of a replica that is known to be good, is not begun again by itself.
      if (performance.now() - askedAt > ASK_AGAIN_MS) {
        askedAt = performance.now()
        await sentinel.command('SENTINEL', 'FAILOVER', this.masterName)
      }
      return (await this.master()) !== before
    })
    return this.waitForMaster({ instead: before })
  }

  /**
   * Cuts a node off from the other nodes and the Sentinels; its clients still reach it. It needs `proxied`.
   *
   * @param {RedisServer} node
   */
  isolate(node) {
    for (const link of this.#linksOf(node)) link.hold()
  }

  /**
   * Ends `isolate`: what was said meanwhile arrives now.
   *
   * @param {RedisServer} node
   */
  rejoin(node) {
    for (const link of this.#linksOf(node)) link.release()
  }

  /** Waits until each node that runs follows the master and has all that the master had at that moment. */
  async waitForReplication() {
    await until('the replicas to have all that the master has', async () => {
      const master = await this.master()
      const replicas = this.nodes.filter((node) => node !== master && node.running)
      const wanted = Number((await master.info('replication')).master_repl_offset)
      const infos = await Promise.all(replicas.map((replica) => replica.info('replication')))
      return infos.every(
        (info) =>
          info.master_port === String(master.publicPort) &&
          info.master_link_status === 'up' &&
          Number(info.slave_repl_offset) >= wanted,
      )
    })
  }

  /** Ends all of them for good. */
  async stop() {
    await Promise.all([...this.sentinels, ...this.nodes].map((server) => server.stop()))
  }

  /** @param {RedisServer} node */
  #linksOf(node) {
    const others = this.nodes.filter((other) => other !== node)
    return [node.front.only('sentinel'), ...replicationLinks(node, others)]
  }

  /** Whom each Sentinel that answers names. */
  async #namedBySentinels() {
    const question = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.masterName]
    const answers = await Promise.all(
      this.sentinels
        .filter((sentinel) => sentinel.running)
        .map((sentinel) => sentinel.ask(question, { patienceMs: ASK_MS }).catch(() => null)),
    )
    return answers.flatMap((address) =>
      Array.isArray(address) ? [this.nodes.find((node) => String(node.publicPort) === address[1])] : [],
    )
  }

  /** Waits until each Sentinel knows all the others and the replicas: before that none can fail over. */
  async waitForSentinels() {
    await until('the Sentinels to know each other', async () => {
      const views = await Promise.all(
        this.sentinels.map((sentinel) => sentinel.command('SENTINEL', 'MASTER', this.masterName)),
      )
      return views.every(
        (view) =>
          field(view, 'num-slaves') === String(this.nodes.length - 1) &&
          field(view, 'num-other-sentinels') === String(this.sentinels.length - 1) &&
          field(view, 'flags') === 'master',
      )
    })
  }
}

/**
 * Starts one master with replicas that follow it, and Sentinels that watch them.
 *
 * @param {ReplicationOptions} [options]
 * @returns {Promise<RedisReplication>} once the replicas have followed and the Sentinels know all of them
 */
export async function startReplication({
  replicas = 1,
  sentinels = 0,
  redisArgs = [],
  password,
  proxied = false,
} = {}) {
  const secured = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const nodes = await startRedisServers(replicas + 1, { args: [...secured, ...redisArgs], password, proxied })
  const [master, ...followers] = nodes
  if (master === undefined) throw new TypeError('wsticket: `replicas` must be 0 or more.')
  /** @type {RedisServer[]} */
  const watching = []
  const replication = new RedisReplication(nodes, watching)
  try {
    await Promise.all(followers.map((node) => replication.follow(node, master)))
    await replication.waitForReplication()
    if (sentinels === 0) return replication
    const config = sentinelConfig(master.publicPort, Math.floor(sentinels / 2) + 1, password)
    watching.push(...(await startRedisServers(sentinels, { sentinel: true, config })))
    // Unknown before Redis 7; then it takes the time that it takes.
    for (const sentinel of watching) {
      await sentinel.command('SENTINEL', 'DEBUG', ...QUICK_SENTINELS).catch(() => undefined)
    }
    await replication.waitForSentinels()
    return replication
  } catch (error) {
    await replication.stop()
    throw error
  }
}

/**
 * @param {number} masterPort
 * @param {number} quorum
 * @param {string | undefined} password
 */
function sentinelConfig(masterPort, quorum, password) {
  return [
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} ${quorum}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER_NAME} ${FAILOVER_TIMEOUT_MS}`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER_NAME} ${password}`]),
    '',
  ].join('\n')
}

/** @param {RedisServer} node */
async function roleOf(node) {
  if (!node.running) return undefined
  const role = await node.ask(['ROLE'], { patienceMs: ASK_MS }).catch(() => null)
  return Array.isArray(role) ? role[0] : undefined
}

/**
 * Reads one field of a list of names and values.
 *
 * @param {import('./resp.mjs').Reply} list
 * @param {string} name
 */
function field(list, name) {
  return Array.isArray(list) ? list[list.indexOf(name) + 1] : undefined
}
