import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { rateLimitCases } from '../../test/rate-limit-cases.js'
import { addressKey, memoryRateLimits, type RateLimits } from './rate-limit.js'

describe('limits in memory', () => {
  test.each(rateLimitCases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    let now = 1_000_000
    const memory = memoryRateLimits(() => now)
    const kept = new Map<string, ReturnType<RateLimits>>()
    // One process has one limiter of a name.
    const limits: RateLimits = (name, terms) => {
      const limiter = kept.get(name) ?? memory(name, terms)
      kept.set(name, limiter)
      return limiter
    }
    const advance = async (ms: number): Promise<void> => {
      now += ms
    }
    await run({ nodes: [limits, limits], advance })
  })

  it('never allow more than burst plus rate times time', async () => {
    const step = fc.integer({ min: 0, max: 700 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        async (steps, burst) => {
          let now = 5000
          const limiter = memoryRateLimits(() => now)('any', { burst, perSecond: 4 })
          let allowed = 0
          for (const milliseconds of steps) {
            now += milliseconds
            if ((await limiter.take('k')) === 0) allowed += 1
          }
          expect(allowed).toBeLessThanOrEqual(burst + ((now - 5000) / 1000) * 4 + 1e-6)
        },
      ),
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
