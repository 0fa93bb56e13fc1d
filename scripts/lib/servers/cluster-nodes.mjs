import { SLOTS } from './cluster-slots.mjs'

/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */

/**
 * A node of a cluster, as one of them sees it.
 *
 * @typedef {object} ClusterNode
 * @property {string} id
 * @property {number} port
 * @property {boolean} isSelf
 * @property {boolean} isMaster
 * @property {string | undefined} masterId whom it follows
 * @property {number} epoch of the election that made it, or its master, what it is
 * @property {readonly (readonly [number, number])[]} ranges of slots that are its own, both ends included
 * @property {boolean} hasFailed whether they agreed on that; one node's suspicion, which may pass, is not enough
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
  return readClusterNodes(String(list))
}

/**
 * Reads the answer to `CLUSTER NODES`.
 *
 * @param {string} text
 * @returns {readonly ClusterNode[]}
 */
export function readClusterNodes(text) {
  return text.split('\n').filter(Boolean).map(readNode)
}

/**
 * @param {string} line
 * @returns {ClusterNode}
 */
function readNode(line) {
  const [id = '', address = '', flags = '', masterId = '-', , , epoch = '', , ...ranges] = line.split(' ')
  const marks = flags.split(',')
  return {
    id,
    port: Number(/:(\d+)@/.exec(address)?.[1]),
    isSelf: marks.includes('myself'),
    isMaster: marks.includes('master'),
    masterId: masterId === '-' ? undefined : masterId,
    epoch: Number(epoch),
    // In brackets are those that are on their way.
    ranges: ranges.filter((range) => !range.startsWith('[')).map(readRange),
    hasFailed: marks.includes('fail'),
    isSettled: !/handshake|noaddr|fail/.test(flags),
  }
}

/**
 * @param {string} range `5461-10922`, or a single slot
 * @returns {readonly [number, number]}
 */
function readRange(range) {
  const [from = Number.NaN, to = from] = range.split('-').map(Number)
  return [from, to]
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
  return node.ranges.some(([from, to]) => from <= slot && slot <= to)
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
    .map((owner) => `${owner.id}: ${owner.ranges.map((range) => range.join('-')).join(' ')}`)
    .sort()
    .join('\n')
}
