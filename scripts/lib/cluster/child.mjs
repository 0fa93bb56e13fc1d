import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { endWithParent, hasEnded } from '../servers/end-with-parent.mjs'

// Enough to see why it ended.
const LINES_KEPT = 30

/**
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit
 */

/**
 * A server whose lines somebody reads.
 *
 * @typedef {{
 *   pid: number,
 *   kill: (signal: NodeJS.Signals) => void,
 *   exited: Promise<Exit>,
 *   lastLines: () => string,
 * }} Child
 */

/**
 * Starts a server in a process group of its own: an interrupt from the keyboard reaches us alone, and we end all in
 * order. It does not outlive us, however we end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env: NodeJS.ProcessEnv, onLine: (line: string) => void }} options
 * @returns {Promise<Child>} rejects if there is no such program
 */
export async function startChild(command, args, { env, onLine }) {
  const child = spawn(command, [...args], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid !== undefined) endWithParent(pid)
  /** @type {string[]} */
  const lines = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line)
      if (lines.length > LINES_KEPT) lines.shift()
      onLine(line)
    })
  }
  /** @type {Promise<Exit>} */
  const exited = new Promise((resolve) => {
    // Not `exit`: its last words come after that.
    child.once('close', (code, signal) => {
      if (pid !== undefined) hasEnded(pid)
      resolve({ code, signal })
    })
  })
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw new Error(`wsticket: \`${command}\` could not be started (${String(error)}).`, { cause: error })
  }
  if (pid === undefined) throw new Error(`wsticket: \`${command}\` has no process id.`)
  return { pid, kill: (signal) => void child.kill(signal), exited, lastLines: () => lines.join('\n') }
}

/**
 * Asks a server to end, and kills it if it does not.
 *
 * @param {Child} child
 * @param {number} patienceMs
 * @returns {Promise<Exit>}
 */
export async function endChild(child, patienceMs) {
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  const exit = await child.exited
  clearTimeout(impatience)
  return exit
}
