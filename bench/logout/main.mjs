/**
 * `npm run bench:logout`: how long it takes from a logout on one node until the user's sockets on all nodes are closed, with
 * four nodes on one Redis; then the same while what tells the nodes of it is cut for a second.
 *
 * LOGOUTS (1000) and CUT_LOGOUTS (50) change how many there are.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import { WebSocket } from 'ws'
import { orExplain } from '../../scripts/lib/explain.mjs'
import { prepare } from '../../scripts/lib/prepare.mjs'
import { startFaultProxy } from '../../scripts/lib/servers/fault-proxy.mjs'
import { startRedisServer } from '../../scripts/lib/servers/redis-server.mjs'
import { findPrograms, SERVERS } from '../../scripts/lib/system-packages.mjs'

const NODES = 4
const LOGOUTS = Number(process.env.LOGOUTS ?? 1000)
const CUT_LOGOUTS = Number(process.env.CUT_LOGOUTS ?? 50)
const AT_ONCE = 10
const CUT_MS = 1000
const PROGRAM = fileURLToPath(new URL('node.mjs', import.meta.url))
const SAY_EVERY_MS = 20
const secret = randomBytes(32).toString('base64')

/** @typedef {{ port: number, process: import('node:child_process').ChildProcess, proxy: import('../../scripts/lib/servers/fault-proxy.mjs').FaultProxy }} ServerNode */
/** @typedef {{ socket: WebSocket, closedAt: Promise<{ at: number, code: number, reason: string }>, late: () => number }} Held */

const root = fileURLToPath(new URL('../..', import.meta.url))
const say = (/** @type {string} */ line) => console.log(line)
/** Ends what was started, the last first. @type {(() => unknown)[]} */
const cleanups = []
/** @type {(error: Error) => void} */
let breakOff = () => {}
/** Rejects when a node dies: whoever waits for it would wait for ever. @type {Promise<never>} */
const broken = new Promise((_, reject) => {
  breakOff = reject
})
/** @type {ServerNode[]} */
const nodes = []
let users = 0

await orExplain(async () => {
  const programs = SERVERS.filter(({ debian }) => debian.startsWith('redis'))
  Object.assign(process.env, await findPrograms(programs, { say, who: '`npm run bench:logout` needs' }))
  await prepare(root, { say })
  try {
    await Promise.race([run(), broken])
  } finally {
    for (const cleanUp of cleanups.reverse()) await cleanUp()
  }
})

async function run() {
  const redis = await startRedisServer()
  cleanups.push(() => redis.stop())
  for (let index = 0; index < NODES; index += 1) nodes.push(await startNode(redis.port))
  const plain = await measure(LOGOUTS, async (work) => work())
  report(`${LOGOUTS} logouts, ${NODES} nodes, a socket on each`, plain)
  const cut = await measure(CUT_LOGOUTS, duringCut)
  report(`${CUT_LOGOUTS} logouts while no node hears notices for ${CUT_MS} ms`, cut)
  const lateAtServers = await Promise.all(nodes.map(lateMessages))
  const late = plain.late + cut.late + lateAtServers.reduce((sum, count) => sum + count, 0)
  say(`messages delivered after the close, in either direction: ${late}`)
  if (late > 0 || plain.wrong + cut.wrong > 0) process.exitCode = 1
}

/**
 * @param {number} redisPort
 * @returns {Promise<ServerNode>}
 */
async function startNode(redisPort) {
  const proxy = await startFaultProxy(redisPort, { kindsOf: (start) => kindsOf(start.toString('latin1')) })
  cleanups.push(() => proxy.close())
  const child = fork(PROGRAM, {
    env: { ...process.env, REDIS_PORT: String(proxy.port), JWT_SECRET: secret },
  })
  let ending = false
  cleanups.push(() => {
    ending = true
    child.kill('SIGKILL')
  })
  // What it had to say of its end, it said on its own stderr.
  child.once('exit', (code, signal) => {
    if (!ending) breakOff(new Error(`wsticket: a node of the bench ended with ${signal ?? `code ${code}`}`))
  })
  child.once('error', (error) => breakOff(error))
  return { port: await numberFrom(child, 'port'), process: child, proxy }
}

