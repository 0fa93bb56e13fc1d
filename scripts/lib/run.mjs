import { spawn } from 'node:child_process'

/** @type {readonly NodeJS.Signals[]} */
const INTERRUPTS = ['SIGINT', 'SIGTERM']
// npm tidies up for a moment when it is interrupted.
const INTERRUPT_PATIENCE_MS = 3000

/**
 * A tool's run, once it is over. `code` is `null` when a signal ended it.
 *
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null, output: string }} Ran
 */

/** A command that failed, with all it printed: the caller shows that before the message. */
export class CommandFailed extends Error {
  /**
   * @param {string} message
   * @param {string} output
   */
  constructor(message, output) {
    super(message)
    this.name = 'CommandFailed'
    this.output = output
  }
}

/**
 * Runs a command to its end and keeps what it prints, both streams in one.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, limitMs?: number }} options after `limitMs` the command is killed,
 *   with all that it started, and says so in its output
 * @returns {Promise<Ran>} rejects only when the command cannot be started at all
 */
export function run(command, args, { cwd, env = process.env, limitMs }) {
  return new Promise((resolve, reject) => {
    // A group of its own only where it may have to be killed: else an interrupt from the keyboard reaches it by itself.
    const detached = limitMs !== undefined && process.platform !== 'win32'
    const child = spawn(command, [...args], { cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (/** @type {string} */ text) => {
        output += text
      })
    }
    const killAll = () => {
      if (child.pid === undefined) return
      try {
        process.kill(detached ? -child.pid : child.pid, 'SIGKILL')
      } catch {
        // Gone already.
      }
    }
    const limit =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            output += `\nKilled: not over after ${limitMs / 1000} s.\n`
            killAll()
          }, limitMs)
    const onExit = () => killAll()
    if (detached) process.once('exit', onExit)
    // Who interrupts us interrupts the tool, and we stay until it is gone: an install that went on behind the back of the
    // next start would take its files away.
    /** @type {NodeJS.Signals | undefined} */
    let interruptedBy
    /** @type {NodeJS.Timeout | undefined} */
    let impatience
    const interrupt = (/** @type {NodeJS.Signals} */ signal) => {
      interruptedBy ??= signal
      child.kill('SIGTERM')
      impatience ??= setTimeout(killAll, INTERRUPT_PATIENCE_MS)
    }
    for (const signal of INTERRUPTS) process.on(signal, interrupt)
    const settle = () => {
      clearTimeout(limit)
      clearTimeout(impatience)
      process.removeListener('exit', onExit)
      for (const signal of INTERRUPTS) process.removeListener(signal, interrupt)
    }
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('close', (code, signal) => {
      settle()
      if (interruptedBy !== undefined) process.kill(process.pid, interruptedBy)
      resolve({ code, signal, output })
    })
  })
}

/**
 * Runs a command that has to succeed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, remedy: string }} options `remedy`: what to do when it fails
 * @returns {Promise<string>} what it printed
 */
export async function runOrFail(command, args, { remedy, ...options }) {
  const line = [command, ...args].join(' ')
  const ran = await run(command, args, options).catch((/** @type {unknown} */ error) => {
    throw new CommandFailed(`wsticket: \`${line}\` could not be started (${String(error)}). ${remedy}`, '')
  })
  if (ran.code === 0) return ran.output
  const end = ran.signal === null ? `code ${ran.code}` : ran.signal
  throw new CommandFailed(`wsticket: \`${line}\` failed (${end}). ${remedy}`, ran.output)
}

/**
 * How to call the npm that belongs here: the one that started this script, else the one on the PATH.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {{ command: string, args: readonly string[] }}
 */
export function npm(env = process.env) {
  const cli = env.npm_execpath
  if (cli !== undefined && /npm-cli\.[cm]?js$/.test(cli)) return { command: process.execPath, args: [cli] }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] }
}
