import { settled } from '../src/conformance/index.js'

interface Gate {
  readonly name: string
  readonly open: () => void
}

/**
 * Runs concurrent work step by step: whoever comes to a gate waits there, and only one gate is opened at a time,
 * after everything else has come to rest.
 */
export class Schedule {
  readonly #waiting: Gate[] = []
  /** The gates, in the order in which they were opened. */
  readonly steps: string[] = []

  /** Waits until this gate is opened. */
  pass(name: string): Promise<void> {
    return new Promise((open) => {
      this.#waiting.push({ name, open })
    })
  }

  /** Opens gates until nobody waits. `choose` gets the number of those waiting and says which goes on. */
  async run(choose: (waiting: number) => number): Promise<void> {
    for (;;) {
      await settled()
      const next =
        this.#waiting.length === 0 ? undefined : this.#waiting.splice(choose(this.#waiting.length), 1)[0]
      if (next === undefined) return
      this.steps.push(next.name)
      next.open()
    }
  }
}

/** Plays a scene once for every order in which its gates can be opened. Returns what each play gave. */
export async function everyOrder<T>(
  play: (schedule: Schedule, run: () => Promise<void>) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  // Which of those waiting went on at each step, and how many there were: a path down the tree of orders.
  let path: { choice: number; readonly of: number }[] = []
  for (;;) {
    const schedule = new Schedule()
    let step = 0
    const taken = path
    results.push(
      await play(schedule, () =>
        schedule.run((waiting) => {
          const known = taken[step]
          if (known === undefined) taken.push({ choice: 0, of: waiting })
          const { choice } = known ?? { choice: 0 }
          step += 1
          return choice
        }),
      ),
    )
    // The next path: the last step that had another choice takes it, and what came after is open again.
    const last = path.findLastIndex(({ choice, of }) => choice + 1 < of)
    if (last === -1) return results
    path = path
      .slice(0, last + 1)
      .map((one, index) => (index === last ? { ...one, choice: one.choice + 1 } : one))
  }
}
