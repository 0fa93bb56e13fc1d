/**
 * What is wrong with a way right now.
 *
 * @typedef {{ delayMs: number, held: boolean, dropped: boolean }} Faults
 */

/**
 * Bytes of one way, or of many: what came in is what went out, was thrown away, or waits.
 *
 * @typedef {{ received: number, delivered: number, dropped: number }} ByteCounts
 */

/** What waits on a way: bytes, the orderly end, or the sudden one. */
/** @typedef {{ at: number, what: Buffer | 'end' | 'reset' }} Item */

/** So much waits at most; then the sender is not read any more, as on any full connection. */
const WAITING_LIMIT = 1024 * 1024

/** One way of a connection, from a socket to another: everything that comes, in order, as the faults let it. */
export class Lane {
  #source
  #sink
  #faults
  /** @type {Item[]} */
  #waiting = []
  #waitingBytes = 0
  /** It lost something: whatever came after that would be garbage to the receiver. */
  #torn = false
  #ended = false
  #full = false
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {ByteCounts} */
  counts = { received: 0, delivered: 0, dropped: 0 }

  /**
   * @param {import('node:net').Socket} source
   * @param {import('node:net').Socket} sink
   * @param {() => Faults} faults
   */
  constructor(source, sink, faults) {
    this.#source = source
    this.#sink = sink
    this.#faults = faults
    source.on('data', (bytes) => this.#take(bytes))
    source.on('end', () => {
      this.#ended = true
      this.#take('end')
    })
    source.on('close', () => {
      if (!this.#ended) this.#take('reset')
    })
    sink.on('drain', () => {
      this.#full = false
      this.move()
    })
  }

  /** Moves on what may move now; call it when the faults have changed. */
  move() {
    clearTimeout(this.#timer)
    for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
      const faults = this.#faults()
      this.#torn ||= faults.dropped
      if (!this.#torn) {
        if (faults.held || this.#full) break
        const early = item.at + faults.delayMs - performance.now()
        if (early > 0) {
          this.#timer = setTimeout(() => this.move(), early)
          break
        }
      }
      this.#waiting.shift()
      this.#deliver(item.what)
    }
    if (this.#waitingBytes < WAITING_LIMIT && this.#source.isPaused()) this.#source.resume()
  }

  /** Forgets what waits. */
  clear() {
    clearTimeout(this.#timer)
    this.#waiting = []
    this.counts.dropped += this.#waitingBytes
    this.#waitingBytes = 0
  }

  /** @param {Item['what']} what */
  #take(what) {
    if (typeof what !== 'string') {
      this.counts.received += what.length
      this.#waitingBytes += what.length
      if (this.#waitingBytes >= WAITING_LIMIT) this.#source.pause()
    }
    this.#waiting.push({ at: performance.now(), what })
    this.move()
  }

  /** @param {Item['what']} what */
  #deliver(what) {
    if (typeof what !== 'string') return this.#write(what)
    if (this.#torn) return
    if (what === 'end') this.#sink.end()
    else if (!this.#sink.destroyed) this.#sink.resetAndDestroy()
  }

  /** @param {Buffer} bytes */
  #write(bytes) {
    this.#waitingBytes -= bytes.length
    const lost = this.#torn || !this.#sink.writable
    this.counts[lost ? 'dropped' : 'delivered'] += bytes.length
    if (!lost) this.#full = !this.#sink.write(bytes)
  }
}
