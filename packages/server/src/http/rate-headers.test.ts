import { describe, expect, it } from 'vitest'
import { rateHeaders } from './rate-headers.js'

const RATES = { user: { burst: 60, perSecond: 1 }, address: { burst: 5, perSecond: 3 } }

describe('rateHeaders', () => {
  it('tell the policy and what is left, in whole seconds', () => {
    expect(
      rateHeaders(RATES, { user: { remaining: 3, resetMs: 0 }, address: { remaining: 0, resetMs: 334 } }),
    ).toEqual({
      'ratelimit-policy': '"user";q=60;w=60, "address";q=5;w=2',
      ratelimit: '"user";r=3;t=0, "address";r=0;t=1',
    })
  })

  it('tell of those only that were counted', () => {
    expect(rateHeaders(RATES, { user: { remaining: 3, resetMs: 0 } })).toEqual({
      'ratelimit-policy': '"user";q=60;w=60',
      ratelimit: '"user";r=3;t=0',
    })
    expect(rateHeaders({ ...RATES, user: undefined }, { user: { remaining: 3, resetMs: 0 } })).toEqual({})
    expect(rateHeaders(RATES, {})).toEqual({})
  })
})
