import { describe, expect, it } from 'vitest'
import { manualClock } from '../conformance/manual-clock.js'
import { VerifiedCache } from './verified-cache.js'

describe('VerifiedCache', () => {
  it('gives back what was kept, until its time', () => {
    const clock = manualClock()
    const cache = new VerifiedCache<string>(clock, 10)
    cache.set('token', 'ada', clock.now() + 1000)
    expect(cache.get('token')).toBe('ada')
    expect(cache.get('another')).toBeUndefined()
    clock.advance(1000)
    expect(cache.get('token')).toBeUndefined()
    expect(cache.get('token')).toBeUndefined()
  })

  it('never holds more than its capacity; what was not asked for longest goes', () => {
    const clock = manualClock()
    const cache = new VerifiedCache<number>(clock, 3)
    for (const [index, token] of ['a', 'b', 'c'].entries()) cache.set(token, index, clock.now() + 1000)
    expect(cache.get('a')).toBe(0)
    cache.set('d', 3, clock.now() + 1000)
    expect(cache.get('b')).toBeUndefined()
    expect([cache.get('a'), cache.get('c'), cache.get('d')]).toEqual([0, 2, 3])
  })

  it('keeps nothing whose time is over already', () => {
    const clock = manualClock()
    const cache = new VerifiedCache<string>(clock, 3)
    cache.set('token', 'ada', clock.now())
    expect(cache.get('token')).toBeUndefined()
  })
})
