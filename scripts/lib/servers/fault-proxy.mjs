import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Lane } from './fault-lane.mjs'
import { FaultSwitches } from './fault-switches.mjs'
import { freePort, returnPort } from './free-port.mjs'

/** @typedef {import('node:net').Socket} Socket */
/** @typedef {import('./fault-switches.mjs').Way} Way */

/**
 * @typedef {object} FaultProxyOptions
 * @property {(start: Buffer) => readonly string[] | undefined} [kindsOf] tells from what a client sent first what kinds of
 *   connection this is, for `only(kind)`; asked again with more while it is `undefined`
 */

/** What a kind shows itself in, surely: asked for more than that, nothing is ever decided. */
const START_LIMIT = 4096
/** So often another port is tried when somebody else was quicker. */
const PORT_TRIES = 5

/**
 * A TCP proxy whose faults can be switched while connections run. Its own methods concern all connections; those of
 * `only(kind)` only such ones, in addition.
 */
export class FaultProxy extends FaultSwitches {
  #kindsOf
  /** @type {Map<string, FaultSwitches>} */
  #kinds = new Map()
  /** @type {import('node:net').Server | undefined} */
  #server

  /**
   * Use `startFaultProxy`.
   *
   * @param {number} port
   * @param {number} targetPort
   * @param {FaultProxyOptions} options
   */
  constructor(port, targetPort, { kindsOf = () => [] }) {
    super()
    this.port = port
    /** Where new connections are led to. */
    this.targetPort = targetPort
    this.#kindsOf = kindsOf
  }

  /**
   * The switches of one kind of connections.
   *
   * @param {string} kind
   * @returns {FaultSwitches}
   */
  only(kind) {
    const known = this.#kinds.get(kind)
    if (known !== undefined) return known
    const switches = new FaultSwitches()
    this.#kinds.set(kind, switches)
    return switches
  }

  /** Refuses new connections, as a port does on which nobody listens. Those that are there stay. */
  refuse() {
    this.#server?.close()
    this.#server = undefined
  }

  /** Accepts new connections again. */
  async accept() {
    if (this.#server !== undefined) return
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#admit(client))
    server.listen(this.port, '127.0.0.1')
    await once(server, 'listening')
    this.#server = server
  }

  /** Ends all of it for good. */
  async close() {
    this.refuse()
    this.cut()
    // Sockets say only in a later turn that they are closed.
    while (this.counters.open > 0) await new Promise(setImmediate)
    returnPort(this.port)
  }

  /** @param {Socket} client */
  #admit(client) {
    const server = connect({ host: '127.0.0.1', port: this.targetPort, allowHalfOpen: true, noDelay: true })
    for (const socket of [client, server]) {
      // What an error means, the other side hears as a reset; see the lanes.
      socket.on('error', () => undefined)
    }
    /** @type {FaultSwitches[]} */
    const switches = [this]
    const lanes = {
      toServer: new Lane(client, server, () => combine(switches, 'toServer')),
      toClient: new Lane(server, client, () => combine(switches, 'toClient')),
    }
    const connection = {
      counts: { toServer: lanes.toServer.counts, toClient: lanes.toClient.counts },
      move: () => {
        lanes.toServer.move()
        lanes.toClient.move()
      },
      cut: () => {
        lanes.toServer.clear()
        lanes.toClient.clear()
        for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy()
      },
    }
    this.enter(connection)
    this.#watchStart(client, (kinds) => {
      for (const own of kinds.map((kind) => this.only(kind))) {
        own.enter(connection)
        switches.push(own)
      }
    })
    for (const socket of [client, server]) {
      socket.once('close', () => {
        if (!client.destroyed || !server.destroyed) return
        lanes.toServer.clear()
        lanes.toClient.clear()
        for (const each of switches) each.leave(connection)
      })
    }
  }

  /**
   * Finds out what kinds of connection it is, from what the client sends.
   *
   * @param {Socket} client
   * @param {(kinds: readonly string[]) => void} onKinds
   */
  #watchStart(client, onKinds) {
    let start = Buffer.alloc(0)
    const watch = (/** @type {Buffer} */ bytes) => {
      start = Buffer.concat([start, bytes.subarray(0, START_LIMIT - start.length)])
      const kinds = this.#kindsOf(start)
      if (kinds === undefined && start.length < START_LIMIT) return
      client.off('data', watch)
      if (kinds !== undefined) onKinds(kinds)
    }
    // Before the lane takes the bytes: the first of them have the kind's faults already.
    client.prependListener('data', watch)
  }
}

/**
 * Starts a proxy in front of a port of 127.0.0.1, on a free port.
 *
 * @param {number} targetPort
 * @param {FaultProxyOptions} [options]
 * @returns {Promise<FaultProxy>} once it listens
 */
export async function startFaultProxy(targetPort, options = {}) {
  for (let tries = 1; ; tries += 1) {
    const proxy = new FaultProxy(await freePort(), targetPort, options)
    try {
      await proxy.accept()
      return proxy
    } catch (error) {
      returnPort(proxy.port)
      if (tries === PORT_TRIES) throw error
    }
  }
}

/**
 * @param {readonly FaultSwitches[]} switches
 * @param {Way} way
 */
function combine(switches, way) {
  const all = switches.map((each) => each.faults[way])
  return {
    delayMs: Math.max(...all.map((faults) => faults.delayMs)),
    held: all.some((faults) => faults.held),
    dropped: all.some((faults) => faults.dropped),
  }
}
