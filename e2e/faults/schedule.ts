import { seededRandom } from './random.js'

/** One round of a run: what is done, and the seed of all that is left to chance in it. */
export interface RoundPlan {
  readonly index: number
  readonly kind: 'fault' | 'window'
  readonly name: string
  readonly seed: string
}

/** What a deployment can be put through. */
export interface Repertoire {
  readonly faults: readonly string[]
  readonly windows: readonly string[]
}

/** Windows are what the lab is for, and over quickly: each comes so often while everything else comes once. */
const WINDOWS_PER_CYCLE = 3

/**
 * Plans rounds without end. Each cycle goes through everything that a deployment can be put through, each time in another
 * order. The same seed gives the same plan.
 */
export function* schedule(seed: string, topology: string, repertoire: Repertoire): Generator<RoundPlan> {
  const all = [
    ...repertoire.faults.map((name) => ({ kind: 'fault' as const, name })),
    ...repertoire.windows.flatMap((name) =>
      Array.from({ length: WINDOWS_PER_CYCLE }, () => ({ kind: 'window' as const, name })),
    ),
  ]
  if (all.length === 0) throw new TypeError(`nothing can be done to ${topology}`)
  const random = seededRandom(`${seed}/${topology}`)
  for (let index = 0; ; ) {
    for (const { kind, name } of random.shuffle(all)) {
      yield { index, kind, name, seed: `${seed}/${topology}/${index}` }
      index += 1
    }
  }
}
