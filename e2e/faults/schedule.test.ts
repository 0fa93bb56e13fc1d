import { describe, expect, test } from 'vitest'
import { type RoundPlan, schedule } from './schedule.js'

const REPERTOIRE = { faults: ['a', 'b', 'c'], windows: ['w'] }

function plans(seed: string, count: number): RoundPlan[] {
  const rounds = schedule(seed, 'pair', REPERTOIRE)
  return Array.from({ length: count }, () => rounds.next().value)
}

describe('A schedule', () => {
  test('repeats with its seed', () => {
    expect(plans('7', 40)).toEqual(plans('7', 40))
    expect(plans('7', 40)).not.toEqual(plans('8', 40))
  })

  test('goes through everything in each cycle, through the windows most often, and not always in one order', () => {
    const names = plans('7', 60).map(({ name }) => name)
    const cycles = Array.from({ length: 10 }, (_, cycle) => names.slice(6 * cycle, 6 * cycle + 6))
    for (const cycle of cycles) expect([...cycle].sort()).toEqual(['a', 'b', 'c', 'w', 'w', 'w'])
    expect(new Set(cycles.map(String)).size).toBeGreaterThan(1)
  })

  test('numbers its rounds and gives each a seed of its own', () => {
    const rounds = plans('7', 10)
    expect(rounds.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(new Set(rounds.map(({ seed }) => seed)).size).toBe(10)
    expect(rounds.find(({ name }) => name === 'w')?.kind).toBe('window')
  })

  test('of nothing is a mistake', () => {
    expect(() => schedule('7', 'pair', { faults: [], windows: [] }).next()).toThrow(TypeError)
  })
})
