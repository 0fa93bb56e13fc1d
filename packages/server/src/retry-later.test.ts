import { describe, expect, test } from 'vitest'
import { manualClock } from './conformance/index.js'
import { RetryLater } from './retry-later.js'

function setUp(most = 100) {
  const clock = manualClock()
  const tried: string[] = []
  const failing = new Set<string>()
  const later = new RetryLater<string>(clock, most, async (job) => {
    tried.push(job)
    return !failing.has(job)
  })
  return { clock, tried, failing, later }
}

describe('RetryLater', () => {
  test('does each job again after two seconds, and no more when it has succeeded', async () => {
    const { clock, tried, later } = setUp()
    later.add('a')
    later.add('b')
    await clock.run(1999)
    expect(tried).toEqual([])
    await clock.run(1)
    expect(tried).toEqual(['a', 'b'])
    await clock.run(60_000)
    expect(tried).toEqual(['a', 'b'])
    expect(clock.pending()).toEqual([])
    later.add('c')
    await clock.run(2000)
    expect(tried).toEqual(['a', 'b', 'c'])
  })

  test('lets one that goes on failing keep nobody waiting', async () => {
    const { clock, tried, failing, later } = setUp()
    failing.add('bad')
    for (const job of ['bad', 'a', 'b']) later.add(job)
    await clock.run(6000)
    expect(tried).toEqual(['bad', 'a', 'b', 'bad', 'bad'])
    failing.clear()
    await clock.run(10_000)
    expect(tried).toHaveLength(6)
  })

  test('waits after three failures in a row, and goes on with those that come next', async () => {
    const { clock, tried, failing, later } = setUp()
    for (let job = 0; job < 10; job += 1) {
      failing.add(`${job}`)
      later.add(`${job}`)
    }
    await clock.run(2000)
    expect(tried).toEqual(['0', '1', '2'])
    await clock.run(2000)
    expect(tried.slice(3)).toEqual(['3', '4', '5'])
    failing.clear()
    await clock.run(2000)
    expect(tried.slice(6)).toEqual(['6', '7', '8', '9', '0', '1', '2', '3', '4', '5'])
  })

  test('gives up the oldest where there are too many, and all when it is stopped', async () => {
    const { clock, tried, later } = setUp(2)
    for (const job of ['a', 'b', 'c']) later.add(job)
    await clock.run(2000)
    expect(tried).toEqual(['b', 'c'])
    later.add('d')
    later.stop()
    await clock.run(10_000)
    expect(tried).toEqual(['b', 'c'])
    later.add('e')
    await clock.run(10_000)
    expect(tried).toEqual(['b', 'c'])
  })

  test('does not keep what was under way when it was stopped', async () => {
    const clock = manualClock()
    let tries = 0
    const later: RetryLater<string> = new RetryLater(clock, 10, async () => {
      tries += 1
      later.stop()
      return false
    })
    later.add('a')
    await clock.run(10_000)
    expect(tries).toBe(1)
    expect(clock.pending()).toEqual([])
  })
})
