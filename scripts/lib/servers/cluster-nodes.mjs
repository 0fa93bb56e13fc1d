import { SLOTS } from './cluster-slots.mjs'

/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */

/**
 * A node of a cluster, as one of them sees it.
 *
 * @typedef {object} ClusterNode
 * @property {string} id
 * @property {boolean} isSelf
 * @property {boolean} isMaster
 * @property {string} masterId whom it follows; `-` for a master
 * @property {number} epoch of the election that made it the master
 * @property {readonly string[]} ranges slots that are its own: `0-5460`, `7`
 * @property {boolean} isSettled whether it is there and known, as far as this node can tell
 */

/** A node that is paused answers nothing, and must not keep the question after the others waiting. */
const ASK_MS = 1_000

/**
 * Asks a node for all that it knows.
 *
 * @param {RedisServer} node
 * @returns {Promise<readonly ClusterNode[]>} none when it does not answer
 */
export async function nodesSeenBy(node) {
  if (!node.running) return []
  const list = await node.ask(['CLUSTER', 'NODES'], { patienceMs: ASK_MS }).catch(() => '')
  return String(list).split('\n').filter(Boolean).map(readNode)
}

/** @param {string} line as `CLUSTER NODES` gives it */
function readNode(line) {
  const [id = '', , flags = '', masterId = '', , , epoch = '', , ...ranges] = line.split(' ')
  return {
    id,
    isSelf: flags.includes('myself'),
    isMaster: flags.includes('master'),
    masterId,
    epoch: Number(epoch),
    // In brackets are those that are on their way.
    ranges: ranges.filter((range) => !range.startsWith('[')),
    isSettled: !/handshake|noaddr|fail/.test(flags),
  }
}

/** @param {ClusterNode | undefined} node */
export function isServingMaster(node) {
  return node?.isMaster === true && node.ranges.length > 0
}

/**
 * @param {ClusterNode} node
 * @param {number} slot
 */
export function owns(node, slot) {
  return node.ranges.some((range) => {
    const [start = '', end = start] = range.split('-')
    return Number(start) <= slot && slot <= Number(end)
  })
}

/**
 * Who owns what, as a node sees it.
 *
 * @param {RedisServer} node
 * @returns {Promise<string | undefined>} `undefined`: it finds the cluster not in order
 */
export async function ownersSeenBy(node) {
  const info = String(await node.command('CLUSTER', 'INFO'))
  const inOrder = info.includes('cluster_state:ok') && info.includes(`cluster_slots_assigned:${SLOTS}`)
  if (!inOrder) return undefined
  const owners = (await nodesSeenBy(node)).filter(isServingMaster)
  return owners
    .map((owner) => `${owner.id}: ${owner.ranges.join(' ')}`)
    .sort()
    .join('\n')
}
