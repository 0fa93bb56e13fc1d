import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BACKOFF_CAP_MS, backoffDelay, SOON_MS } from './reconnect.js'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('backoffDelay', () => {
  it('doubles its window up to the cap', () => {
    const widest = [0, 1, 2, 3, 4, 5, 6, 100, 10_000].map((failures) => backoffDelay({ failures, random: 1 }))
    expect(widest).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000, 15_000])
    expect([SOON_MS, BACKOFF_CAP_MS]).toEqual([1000, 15_000])
  })

  it('takes any point of the window, the first time too', () => {
    fc.assert(
      fc.property(fc.nat(1000), random, (failures, chance) => {
        const delay = backoffDelay({ failures, random: chance })
        const window = backoffDelay({ failures, random: 1 })
        expect(delay).toBe(Math.round(window * chance))
      }),
    )
  })

  it('never comes before the time that the server named, up to an hour', () => {
    fc.assert(
      fc.property(fc.nat(20), random, fc.nat(3600), (failures, chance, retryAfterSeconds) => {
        const delay = backoffDelay({ failures, random: chance, retryAfterSeconds })
        expect(delay).toBeGreaterThanOrEqual(retryAfterSeconds * 1000)
        expect(delay).toBeLessThanOrEqual(retryAfterSeconds * 1000 + BACKOFF_CAP_MS)
      }),
    )
  })

  it.each([Number.NaN, -5, Number.NEGATIVE_INFINITY])('takes %s for no delay', (retryAfterSeconds) => {
    expect(backoffDelay({ failures: 0, random: 0.5, retryAfterSeconds })).toBe(500)
  })
})
