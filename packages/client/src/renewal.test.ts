import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renewalDelay } from './renewal.js'

describe('renewalDelay', () => {
  it('is 15 to 30 s before the end of a session that lasts', () => {
    const minutes = 15 * 60_000
    expect(renewalDelay({ endsAt: minutes, now: 0, random: 0 })).toBe(minutes - 30_000)
    expect(renewalDelay({ endsAt: minutes, now: 0, random: 1 })).toBe(minutes - 15_000)
  })

  it('is in the last quarter of a short life', () => {
    expect(renewalDelay({ endsAt: 20_000, now: 0, random: 0 })).toBe(15_000)
    expect(renewalDelay({ endsAt: 20_000, now: 0, random: 1 })).toBe(17_500)
  })

  it('is never for a session that is over', () => {
    expect(renewalDelay({ endsAt: 1000, now: 1000, random: 0 })).toBeUndefined()
    expect(renewalDelay({ endsAt: 1000, now: 9000, random: 0 })).toBeUndefined()
  })

  it('never comes in a storm, and before the end wherever a second is left', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 12 }), chance, (left, random) => {
        const delay = renewalDelay({ endsAt: left, now: 0, random }) ?? 0
        expect(delay).toBeGreaterThanOrEqual(1000)
        if (left > 1000) expect(delay).toBeLessThanOrEqual(left)
      }),
    )
  })
})
