import type { Breach, HistoryCall } from '../../test/ticket-history/history.js'
import type { ControlName } from './messages.js'

/** How a store did that has to fail. */
export interface ControlTally {
  readonly faults: number
  readonly failed: number
  readonly doubles: number
}

/** What was done and what came of it, in numbers. */
export interface Tally {
  /** Tickets that more than one attempt raced for. */
  readonly races: number
  /** What clients asked for, retries included. */
  readonly attempts: number
  readonly admitted: number
  readonly indeterminate: number
  /** Refusals by what they said, `voided` among them. */
  readonly refused: ReadonlyMap<string, number>
  /** Faults that happened, by name. */
  readonly faults: ReadonlyMap<string, number>
  /** Races whose ticket was consumed while nobody else could know of it, and tried again after the failover. */
  readonly windowRaces: number
  /** The positive controls: faults that each had to fail at, at how many it did, and how many tickets it let in twice. */
  readonly controls: ReadonlyMap<ControlName, ControlTally>
  readonly breaches: readonly Breach[]
}

export const NOTHING: Tally = {
  races: 0,
  attempts: 0,
  admitted: 0,
  indeterminate: 0,
  refused: new Map(),
  faults: new Map(),
  windowRaces: 0,
  controls: new Map(),
  breaches: [],
}

/** Counts a history. */
export function tallyOf(history: readonly HistoryCall[]): Tally {
  const attempts = new Map<string, Set<string>>()
  const refused = new Map<string, number>()
  let asked = 0
  let admitted = 0
  let indeterminate = 0
  for (const call of history) {
    if (call.name !== 'redeem' || call.at !== 'door') continue
    asked += 1
    const of = attempts.get(call.ref) ?? new Set()
    attempts.set(call.ref, of.add(call.attempt))
    if (call.outcome.kind === 'admitted') admitted += 1
    else if (call.outcome.kind === 'indeterminate') indeterminate += 1
    else refused.set(call.outcome.code, (refused.get(call.outcome.code) ?? 0) + 1)
  }
  const races = [...attempts.values()].filter(({ size }) => size > 1).length
  return { ...NOTHING, races, attempts: asked, admitted, indeterminate, refused }
}

/** Adds two up. */
export function sum(one: Tally, other: Tally): Tally {
  return {
    races: one.races + other.races,
    attempts: one.attempts + other.attempts,
    admitted: one.admitted + other.admitted,
    indeterminate: one.indeterminate + other.indeterminate,
    refused: sumOf(one.refused, other.refused),
    faults: sumOf(one.faults, other.faults),
    windowRaces: one.windowRaces + other.windowRaces,
    controls: sumOfControls(one.controls, other.controls),
    breaches: [...one.breaches, ...other.breaches],
  }
}

function sumOf(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const total = new Map(one)
  for (const [name, count] of other) total.set(name, (total.get(name) ?? 0) + count)
  return total
}

function sumOfControls(one: Tally['controls'], other: Tally['controls']): Tally['controls'] {
  const total = new Map(one)
  for (const [name, { faults, failed, doubles }] of other) {
    const before = total.get(name) ?? { faults: 0, failed: 0, doubles: 0 }
    total.set(name, {
      faults: before.faults + faults,
      failed: before.failed + failed,
      doubles: before.doubles + doubles,
    })
  }
  return total
}

/**
 * How often something may happen at most that was not seen in so many independent tries, with 95 % confidence: the rule of
 * three.
 */
export function upperBound(tries: number): number {
  return tries === 0 ? 1 : Math.min(3 / tries, 1)
}
