import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

// One of the parameter sets that OWASP's Password Storage Cheat Sheet names as equal in strength. This one
// takes 16 MiB a hash, so that a burst of logins does not exhaust a small machine.
const COST: ScryptCost = { N: 2 ** 14, r: 8, p: 5 }
const KEY_BYTES = 32
const SALT_BYTES = 16
// scrypt needs 128 * N * r bytes and a little; Node refuses beyond `maxmem`.
const MAX_MEMORY_BYTES = 64 * 1024 * 1024
// Hashes run in the thread pool that file reads and name lookups use too (4 threads by default).
const CONCURRENT_HASHES = 2
// At some 150 ms a hash, a longer queue would answer nobody in time.
const WAITING_HASHES = 64

const FORM = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/

/** scrypt's parameters (RFC 7914): cost, block size, parallelization. */
export interface ScryptCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Hashes and checks passwords with scrypt, a few at a time. */
export class PasswordHasher {
  readonly #cost: ScryptCost
  #running = 0
  readonly #waiting: (() => void)[] = []
  #decoy: Promise<string> | undefined

  /** A lower cost than the default is for tests only. */
  constructor(options: { readonly cost?: ScryptCost } = {}) {
    this.#cost = options.cost ?? COST
  }

  /** Hashes a password with a salt of its own: `scrypt$N$r$p$salt$key`. */
  async hash(password: string): Promise<string> {
    const { N, r, p } = this.#cost
    const salt = randomBytes(SALT_BYTES)
    const key = await this.#derive(password, salt, KEY_BYTES, this.#cost)
    return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$')
  }

  /** Makes the hash that stands in for nobody's. Done at the start, it does not make the first login slower. */
  async prepare(): Promise<void> {
    this.#decoy ??= this.hash('nobody has this password')
    await this.#decoy
  }

  /**
   * Tells whether a password belongs to a hash. Without a hash (nobody of that name) it does the same work
   * and says no, so that the time taken does not tell who exists. When too many wait already it does nothing.
   */
  async verify(password: string, hash: string | undefined): Promise<'right' | 'wrong' | 'overloaded'> {
    this.#decoy ??= this.hash('nobody has this password')
    const parts = FORM.exec(hash ?? (await this.#decoy))
    if (parts === null)
      throw new TypeError('A stored password hash must have the form scrypt$N$r$p$salt$key.')
    const [, n, r, p, salt = '', key = ''] = parts
    const expected = Buffer.from(key, 'base64url')
    const cost = { N: Number(n), r: Number(r), p: Number(p) }
    // No `await` from here to the queue, so that a crowd is counted one by one.
    if (this.#waiting.length >= WAITING_HASHES) return 'overloaded'
    const derived = await this.#derive(password, Buffer.from(salt, 'base64url'), expected.length, cost)
    const equal = timingSafeEqual(derived, expected)
    return equal && hash !== undefined ? 'right' : 'wrong'
  }

  async #derive(password: string, salt: Buffer, bytes: number, cost: ScryptCost): Promise<Buffer> {
    await this.#enter()
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        // The same password typed on two keyboards may differ in its code points (NIST SP 800-63B, 5.1.1.2).
        const text = password.normalize('NFKC')
        scrypt(text, salt, bytes, { ...cost, maxmem: MAX_MEMORY_BYTES }, (error, key) => {
          if (error === null) resolve(key)
          else reject(error)
        })
      })
    } finally {
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < CONCURRENT_HASHES) {
      this.#running += 1
      return
    }
    // Whoever leaves hands the place over, so `#running` does not change.
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running -= 1
    else next()
  }
}
