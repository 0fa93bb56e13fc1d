import { describe, expect, it } from 'vitest'
import { afterAllTests, afterEachTest, afterThisTest, runCleanups } from './cleanups.js'

describe('cleanups', () => {
  const seen: string[] = []
  const each = afterEachTest()
  const all = afterAllTests()

  it('are taken by a test', () => {
    all(() => expect(seen.length).toBe(3))
    each(() => seen.push('each'))
    afterThisTest(() => seen.push('first'))
    afterThisTest(() => seen.push('last'))
    expect(seen).toEqual([])
  })

  it('have run in reverse order before the next test begins', () => {
    expect(seen).toHaveLength(3)
    expect(seen.indexOf('last')).toBeLessThan(seen.indexOf('first'))
  })

  it('all have their turn when one fails, and its error is thrown at the end', async () => {
    const ran: string[] = []
    const list = [() => ran.push('a'), () => Promise.reject(new Error('b failed')), () => ran.push('c')]
    await expect(runCleanups(list)).rejects.toThrow('b failed')
    expect(ran).toEqual(['c', 'a'])
    expect(list).toEqual([])
  })

  it('throw all errors together when several fail', async () => {
    const failing = runCleanups([() => Promise.reject(new Error('a')), () => Promise.reject(new Error('b'))])
    const error = await failing.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toHaveProperty('errors', [new Error('b'), new Error('a')])
  })
})
