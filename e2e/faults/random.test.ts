import { describe, expect, test } from 'vitest'
import { seededRandom } from './random.js'

const draw = (seed: string, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random.between(1, 6))
}

describe('Seeded chance', () => {
  test('repeats with its seed, and with no other', () => {
    expect(draw('7', 50)).toEqual(draw('7', 50))
    expect(draw('7', 50)).not.toEqual(draw('8', 50))
  })

  test('reaches both ends and everything in between, about equally often', () => {
    const counts = new Map<number, number>()
    for (const eyes of draw('dice', 6000)) counts.set(eyes, (counts.get(eyes) ?? 0) + 1)
    expect(new Set(counts.keys())).toEqual(new Set([1, 2, 3, 4, 5, 6]))
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  test('of a fork does not depend on what was drawn before', () => {
    const fresh = seededRandom('7')
    const used = seededRandom('7')
    used.bytes(10)
    expect(used.fork('round 3').bytes(16)).toEqual(fresh.fork('round 3').bytes(16))
    expect(fresh.fork('round 3').bytes(16)).not.toEqual(fresh.fork('round 4').bytes(16))
  })

  test('picks each, and shuffles without loss', () => {
    const random = seededRandom('7')
    const things = ['a', 'b', 'c', 'd'] as const
    expect(new Set(Array.from({ length: 100 }, () => random.pick(things)))).toEqual(new Set(things))
    const shuffled = random.shuffle([...things, ...things, ...things])
    expect(shuffled).not.toEqual([...things, ...things, ...things])
    expect(shuffled.sort()).toEqual([...things, ...things, ...things].sort())
  })
})
