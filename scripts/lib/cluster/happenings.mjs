/**
 * What can happen to a part of the cluster.
 *
 * - `node-killed`, `node-ended`: by us, or by itself; it comes back by itself
 * - `node-draining`, `node-drained`: it was told to end, and did so
 * - `node-up`: it came back
 * - `master-killed`, `master-promoted`, `redis-up`: a master is gone, its replica is the master now, the old one is back
 *   as its replica
 *
 * @typedef {'node-killed' | 'node-ended' | 'node-draining' | 'node-drained' | 'node-up' |
 *   'master-killed' | 'master-promoted' | 'redis-up'} HappeningKind
 */

/**
 * `ms`: how long it took. `other`: the part that this one takes the place of, or belongs to.
 *
 * @typedef {{ id: number, at: number, kind: HappeningKind, name: string, other?: string, ms?: number }} Happening
 */

// As many as a page may have missed while it was not looked at.
const KEPT = 40

/** Keeps what happened last, for pages that ask later. */
export class Happenings {
  /** @type {Happening[]} */
  #kept = []
  #last = 0
  #onHappening

  /**
   * @param {(happening: Happening) => void} onHappening
   */
  constructor(onHappening) {
    this.#onHappening = onHappening
  }

  /**
   * @param {HappeningKind} kind
   * @param {string} name
   * @param {{ other?: string, ms?: number }} [more]
   */
  add(kind, name, more = {}) {
    this.#last += 1
    const happening = { id: this.#last, at: Date.now() / 1000, kind, name, ...more }
    this.#kept.push(happening)
    if (this.#kept.length > KEPT) this.#kept.shift()
    this.#onHappening(happening)
  }

  /** @returns {readonly Happening[]} the oldest first */
  all() {
    return [...this.#kept]
  }
}

/**
 * Tells it in a line, for the terminal.
 *
 * @param {Happening} happening
 * @returns {string}
 */
export function happeningLine({ kind, name, other, ms }) {
  const took = ms === undefined ? '' : `, after ${(ms / 1000).toFixed(1)} s`
  switch (kind) {
    case 'node-killed':
      return `${name} was killed`
    case 'node-ended':
      return `${name} ended by itself`
    case 'node-draining':
      return `${name} is told to end: it sends its sockets elsewhere`
    case 'node-drained':
      return `${name} has ended${took}`
    case 'node-up':
      return `${name} is back${took}`
    case 'master-killed':
      return `${name}, a master, was killed`
    case 'master-promoted':
      return `${name} is the master in place of ${other}${took}`
    case 'redis-up':
      return `${name} is back as a replica of ${other}`
  }
}
