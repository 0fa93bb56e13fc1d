import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { addressComplaint } from './address.mjs'
import { endChild, startChild } from './child.mjs'
import { haproxyConfig, READY_BACKEND, UNREADY_BACKEND } from './haproxy-config.mjs'

/**
 * What the balancer thinks of a node: whether it sends clients there, since it answered when it was asked whether it is
 * ready, and how many connections it has to it.
 *
 * @typedef {{ ready: boolean, connections: number }} Standing
 */

/**
 * The real proxy in front of the nodes.
 *
 * @typedef {{
 *   standings: () => Promise<ReadonlyMap<string, Standing>>,
 *   exited: Promise<import('./child.mjs').Exit>,
 *   stop: () => Promise<void>,
 * }} Balancer
 */

const START_MS = 10_000
const POLL_MS = 20
const END_PATIENCE_MS = 3_000
const ANSWER_MS = 2_000

/**
 * Starts HAProxy, and waits until it serves.
 *
 * @param {string} program
 * @param {{
 *   folder: string,
 *   address: import('./address.mjs').Address,
 *   nodes: readonly { name: string, port: number }[],
 *   controlSocket: string,
 *   log: boolean,
 *   say: (line: string) => void,
 * }} options `folder`: for its files; `log`: whether it tells each request to `say`
 * @returns {Promise<Balancer>}
 */
export async function startBalancer(program, { folder, address, nodes, controlSocket, log, say }) {
  const file = join(folder, 'haproxy.cfg')
  const statsSocket = join(folder, 'haproxy.sock')
  await writeFile(file, haproxyConfig({ address, nodes, controlSocket, statsSocket, log }))
  const child = await startChild(program, ['-db', '-f', file], {
    env: process.env,
    // What it says of nodes that come and go, we tell ourselves; what it cannot start for, is in its last lines.
    onLine: (line) => {
      if (log && !/^\[(WARNING|NOTICE|ALERT)\]|^Server |^backend /.test(line)) say(line)
    },
  })
  const standings = async () => readStandings(await ask(statsSocket, 'show stat'))
  let over = false
  const exited = child.exited.then((exit) => {
    over = true
    return exit
  })
  const deadline = Date.now() + START_MS
  for (;;) {
    if (over) throw new Error(complaint(child.lastLines(), address))
    const known = await standings().catch(() => undefined)
    if (known !== undefined && nodes.every(({ name }) => known.get(name)?.ready === true)) break
    if (Date.now() > deadline) {
      await endChild(child, 0)
      throw new Error(
        `wsticket: HAProxy does not reach the nodes after ${START_MS} ms.\n${child.lastLines()}`,
      )
    }
    await sleep(POLL_MS)
  }
  return { standings, exited, stop: async () => void (await endChild(child, END_PATIENCE_MS)) }
}

/**
 * Reads the answer to `show stat`, whose first line names the columns.
 *
 * @param {string} csv
 * @returns {Map<string, Standing>}
 */
export function readStandings(csv) {
  const [head = '', ...rows] = csv.trim().split('\n')
  const columns = head.replace(/^# /, '').split(',')
  /** @type {Map<string, Standing>} */
  const standings = new Map()
  for (const row of rows) {
    const cells = row.split(',')
    const cell = (/** @type {string} */ column) => cells[columns.indexOf(column)] ?? ''
    const [backend, name] = [cell('pxname'), cell('svname')]
    if (![READY_BACKEND, UNREADY_BACKEND].includes(backend) || name === 'BACKEND') continue
    // `UP 1/2`: still up, though a check has failed. Before the first check a node is taken for up, too.
    const checked = !['', 'INI'].includes(cell('check_status').replace('* ', ''))
    const ready = backend === READY_BACKEND && cell('status').startsWith('UP') && checked
    const before = standings.get(name)
    standings.set(name, {
      ready: ready || before?.ready === true,
      connections: Number(cell('scur')) + (before?.connections ?? 0),
    })
  }
  return standings
}

/**
 * @param {string} path
 * @param {string} question
 */
async function ask(path, question) {
  const socket = connect({ path, timeout: ANSWER_MS })
  socket.on('timeout', () => socket.destroy(new Error('HAProxy does not answer')))
  let answer = ''
  socket.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    answer += text
  })
  socket.write(`${question}\n`)
  await once(socket, 'close')
  return answer
}

/**
 * @param {string} words
 * @param {import('./address.mjs').Address} address
 */
function complaint(words, address) {
  const code = /address already in use/i.test(words)
    ? 'EADDRINUSE'
    : /permission denied/i.test(words)
      ? 'EACCES'
      : undefined
  return addressComplaint(code, address) ?? `wsticket: HAProxy ended instead of starting.\n${words}`
}
