/** @typedef {import('./fault-lane.mjs').Faults} Faults */
/** @typedef {import('./fault-lane.mjs').ByteCounts} ByteCounts */
/** @typedef {'toServer' | 'toClient'} Way */
/** @typedef {Way | 'both'} Direction */

/**
 * How much there has been so far. `open` are the connections that are open now.
 *
 * @typedef {{ connections: number, open: number, toServer: ByteCounts, toClient: ByteCounts }} Counters
 */

/**
 * What the switches need to know of a connection.
 *
 * @typedef {{ move: () => void, cut: () => void, counts: Record<Way, ByteCounts> }} Switched
 */

/** The faults of a set of connections, those that are there and those that will come. */
export class FaultSwitches {
  /** @type {Record<Way, Faults>} */
  faults = { toServer: none(), toClient: none() }
  /** @type {Set<Switched>} */
  #open = new Set()
  #connections = 0
  /** @type {Record<Way, ByteCounts>} */
  #past = { toServer: zero(), toClient: zero() }

  /** @returns {Counters} */
  get counters() {
    const counts = { toServer: { ...this.#past.toServer }, toClient: { ...this.#past.toClient } }
    for (const connection of this.#open) add(counts, connection.counts)
    return { connections: this.#connections, open: this.#open.size, ...counts }
  }

  /**
   * Lets everything arrive so much later than it came, what waits already included. 0 ends that.
   *
   * @param {number} ms
   * @param {Direction} [direction] @default 'both'
   */
  delay(ms, direction = 'both') {
    this.#set(direction, { delayMs: ms })
  }

  /**
   * Keeps everything that comes, an end, too, until `release`. When 1 MiB waits, the sender is not read any more.
   *
   * @param {Direction} [direction] @default 'both'
   */
  hold(direction = 'both') {
    this.#set(direction, { held: true })
  }

  /**
   * Sends on what was kept, in order.
   *
   * @param {Direction} [direction] @default 'both'
   */
  release(direction = 'both') {
    this.#set(direction, { held: false })
  }

  /**
   * Throws away everything that comes, an end, too, without a word to anybody. A connection that lost something stays so
   * after `pass`: it can only be closed, or cut.
   *
   * @param {Direction} [direction] @default 'both'
   */
  drop(direction = 'both') {
    this.#set(direction, { dropped: true })
  }

  /**
   * Ends `drop` for new connections, and for those that lost nothing.
   *
   * @param {Direction} [direction] @default 'both'
   */
  pass(direction = 'both') {
    this.#set(direction, { dropped: false })
  }

  /** Resets all connections, for both sides; what waits is lost. */
  cut() {
    for (const connection of this.#open) connection.cut()
  }

  /** Ends all delays, holds and drops. */
  heal() {
    this.#set('both', none())
  }

  /** @param {Switched} connection */
  enter(connection) {
    this.#connections += 1
    this.#open.add(connection)
  }

  /** @param {Switched} connection */
  leave(connection) {
    if (this.#open.delete(connection)) add(this.#past, connection.counts)
  }

  /**
   * @param {Direction} direction
   * @param {Partial<Faults>} change
   */
  #set(direction, change) {
    /** @type {readonly Way[]} */
    const ways = direction === 'both' ? ['toServer', 'toClient'] : [direction]
    for (const way of ways) Object.assign(this.faults[way], change)
    for (const connection of this.#open) connection.move()
  }
}

/** @returns {Faults} */
function none() {
  return { delayMs: 0, held: false, dropped: false }
}

/** @returns {ByteCounts} */
function zero() {
  return { received: 0, delivered: 0, dropped: 0 }
}

/**
 * @param {Record<Way, ByteCounts>} sum
 * @param {Record<Way, ByteCounts>} more
 */
function add(sum, more) {
  for (const way of /** @type {const} */ (['toServer', 'toClient'])) {
    sum[way].received += more[way].received
    sum[way].delivered += more[way].delivered
    sum[way].dropped += more[way].dropped
  }
}
