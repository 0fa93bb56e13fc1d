import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { endWithParent, hasEnded } from './end-with-parent.mjs'

/** How much of what it prints is kept, for the error when it does not start. */
const LOG_LIMIT = 64 * 1024
/** So long an orderly end may take before it is made a disorderly one. */
const END_PATIENCE_MS = 5_000

/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Ended */

/**
 * A process of ours in a group of its own, so that only we end it: it hears no interrupt from the keyboard, and it does
 * not outlive us.
 */
export class ServerProcess {
  #child
  #log = ''
  /** @type {Promise<Ended>} how it ended, once it did */
  ended
  /** @type {number} */
  pid
  running = true

  /**
   * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} child
   * @param {number} pid
   */
  constructor(child, pid) {
    this.#child = child
    this.pid = pid
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (/** @type {string} */ text) => {
        this.#log = (this.#log + text).slice(-LOG_LIMIT)
      })
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.running = false
        hasEnded(pid)
        resolve({ code, signal })
      })
    })
  }

  /** The end of what it printed. */
  get log() {
    return this.#log
  }

  /**
   * Sends a signal, and waits for the end. After a while of patience, SIGKILL follows.
   *
   * @param {NodeJS.Signals} [signal] @default 'SIGKILL'
   * @returns {Promise<Ended>}
   */
  async end(signal = 'SIGKILL') {
    if (!this.running) return this.ended
    if (signal === 'SIGKILL') this.#killGroup()
    else {
      this.#child.kill(signal)
      // A process that is paused takes no other signal than SIGKILL.
      this.#child.kill('SIGCONT')
    }
    const impatience = setTimeout(() => this.#killGroup(), END_PATIENCE_MS)
    try {
      return await this.ended
    } finally {
      clearTimeout(impatience)
    }
  }

  /** With whom it forked, to save for example: they hold its output open, and have nothing to save it for. */
  #killGroup() {
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }

  /** Freezes it where it is: it keeps its sockets and answers nobody. */
  pause() {
    this.#child.kill('SIGSTOP')
  }

  /** Lets it go on as if nothing had been. */
  resume() {
    this.#child.kill('SIGCONT')
  }
}

/**
 * Starts a program.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, remedy?: string }} options `remedy`: what to do when it cannot be
 *   started at all
 * @returns {Promise<ServerProcess>} as soon as the process is there; whether it is ready, the caller has to find out
 */
export async function startProcess(command, args, { cwd, env = process.env, remedy = '' }) {
  try {
    const child = spawn(command, [...args], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    if (child.pid !== undefined) endWithParent(child.pid)
    await once(child, 'spawn')
    return new ServerProcess(child, child.pid ?? 0)
  } catch (error) {
    throw new Error(`wsticket: \`${command}\` could not be started (${String(error)}). ${remedy}`, {
      cause: error,
    })
  }
}
