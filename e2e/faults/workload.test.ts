import { describe, expect, test } from 'vitest'
import { seededRandom } from './random.js'
import { type BlockTerms, planBlock } from './workload.js'

const TERMS: BlockTerms = { workers: 4, races: 2000, upgrades: 0.02 }
const plan = (seed: string) => planBlock(seededRandom(seed), 'b', TERMS)

describe('A planned block', () => {
  test('repeats with its seed', () => {
    expect(plan('7')).toEqual(plan('7'))
    expect(plan('7')).not.toEqual(plan('8'))
  })

  test('lets 2 to 64 race for each ticket, on all workers, each attempt with a name of its own', () => {
    const { races } = plan('7')
    const crowds = races.map(({ attempts }) => attempts.length)
    expect(Math.min(...crowds)).toBe(2)
    expect(Math.max(...crowds)).toBeGreaterThan(48)
    expect(Math.max(...crowds)).toBeLessThanOrEqual(65)
    const attempts = races.flatMap((race) => race.attempts)
    expect(new Set(attempts.map(({ worker }) => worker))).toEqual(new Set([0, 1, 2, 3]))
    expect(new Set(attempts.map(({ attempt }) => attempt)).size).toBe(attempts.length)
    expect(new Set(attempts.map(({ asks }) => asks))).toEqual(new Set(['once', 'again', 'twice']))
    expect(new Set(attempts.map(({ door }) => door))).toEqual(new Set(['call', 'upgrade']))
  })

  test('revokes some in each of the four ways, and lets some expire before the last attempt', () => {
    const { races } = plan('7')
    const kinds = races.flatMap(({ revokes }) => revokes.map(({ kind }) => kind))
    expect(new Set(kinds)).toEqual(new Set(['ticket', 'session', 'login', 'subject']))
    const short = races.filter(({ lifeMs }) => lifeMs !== undefined)
    expect(short.length).toBeGreaterThan(0)
    for (const { lifeMs = 0, attempts } of short) expect(attempts.at(-1)?.afterMs).toBeGreaterThan(lifeMs)
  })
})
