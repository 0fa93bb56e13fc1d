import { describe, expect, test } from 'vitest'
import type { HistoryCall } from '../../test/ticket-history/history.js'
import { breachLines, reportLines } from './report.js'
import { NOTHING, sum, type Tally, tallyOf, upperBound } from './tally.js'

function redeem(ref: string, attempt: string, outcome: string, at: 'door' | 'store' = 'door'): HistoryCall {
  return {
    name: 'redeem',
    process: 'worker 1.1',
    began: 1000,
    ended: outcome === 'indeterminate' ? undefined : 1002.5,
    ref,
    attempt,
    at,
    outcome:
      outcome === 'admitted' || outcome === 'indeterminate'
        ? { kind: outcome }
        : { kind: 'refused', code: outcome },
  }
}

const HISTORY = [
  redeem('r1', 'x', 'admitted', 'store'),
  redeem('r1', 'x', 'admitted'),
  redeem('r1', 'x', 'admitted'),
  redeem('r1', 'y', 'used'),
  redeem('r2', 'x', 'indeterminate'),
  redeem('r2', 'y', 'voided'),
  redeem('r3', 'x', 'used'),
]

describe('The tally of a history', () => {
  test('counts what clients saw; a race is a ticket that two attempts wanted', () => {
    expect(tallyOf(HISTORY)).toMatchObject({ races: 2, attempts: 6, admitted: 2, indeterminate: 1 })
    expect(Object.fromEntries(tallyOf(HISTORY).refused)).toEqual({ used: 2, voided: 1 })
  })

  test('adds up, with what nobody but the round knows', () => {
    const round: Tally = {
      ...tallyOf(HISTORY),
      faults: new Map([['pause', 1]]),
      windowRaces: 2,
      controls: new Map([['getdel', { faults: 1, failed: 1, doubles: 7 }]]),
    }
    const total = sum(sum(NOTHING, round), round)
    expect(total).toMatchObject({ races: 4, attempts: 12, windowRaces: 4 })
    expect(Object.fromEntries(total.controls)).toEqual({ getdel: { faults: 2, failed: 2, doubles: 14 } })
    expect(Object.fromEntries(total.refused)).toEqual({ used: 4, voided: 2 })
    expect(Object.fromEntries(total.faults)).toEqual({ pause: 2 })
  })
})

describe('The rule of three', () => {
  test('says how rare at most is what was never seen', () => {
    expect(upperBound(100_000)).toBeCloseTo(0.00003)
    expect(upperBound(1)).toBe(1)
    expect(upperBound(0)).toBe(1)
  })
})

describe('The report', () => {
  test('has the numbers, and the bound only where nothing was breached', () => {
    const good = reportLines({ ...tallyOf(HISTORY), races: 100_000 }).join('\n')
    expect(good).toMatch(/redeem races +100000\n/)
    expect(good).toMatch(/voided +1\n/)
    expect(good).toMatch(/double admissions +0\n/)
    expect(good).toContain('a race ends in a breach at most 0.0030 % of the time (of 100000, none did)')
    const calm = reportLines({ ...tallyOf(HISTORY), windowRaces: 0 }).join('\n')
    expect(calm).not.toContain('a race inside the window ends')
    const breach = { rule: 'admitted to two attempts', about: 'r1', calls: HISTORY } as const
    const bad = reportLines({ ...tallyOf(HISTORY), breaches: [breach] }).join('\n')
    expect(bad).toMatch(/double admissions +1\n/)
    expect(bad).not.toContain('95 %')
  })

  test('tells a breach with the calls of its ticket, but not with thousands of them', () => {
    const calls = Array.from({ length: 50 }, () => HISTORY).flat()
    const lines = breachLines({ rule: 'admitted to two attempts', about: 'r1', calls })
    expect(lines[0]).toBe('BREACH  r1: admitted to two attempts')
    expect(lines[2]).toContain('0.0 ms      2.5 ms  worker 1.1   redeem x (door): admitted')
    expect(lines[5]).toContain('never')
    expect(lines.at(-1)).toContain('310 more calls')
  })
})
