import { createHash, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'

// Half a megabyte. Keys share a slot by chance only: the hash has a random salt.
const SLOTS = 65_536

/** So many at once, then so many a second. */
export interface RateTerms {
  readonly burst: number
  readonly perSecond: number
}

/** Counts attempts per key. */
export interface RateLimiter {
  /** Counts one attempt. Gives 0 if it is allowed, else the whole seconds until the next one is. */
  take(key: string): Promise<number>
  /** Gives one attempt back. */
  giveBack(key: string): Promise<void>
}

/** Makes a limiter. Those of one name share their counts, wherever counts are shared at all. */
export type RateLimits = (name: string, terms: RateTerms) => RateLimiter

/** Counts in this process. */
export function memoryRateLimits(now: () => number = Date.now): RateLimits {
  return (_name, terms) => new MemoryRateLimiter(terms, now)
}

/**
 * Counts in memory of a fixed size: no flood of invented keys makes it grow, nor pushes another key's count
 * out. The algorithm is GCRA, which needs one number a key.
 */
class MemoryRateLimiter implements RateLimiter {
  readonly #gap: number
  readonly #tolerance: number
  readonly #now: () => number
  readonly #slots = new Float64Array(SLOTS)
  readonly #salt = randomBytes(16)

  constructor(terms: RateTerms, now: () => number) {
    this.#gap = 1000 / terms.perSecond
    this.#tolerance = this.#gap * (terms.burst - 1)
    this.#now = now
  }

  async take(key: string): Promise<number> {
    const slot = this.#slot(key)
    const now = this.#now()
    const due = Math.max(this.#slots[slot] ?? 0, now)
    const waitMs = due - this.#tolerance - now
    if (waitMs > 0) return Math.ceil(waitMs / 1000)
    this.#slots[slot] = due + this.#gap
    return 0
  }

  async giveBack(key: string): Promise<void> {
    const slot = this.#slot(key)
    this.#slots[slot] = (this.#slots[slot] ?? 0) - this.#gap
  }

  #slot(key: string): number {
    return createHash('sha256').update(this.#salt).update(key).digest().readUInt32LE(0) % SLOTS
  }
}

/**
 * The part of a peer's address that one customer of a provider cannot change at will: all of IPv4, the
 * first 64 bits of IPv6.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length
  const groups = [...front, ...Array<string>(Math.max(0, zeros)).fill('0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
