import { startFaultProxy } from './fault-proxy.mjs'
import { BUS_OFFSET } from './free-port.mjs'

/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */
/** @typedef {import('./fault-proxy.mjs').FaultProxy} FaultProxy */

/**
 * What others come through to a Redis: its clients, replicas and Sentinels by the one, nodes of its cluster by the other.
 *
 * @typedef {{ front: FaultProxy, busFront: FaultProxy }} RedisFronts
 */

/**
 * Puts proxies in front of a Redis that will listen on this port.
 *
 * @param {number} port
 * @returns {Promise<RedisFronts>}
 */
export async function startFronts(port) {
  return {
    front: await startFaultProxy(port, { kindsOf: kindsOfClient }),
    busFront: await startFaultProxy(port + BUS_OFFSET, { kindsOf: kindsOfNode }),
  }
}

/**
 * Tells what comes to a Redis node: `replication` is a replica that fetches what its master does, and by its port
 * `replication:<publicPort>`; `sentinel` is a Sentinel that watches. A replica says what it is by its second or third
 * command, a Sentinel by the name of its connection.
 *
 * @param {Buffer} start
 * @returns {readonly string[] | undefined}
 */
function kindsOfClient(start) {
  const text = start.toString('latin1')
  const replica = /\r\nlistening-port\r\n\$\d+\r\n(\d+)\r\n/i.exec(text)
  if (replica !== null) return ['replication', `replication:${replica[1]}`]
  if (/\r\nSETNAME\r\n\$\d+\r\nsentinel-/i.test(text)) return ['sentinel']
  return undefined
}

/**
 * The ways between a node and others that they have as master and replica, whoever is which.
 *
 * @param {RedisServer} node
 * @param {readonly RedisServer[]} others
 */
export function replicationLinks(node, others) {
  const asReplica = others.map((other) => other.front.only(`replication:${node.publicPort}`))
  return [node.front.only('replication'), ...asReplica]
}

/** Where a message between the nodes of a cluster names its sender, after signature, lengths, port, type and epochs. */
const SENDER_AT = 40
const SENDER_LENGTH = 40

/**
 * Tells which node opened a link of the cluster's bus.
 *
 * @param {Buffer} start
 * @returns {readonly string[] | undefined} its id
 */
function kindsOfNode(start) {
  if (start.length < SENDER_AT + SENDER_LENGTH) return undefined
  return [start.toString('latin1', SENDER_AT, SENDER_AT + SENDER_LENGTH)]
}
