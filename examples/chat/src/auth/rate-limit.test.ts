import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKey, RateLimiter } from './rate-limit.js'

describe('RateLimiter', () => {
  it('allows the burst, then the rate', () => {
    let now = 1_000_000
    const limiter = new RateLimiter({ burst: 3, perSecond: 2 }, () => now)
    expect([limiter.take('a'), limiter.take('a'), limiter.take('a'), limiter.take('a')]).toEqual([0, 0, 0, 1])
    now += 500
    expect([limiter.take('a'), limiter.take('a')]).toEqual([0, 1])
  })

  it('counts each key for itself', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 1 }, () => 0)
    expect([limiter.take('a'), limiter.take('b'), limiter.take('a')]).toEqual([0, 0, 1])
  })

  it('gives an attempt back', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 1 }, () => 0)
    limiter.take('a')
    limiter.giveBack('a')
    expect(limiter.take('a')).toBe(0)
  })

  it('never allows more than burst plus rate times time', () => {
    const step = fc.integer({ min: 0, max: 700 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (steps, burst) => {
        let now = 5000
        const limiter = new RateLimiter({ burst, perSecond: 4 }, () => now)
        let allowed = 0
        for (const milliseconds of steps) {
          now += milliseconds
          if (limiter.take('k') === 0) allowed += 1
        }
        expect(allowed).toBeLessThanOrEqual(burst + ((now - 5000) / 1000) * 4 + 1e-6)
      }),
    )
  })
})

describe('addressKey', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['unknown', 'unknown'],
  ])('of %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})
