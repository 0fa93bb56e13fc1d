/**
 * A server process of the fault laboratory. It does what its parent orders over IPC and tells what came of it; it ends
 * with its parent.
 */
import { memoryStore } from '@wsticket/server'
import { redisStore } from '@wsticket/server/redis'
import { CallLog } from './calls.mjs'
import { connect } from './connect.mjs'
import { getdelStore } from './getdel-store.mjs'
import { inUpgrade, LabNode } from './node.mjs'
import { watchedStore } from './watched-store.mjs'

/** @typedef {import('../messages.js').Order} Order */
/** @typedef {import('../messages.js').Answer} Answer */
/** @typedef {import('../messages.js').StoreName} StoreName */
/** @typedef {import('../messages.js').RedisTarget} RedisTarget */

/** What was done is told this often, so that little of it is lost when this process is killed. */
const TELL_MS = 20
/** Calls that are not answered by then never are: longer than a call's budget and the client's attempts to connect. */
const SETTLE_MS = 4000
const SETTLE_POLL_MS = 10

const [name = '', client = ''] = process.argv.slice(2)
const log = new CallLog()
/** @type {Map<StoreName, { node: LabNode, close: () => void }>} */
const nodes = new Map()
let dying = false

function onAdmitted() {
  // Between the redeem and the answer to the client there is no later moment than this one.
  if (dying && inUpgrade()) process.kill(process.pid, 'SIGKILL')
}

/**
 * @param {StoreName} kind
 * @param {RedisTarget} target
 */
async function openNode(kind, target) {
  await closeNode(kind)
  const redis =
    kind === 'memory' ? undefined : await connect(client === 'ioredis' ? 'ioredis' : 'node-redis', target)
  const store = redis === undefined ? memoryStore() : storeIn(kind, redis)
  const node = new LabNode(name, watchedStore(store, { name, log, onAdmitted }), log)
  const finish = () => {
    void store.close?.()
    redis?.close()
  }
  nodes.set(kind, { node, close: finish })
  return { port: await node.listen() }
}

/**
 * @param {StoreName} kind
 * @param {import('./connect.mjs').Connected} redis
 */
function storeIn(kind, redis) {
  if (kind === 'getdel') return getdelStore(redis)
  return redisStore(redis.client, kind === 'unfenced' ? { guarantee: 'none', prefix: 'unfenced' } : {})
}

/** @param {StoreName} kind */
async function closeNode(kind) {
  const former = nodes.get(kind)
  nodes.delete(kind)
  await former?.node.close()
  former?.close()
}

/** @param {StoreName} kind */
function nodeOf(kind) {
  const found = nodes.get(kind)
  if (found === undefined) throw new Error(`no node over ${kind} was opened`)
  return found.node
}

/**
 * @param {StoreName} kind
 * @param {readonly import('../messages.js').Task[]} tasks
 */
async function run(kind, tasks) {
  const node = nodeOf(kind)
  /** @type {Promise<import('../messages.js').Issued | null>[]} */
  const issues = []
  /** @type {Promise<void>[]} */
  const others = []
  for (const task of tasks) {
    if (task.name === 'issue') issues.push(node.issue(task))
    else others.push(task.name === 'redeem' ? node.redeem(task) : node.revoke(task))
  }
  await Promise.all(others)
  return { issued: await Promise.all(issues) }
}

async function settle() {
  const until = Date.now() + SETTLE_MS
  while (log.open > 0 && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS))
  log.giveUp()
}

/**
 * @param {Order} order
 * @returns {Promise<Answer>}
 */
async function obey(order) {
  switch (order.kind) {
    case 'open':
      return openNode(order.store, order.target)
    case 'run':
      return run(order.store, order.tasks)
    case 'release':
      nodeOf(order.store).release()
      return {}
    case 'settle':
      await settle()
      return {}
    case 'die before the next 101':
      dying = true
      return {}
  }
}

/** @param {Partial<import('../messages.js').WorkerMessage>} message */
function tell(message) {
  // A parent that is gone is told nothing; `disconnect` ends this process.
  if (process.connected) process.send?.({ calls: log.take(), ...message })
}

process.on('message', (/** @type {import('../messages.js').OrderMessage} */ { id, order }) => {
  obey(order).then(
    (answer) => tell({ id, answer }),
    (/** @type {unknown} */ error) =>
      tell({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.once('disconnect', () => process.exit(0))
setInterval(() => tell({}), TELL_MS)
