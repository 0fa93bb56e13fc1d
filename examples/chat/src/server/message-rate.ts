/** So many at once, then so many a second. */
export interface MessageRateTerms {
  readonly burst: number
  readonly perSecond: number
}

/** Counts the frames of one socket by GCRA, whose whole state is one number. */
export class MessageRate {
  readonly #gapMs: number
  readonly #toleranceMs: number
  readonly #now: () => number
  #due = 0

  constructor(terms: MessageRateTerms, now: () => number) {
    this.#gapMs = 1000 / terms.perSecond
    this.#toleranceMs = this.#gapMs * (terms.burst - 1)
    this.#now = now
  }

  /** Counts one frame. Gives 0 if it is allowed, else the whole seconds until the next one is. */
  take(): number {
    const now = this.#now()
    const due = Math.max(this.#due, now)
    const waitMs = due - this.#toleranceMs - now
    if (waitMs > 0) return Math.ceil(waitMs / 1000)
    this.#due = due + this.#gapMs
    return 0
  }
}
