import { parseArgs } from 'node:util'
import { TOPOLOGIES, type TopologyName } from './laboratory.js'

/** What a long run is to do. */
export interface FaultsOptions {
  readonly topologies: readonly TopologyName[]
  readonly seed: string
  readonly races: number
  readonly minutes: number
  readonly only: number | undefined
}

const USAGE = `npm run faults -- [options]

  --topology NAMES  some of ${Object.keys(TOPOLOGIES).join(', ')}; default: all
  --seed SEED       repeats the schedule of a run; default: one of its own, which is printed
  --races N         tickets to race for, over all topologies; default: 100000
  --minutes N       begins no round later than this; default: 25
  --only ROUND      only this round of one topology, as a run printed it`
const DEFAULTS = { races: 100_000, minutes: 25 } as const

/** Reads the command line. Throws a `TypeError` that says what is wrong with it, and what there is. */
export function readOptions(args: readonly string[], newSeed: () => string): FaultsOptions {
  try {
    return parse(args, newSeed)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    throw new TypeError(`wsticket: ${because}\n\n${USAGE}`, { cause: error })
  }
}

function parse(args: readonly string[], newSeed: () => string): FaultsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      topology: { type: 'string' },
      seed: { type: 'string' },
      races: { type: 'string' },
      minutes: { type: 'string' },
      only: { type: 'string' },
    },
  })
  const topologies = (values.topology ?? Object.keys(TOPOLOGIES).join(',')).split(',').map((name) => {
    if (isTopology(name)) return name
    throw new TypeError(`--topology is "${name}"; it must be one of ${Object.keys(TOPOLOGIES).join(', ')}`)
  })
  if (values.only !== undefined && topologies.length !== 1)
    throw new TypeError('--only needs one --topology, since each numbers its own rounds')
  return {
    topologies,
    seed: values.seed ?? newSeed(),
    races: whole('races', values.races) ?? DEFAULTS.races,
    minutes: whole('minutes', values.minutes) ?? DEFAULTS.minutes,
    only: whole('only', values.only),
  }
}

function isTopology(name: string): name is TopologyName {
  return name in TOPOLOGIES
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new TypeError(`--${name} is "${text}"; it must be a whole number`)
}
