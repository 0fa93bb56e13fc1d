/** @typedef {import('../../../test/ticket-history/history.js').HistoryCall} HistoryCall */
/** @typedef {import('../../../test/ticket-history/history.js').RedeemCall} RedeemCall */

/** Milliseconds of the machine's monotonic clock, which all of its processes share. */
export function moment() {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/**
 * What a refusal at the door says of the ticket.
 *
 * @param {string} code
 * @returns {RedeemCall['outcome']}
 */
export function refusalSeen(code) {
  if (code === 'store_unavailable') return { kind: 'indeterminate' }
  return { kind: 'refused', code: code.replace(/^ticket_/, '') }
}

/** Redeems that the store was asked for. @typedef {Omit<RedeemCall, 'ended' | 'outcome'>} Asked */

/** Writes down what this process does and what comes of it. */
export class CallLog {
  /** @type {HistoryCall[]} */
  #done = []
  /** @type {Set<Asked>} */
  #open = new Set()

  /** @param {HistoryCall} call */
  add(call) {
    this.#done.push(call)
  }

  /** @param {Asked} asked */
  begin(asked) {
    this.#open.add(asked)
  }

  /**
   * @param {Asked} asked
   * @param {RedeemCall['outcome']} outcome
   */
  end(asked, outcome) {
    // One that was given up was told of already, in a history that may be over.
    if (this.#open.delete(asked)) this.add({ ...asked, ended: moment(), outcome })
  }

  get open() {
    return this.#open.size
  }

  /** Takes what has not been answered for calls whose outcome nobody knows. */
  giveUp() {
    for (const asked of this.#open)
      this.add({ ...asked, ended: undefined, outcome: { kind: 'indeterminate' } })
    this.#open.clear()
  }

  /** What was written down since the last time. */
  take() {
    return this.#done.splice(0)
  }
}