/**
 * A connection that blocks for notices shows itself by its first command.
 *
 * @param {string} start
 */
function kindsOf(start) {
  if (start.includes('XREAD')) return ['notices']
  return start.includes('EVAL') ? [] : undefined
}

/** @param {ServerNode} node */
async function lateMessages({ process: child }) {
  child.send({})
  return numberFrom(child, 'lateMessages')
}

/**
 * A number that a node tells in its next message.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} name
 */
async function numberFrom(child, name) {
  /** @type {unknown} */
  const message = await new Promise((resolve) => {
    child.once('message', resolve)
  })
  if (typeof message !== 'object' || message === null)
    throw new Error(`wsticket: a node of the bench told no ${name}`)
  return Number(Reflect.get(message, name))
}

/**
 * Runs logouts while the connections for notices are silent.
 *
 * @param {() => Promise<void>} work
 */
async function duringCut(work) {
  for (const { proxy } of nodes) proxy.only('notices').hold()
  const heal = setTimeout(() => {
    for (const { proxy } of nodes) proxy.only('notices').release()
  }, CUT_MS)
  await work()
  clearTimeout(heal)
  for (const { proxy } of nodes) proxy.only('notices').release()
}

/**
 * @param {number} count
 * @param {(work: () => Promise<void>) => Promise<void>} around
 */
async function measure(count, around) {
  /** @type {number[]} */
  const times = []
  let late = 0
  let wrong = 0
  for (let done = 0; done < count; done += AT_ONCE) {
    const some = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - done) }, () => connectUser()),
    )
    // One after the other: how long one takes is asked, not how many there can be.
    for (const [index, { token, sockets }] of some.entries()) {
      await around(async () => {
        const startedAt = performance.now()
        await logout(nodes[index % NODES], token)
        for (const held of sockets) {
          const { at, code, reason } = await held.closedAt
          times.push(at - startedAt)
          if (code !== 3003 || reason !== 'session_revoked') wrong += 1
          late += held.late()
        }
      })
    }
  }
  return { times: times.sort((one, other) => one - other), late, wrong }
}

async function connectUser() {
  users += 1
  const token = await new SignJWT({ permissions: [], sid: `login-${users}` })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('bench')
    .setAudience('bench')
    .setSubject(`user-${users}`)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(secret))
  const sockets = await Promise.all(nodes.map((node) => connectSocket(node, token)))
  return { token, sockets }
}

/**
 * @param {ServerNode} node
 * @param {string} token
 * @returns {Promise<Held>}
 */
async function connectSocket({ port }, token) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/websocket/ticket`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new Error(`a ticket was refused with ${answer.status}: ${await answer.text()}`)
  const { ticket_id: ticket } = /** @type {{ ticket_id: string }} */ (await answer.json())
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['wsticket.v1', `wsticket.${ticket}`])
  let closed = false
  let late = 0
  socket.on('message', () => {
    if (closed) late += 1
  })
  const closedAt = once(socket, 'close').then(([code, reason]) => {
    closed = true
    return { at: performance.now(), code: Number(code), reason: String(reason) }
  })
  await once(socket, 'open')
  // A user who is always about to say something.
  const timer = setInterval(() => socket.send('tock', () => {}), SAY_EVERY_MS)
  socket.on('close', () => clearInterval(timer))
  return { socket, closedAt, late: () => late }
}

/**
 * @param {ServerNode | undefined} node
 * @param {string} token
 */
async function logout(node, token) {
  const answer = await fetch(`http://127.0.0.1:${node?.port}/api/websocket/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new Error(`logout answered ${answer.status}: ${await answer.text()}`)
}

/**
 * @param {string} title
 * @param {{ times: readonly number[], wrong: number }} result
 */
function report(title, { times, wrong }) {
  const at = (/** @type {number} */ share) =>
    `${(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN).toFixed(1)} ms`
  say(`${title}: ${times.length} sockets closed`)
  say(`  p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}; closed otherwise than by the logout: ${wrong}`)
}
