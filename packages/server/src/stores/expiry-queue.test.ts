import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExpiryQueue } from './expiry-queue.js'

describe('ExpiryQueue', () => {
  test('gives what is due, once, and keeps the rest', () => {
    const queue = new ExpiryQueue<string>(0)
    queue.add('early', 1000)
    queue.add('late', 5000)
    expect(queue.take(999)).toEqual([])
    expect(queue.take(1000)).toEqual(['early'])
    expect(queue.take(1000)).toEqual([])
    expect(queue.take(5000)).toEqual(['late'])
  })

  test('gives nothing before its time', () => {
    const queue = new ExpiryQueue<string>(0)
    queue.add('key', 1001)
    expect(queue.take(1999)).toEqual([])
    expect(queue.take(2000)).toEqual(['key'])
  })

  test('gives what was due already when it was added in the next second', () => {
    const queue = new ExpiryQueue<string>(10_000)
    queue.add('key', 3000)
    expect(queue.take(10_999)).toEqual([])
    expect(queue.take(11_000)).toEqual(['key'])
  })

  test('gives everything in order of time after a pause of any length', () => {
    const queue = new ExpiryQueue<number>(0)
    for (const second of [7, 3, 90_000, 5]) queue.add(second, second * 1000)
    expect(queue.take(1_000_000_000)).toEqual([3, 5, 7, 90_000])
  })

  test('does not mind a clock that goes back', () => {
    const queue = new ExpiryQueue<string>(50_000)
    queue.add('key', 60_000)
    expect(queue.take(40_000)).toEqual([])
    expect(queue.take(60_000)).toEqual(['key'])
  })

  test('gives each key exactly once, never early and at most a second late', () => {
    const keys = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 40 })
    const steps = fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 40 })
    fc.assert(
      fc.property(keys, steps, (times, gaps) => {
        const queue = new ExpiryQueue<number>(0)
        times.forEach((time, index) => {
          queue.add(index, time)
        })
        let now = 0
        const taken = new Set<number>()
        for (const gap of [...gaps, 30_000]) {
          now += gap
          for (const index of queue.take(now)) {
            expect(taken.has(index)).toBe(false)
            expect(times[index]).toBeLessThanOrEqual(now)
            taken.add(index)
          }
          times.forEach((time, index) => {
            if (time + 1000 < now) expect(taken.has(index)).toBe(true)
          })
        }
        expect(taken.size).toBe(times.length)
      }),
    )
  })
})
