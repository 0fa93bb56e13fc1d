import type { RevokeCall } from '../../test/ticket-history/history.js'
import type { Random } from './random.js'

/** One try to get in with a ticket. */
export interface AttemptPlan {
  readonly worker: number
  readonly attempt: string
  readonly asks: 'once' | 'again' | 'twice'
  readonly afterMs: number
  /** `call`: in the worker's process. `upgrade`: over HTTP, by a WebSocket. */
  readonly door: 'call' | 'upgrade'
}

export interface RevokePlan {
  readonly kind: RevokeCall['target']['kind']
  readonly worker: number
  readonly afterMs: number
  /** After a logout, another worker is asked for a ticket of that very login. */
  readonly again: { readonly worker: number; readonly afterMs: number } | undefined
}

/** One ticket, and everybody who races for it. */
export interface RacePlan {
  readonly subject: string
  readonly login: string
  readonly singleUse: boolean
  readonly lifeMs: number | undefined
  readonly attempts: readonly AttemptPlan[]
  readonly revokes: readonly RevokePlan[]
}

/** Tickets that one worker issues together and that all workers then race for. */
export interface BlockPlan {
  readonly issuer: number
  readonly races: readonly RacePlan[]
}

/** What distinguishes the blocks of a run. */
export interface BlockTerms {
  readonly workers: number
  readonly races: number
  /** Of all attempts, those by upgrade. */
  readonly upgrades: number
}

/** So many race for one ticket: mostly few, since many only cost time, but now and then a crowd. */
const CROWDS = [
  { weight: 60, min: 2, max: 4 },
  { weight: 30, min: 5, max: 12 },
  { weight: 8, min: 13, max: 32 },
  { weight: 2, min: 33, max: 64 },
] as const
/** Tickets of one subject, each of a login of its own: a logout everywhere ends all of them, another one only its own. */
const SUBJECTS_TICKETS = 4
const REUSABLE = 0.05
const REVOKED = 0.15
const SHORT_LIVED = 0.05
const LATE = 0.1
const ASKS_AGAIN = 0.1
/** A short life, and how much later than its end somebody still tries. */
const SHORT_LIFE_MS = { min: 150, max: 500 } as const
const TOO_LATE_MS = 150
/** Who comes late, comes so late: when the others have been answered, and before the next fault is over. */
const LATE_MS = { min: 5, max: 300 } as const
const ATTEMPT_BYTES = 16

/** Plans a block. The same chance gives the same plan. */
export function planBlock(random: Random, name: string, terms: BlockTerms): BlockPlan {
  return {
    issuer: random.between(0, terms.workers - 1),
    races: Array.from({ length: terms.races }, (_, index) => {
      const subject = `${name}.${Math.floor(index / SUBJECTS_TICKETS)}`
      return planRace(random, { subject, login: `${subject}.${index % SUBJECTS_TICKETS}` }, terms)
    }),
  }
}

function planRace(random: Random, holder: Pick<RacePlan, 'subject' | 'login'>, terms: BlockTerms): RacePlan {
  const lifeMs = random.chance(SHORT_LIVED) ? random.between(SHORT_LIFE_MS.min, SHORT_LIFE_MS.max) : undefined
  const attempts = Array.from({ length: crowd(random) }, () => planAttempt(random, terms))
  const tooLate =
    lifeMs === undefined ? [] : [{ ...planAttempt(random, terms), afterMs: lifeMs + TOO_LATE_MS }]
  return {
    ...holder,
    singleUse: !random.chance(REUSABLE),
    lifeMs,
    attempts: [...attempts, ...tooLate],
    revokes: random.chance(REVOKED) ? [planRevoke(random, terms)] : [],
  }
}

function crowd(random: Random): number {
  let left = random.between(1, 100)
  for (const { weight, min, max } of CROWDS) {
    left -= weight
    if (left <= 0) return random.between(min, max)
  }
  throw new Error('the weights of CROWDS must add up to 100')
}

/** Plans one more attempt, as somebody makes it who found or kept the ticket. */
export function planAttempt(
  random: Random,
  { workers, upgrades }: Pick<BlockTerms, 'workers' | 'upgrades'>,
): AttemptPlan {
  const door = random.chance(upgrades) ? 'upgrade' : 'call'
  return {
    worker: random.between(0, workers - 1),
    attempt: random.bytes(ATTEMPT_BYTES).toString('base64url'),
    asks: random.chance(ASKS_AGAIN) ? random.pick(['again', 'twice']) : 'once',
    afterMs: random.chance(LATE) ? random.between(LATE_MS.min, LATE_MS.max) : 0,
    door,
  }
}

function planRevoke(random: Random, { workers }: BlockTerms): RevokePlan {
  const kind = random.pick<RevokePlan['kind']>(['ticket', 'session', 'login', 'subject'])
  const afterMs = random.chance(0.5) ? 0 : random.between(LATE_MS.min, LATE_MS.max)
  const again = { worker: random.between(0, workers - 1), afterMs: afterMs + random.between(1, LATE_MS.max) }
  return {
    kind,
    worker: random.between(0, workers - 1),
    afterMs,
    again: kind === 'login' ? again : undefined,
  }
}
