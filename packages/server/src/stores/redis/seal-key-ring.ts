import { randomBytes } from 'node:crypto'
import { texts } from './replies.js'
import type { ScriptRunner } from './script-runner.js'
import { SEAL_KEYS } from './scripts/shared.js'

const KEY_BYTES = 32
// The longest life of a ticket, and time for all nodes to take over a new key.
const ACCEPT_MS = 3_660_000

/** The keys that seal tickets, the same on every node. One that vanished from Redis comes back from a node that has it. */
export class SealKeyRing {
  readonly #runner: ScriptRunner
  readonly #key: string
  readonly #rotationMs: number
  #known: readonly string[] = []

  constructor(runner: ScriptRunner, key: string, rotationMs: number) {
    this.#runner = runner
    this.#key = key
    this.#rotationMs = rotationMs
  }

  /** Gives the key for new tickets, then those still accepted. */
  async read(): Promise<readonly Uint8Array[]> {
    const candidate = randomBytes(KEY_BYTES).toString('hex')
    const args = [candidate, this.#known.join(' '), String(this.#rotationMs), String(ACCEPT_MS)]
    this.#known = texts(await this.#runner.run(SEAL_KEYS, [this.#key], args))
    return this.#known.map((key) => Uint8Array.from(Buffer.from(key, 'hex')))
  }
}
