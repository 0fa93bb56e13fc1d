import { setTimeout as sleep } from 'node:timers/promises'
import { nodesSeenBy } from '../servers/cluster-nodes.mjs'

/**
 * @typedef {import('../servers/redis-server.mjs').RedisServer} RedisServer
 * @typedef {import('../servers/redis-cluster.mjs').RedisCluster} RedisCluster
 */

/**
 * One Redis process, as the cluster itself sees it. `slots`: ranges, both ends included. `of`: the master that it is a
 * replica of.
 *
 * @typedef {{
 *   name: string,
 *   role: 'master' | 'replica',
 *   up: boolean,
 *   pid?: number,
 *   slots: readonly (readonly [number, number])[],
 *   of?: string,
 * }} RedisView
 */

const POLL_MS = 50
const JOIN_MS = 30_000
// Long enough to see that the cluster lives without it.
const RESTART_AFTER_MS = 3_000

/** The Redis Cluster of the show: what it looks like, and how a master is lost. */
export class RedisTier {
  #cluster
  #happenings
  #say
  #restartAfterMs
  /** The master that is being failed over. @type {string | undefined} */
  #busy
  #stopped = new AbortController()

  /**
   * @param {RedisCluster} cluster
   * @param {{
   *   happenings: import('./happenings.mjs').Happenings,
   *   say: (line: string) => void,
   *   restartAfterMs?: number,
   * }} options
   */
  constructor(cluster, { happenings, say, restartAfterMs = RESTART_AFTER_MS }) {
    this.#cluster = cluster
    this.#happenings = happenings
    this.#say = say
    this.#restartAfterMs = restartAfterMs
  }

  /** @returns {Promise<readonly RedisView[]>} in the order of their names */
  async view() {
    const seen = await this.#seen()
    return this.#cluster.nodes.map((server) => {
      const node = seen.find(({ port }) => port === server.publicPort)
      const master = seen.find(({ id }) => id === node?.masterId)
      const of = this.#cluster.nodes.find(({ publicPort }) => publicPort === master?.port)
      return {
        name: this.#nameOf(server),
        role: node?.isMaster === true ? 'master' : 'replica',
        up: server.running && node?.hasFailed === false,
        ...(server.running && { pid: server.pid }),
        slots: node?.ranges ?? [],
        ...(of !== undefined && { of: this.#nameOf(of) }),
      }
    })
  }

  /**
   * Kills a master, so that the cluster gives its slots to its replica, and starts it again as a replica of that.
   *
   * @param {string} name
   * @returns {Promise<string | undefined>} why it cannot be; else it has been killed
   */
  async failOver(name) {
    const before = this.#refusal()
    if (before !== undefined) return before
    const views = await this.view()
    const server = this.#cluster.nodes.find((each) => this.#nameOf(each) === name)
    const master = views.find((view) => view.name === name)
    if (server === undefined || master === undefined) return `There is no ${name}.`
    if (master.role !== 'master' || !master.up) return `${name} is no master that is up.`
    if (!views.some((view) => view.of === name && view.up)) {
      return `${name} has no replica that is up and could take over.`
    }
    // Asked in the same moment, the second one has come as far as this.
    const meanwhile = this.#refusal()
    if (meanwhile !== undefined) return meanwhile
    this.#busy = name
    const { ended } = server
    const failing = this.#cluster.failOver(server, { by: 'kill' })
    void this.#recover(name, server, failing).finally(() => {
      this.#busy = undefined
    })
    // What goes wrong is told by the recovery.
    await Promise.race([ended, failing.catch(() => undefined)])
    return undefined
  }

  #refusal() {
    return this.#busy === undefined ? undefined : `${this.#busy} is being failed over; one at a time.`
  }

  /** Starts nothing more. */
  stop() {
    this.#stopped.abort()
  }

  /**
   * @param {string} name
   * @param {RedisServer} server
   * @param {Promise<RedisServer>} failing
   */
  async #recover(name, server, failing) {
    const { signal } = this.#stopped
    const { ended } = server
    try {
      await Promise.race([ended, failing])
      const killedAt = Date.now()
      this.#happenings.add('master-killed', name)
      const heir = await failing
      if (signal.aborted) return
      this.#happenings.add('master-promoted', this.#nameOf(heir), {
        other: name,
        ms: Date.now() - killedAt,
      })
      await sleep(this.#restartAfterMs, undefined, { signal })
      // Not before somebody took over: it comes back empty, and it would still be the master.
      await server.restart()
      const master = await this.#joined(name)
      this.#happenings.add('redis-up', name, { other: master })
    } catch (error) {
      if (!signal.aborted) this.#say(`${name} could not be failed over: ${String(error)}`)
    }
  }

  /**
   * Waits until it follows a master, and gives the name of that.
   *
   * @param {string} name
   */
  async #joined(name) {
    const deadline = Date.now() + JOIN_MS
    while (Date.now() < deadline) {
      const view = (await this.view()).find((each) => each.name === name)
      if (view?.up === true && view.of !== undefined) return view.of
      await sleep(POLL_MS, undefined, { signal: this.#stopped.signal })
    }
    throw new Error(`it did not join the cluster again within ${JOIN_MS / 1000} s`)
  }

  /** @param {RedisServer} server */
  #nameOf(server) {
    return `redis-${this.#cluster.nodes.indexOf(server) + 1}`
  }

  /**
   * The cluster as one member sees it: the one that has heard of the last election, since who has just been started
   * knows only how it was.
   *
   * @returns {Promise<readonly import('../servers/cluster-nodes.mjs').ClusterNode[]>}
   */
  async #seen() {
    const views = await Promise.all(this.#cluster.nodes.map(nodesSeenBy))
    const known = (/** @type {typeof views[number]} */ seen) =>
      Math.max(-1, ...seen.map(({ epoch }) => epoch)) + seen.length / 1000
    return views.reduce((best, seen) => (known(seen) > known(best) ? seen : best), [])
  }
}
