import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rate } from './gcra.js'
import { decideRate } from './gcra.js'

const START = 1_700_000_000_123

/** How many of so many requests at one moment are allowed. */
function atOnce(rate: Rate, requests: number, now = START): number {
  let kept: number | undefined
  let allowed = 0
  for (let request = 0; request < requests; request += 1) {
    const decision = decideRate(rate, kept, now)
    kept = decision.arrival
    if (decision.allowed) allowed += 1
  }
  return allowed
}

describe('decideRate', () => {
  // Unix milliseconds as doubles leave a thousandth of a millisecond: sums of 1000 / 7 were rounded up past the
  // tolerance, and the last one of a burst was refused.
  test('allows the whole burst at once, for rates whose interval is no round number', () => {
    const rates = fc.record({
      burst: fc.integer({ min: 1, max: 200 }),
      perSecond: fc.double({ min: 0.01, max: 1000, noNaN: true }),
    })
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 4_000_000_000_000 }), (rate, now) => {
        expect(atOnce(rate, rate.burst + 3, now)).toBe(rate.burst)
      }),
    )
  })

  test('allows no more than the burst and the rate, in any window', () => {
    const input = fc.record({
      rate: fc.record({
        burst: fc.integer({ min: 1, max: 20 }),
        perSecond: fc.double({ min: 0.1, max: 50, noNaN: true }),
      }),
      gaps: fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 80 }),
    })
    fc.assert(
      fc.property(input, ({ rate, gaps }) => {
        let now = START
        let kept: number | undefined
        const allowed: number[] = []
        for (const gap of gaps) {
          now += gap
          const decision = decideRate(rate, kept, now)
          kept = decision.arrival
          if (decision.allowed) allowed.push(now)
        }
        for (let first = 0; first < allowed.length; first += 1) {
          for (let last = first; last < allowed.length; last += 1) {
            const seconds = ((allowed[last] ?? 0) - (allowed[first] ?? 0)) / 1000
            expect(last - first + 1).toBeLessThanOrEqual(rate.burst + rate.perSecond * seconds + 1e-6)
          }
        }
      }),
    )
  })

  test('tells exactly how many more are allowed now', () => {
    const input = fc.record({
      burst: fc.integer({ min: 1, max: 20 }),
      perSecond: fc.double({ min: 0.1, max: 50, noNaN: true }),
    })
    fc.assert(
      fc.property(input, fc.integer({ min: 1, max: 25 }), (rate, before) => {
        let kept: number | undefined
        for (let request = 0; request < before; request += 1) {
          const decision = decideRate(rate, kept, START)
          kept = decision.arrival
          const left = Math.max(rate.burst - request - 1, 0)
          expect(decision.quota.remaining).toBe(left)
        }
      }),
    )
  })

  test('tells when one more is allowed: not a millisecond earlier', () => {
    const input = fc.record({
      burst: fc.integer({ min: 1, max: 10 }),
      perSecond: fc.double({ min: 0.1, max: 50, noNaN: true }),
    })
    fc.assert(
      fc.property(input, (rate) => {
        let kept: number | undefined
        let resetMs = 0
        for (let request = 0; request < rate.burst; request += 1) {
          const decision = decideRate(rate, kept, START)
          kept = decision.arrival
          resetMs = decision.quota.resetMs
        }
        expect(resetMs).toBeGreaterThan(0)
        expect(decideRate(rate, kept, START + resetMs - 1).allowed).toBe(false)
        expect(decideRate(rate, kept, START + resetMs).allowed).toBe(true)
        expect(decideRate(rate, kept, START).quota.resetMs).toBe(resetMs)
      }),
    )
  })

  test('keeps the arrival time when it refuses, so that asking in vain costs nothing', () => {
    const rate = { burst: 1, perSecond: 1 }
    const { arrival } = decideRate(rate, undefined, START)
    const refused = decideRate(rate, arrival, START + 400)
    expect(refused).toEqual({ allowed: false, arrival, quota: { remaining: 0, resetMs: 600 } })
  })

  test('gives the full burst back to a key that has been quiet', () => {
    const rate = { burst: 5, perSecond: 1 }
    const { arrival } = decideRate(rate, undefined, START)
    expect(decideRate(rate, arrival, START + 60_000).quota).toEqual({ remaining: 4, resetMs: 0 })
  })
})
