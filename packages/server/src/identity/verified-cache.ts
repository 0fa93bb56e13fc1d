import { createHash } from 'node:crypto'
import type { Clock } from '../clock.js'

interface Entry<T> {
  readonly value: T
  readonly until: number
}

/** Tokens that were verified lately, by their hash; the least recently used go first. */
export class VerifiedCache<T> {
  readonly #clock: Clock
  readonly #capacity: number
  readonly #entries = new Map<string, Entry<T>>()

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock
    this.#capacity = capacity
  }

  get(token: string): T | undefined {
    const key = keyOf(token)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.until <= this.#clock.now()) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  /** Keeps a value until a time in Unix milliseconds. */
  set(token: string, value: T, until: number): void {
    this.#entries.set(keyOf(token), { value, until })
    if (this.#entries.size <= this.#capacity) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
