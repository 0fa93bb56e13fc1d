import { describe, expect, it, vi } from 'vitest'
import { type ManualClock, manualClock, settled } from '../conformance/manual-clock.js'
import { WsticketError } from '../errors.js'
import { Breaker } from './introspection-breaker.js'

/** Work whose outcome a test decides, and which counts its calls. */
function work(): {
  calls: () => number
  run: () => Promise<string>
  settle: (outcome: string | Error) => void
} {
  const waiting: ((outcome: string | Error) => void)[] = []
  let calls = 0
  return {
    calls: () => calls,
    run: () => {
      calls += 1
      return new Promise((resolve, reject) => {
        waiting.push((outcome) => (typeof outcome === 'string' ? resolve(outcome) : reject(outcome)))
      })
    },
    settle: (outcome) => waiting.shift()?.(outcome),
  }
}

function down(retryAfterSeconds?: number): WsticketError {
  return new WsticketError('identity_unavailable', 'it answered 500', {
    remedy: 'start it',
    retryAfterSeconds,
  })
}

const failing = async (): Promise<never> => {
  throw down()
}

async function opened(options: { failures?: number; openSeconds?: number } = {}): Promise<{
  clock: ManualClock
  breaker: Breaker
}> {
  const clock = manualClock()
  const settings = { failures: 3, openSeconds: 5, ...options }
  const breaker = new Breaker(clock, settings)
  for (let failure = 0; failure < settings.failures; failure += 1)
    await expect(breaker.run(failing)).rejects.toThrow('it answered 500')
  return { clock, breaker }
}

const NOT_ASKED = /^not asked for another \d+ s: it answered 500$/

describe('the breaker', () => {
  it('opens after so many failures in a row, and then nobody is asked', async () => {
    const { breaker } = await opened()
    const { run, calls } = work()
    await expect(breaker.run(run)).rejects.toThrow(NOT_ASKED)
    expect(calls()).toBe(0)
  })

  it('begins to count anew after a success', async () => {
    const breaker = new Breaker(manualClock(), { failures: 3, openSeconds: 5 })
    for (let round = 0; round < 5; round += 1) {
      for (let failure = 0; failure < 2; failure += 1)
        await expect(breaker.run(failing)).rejects.toThrow('it answered 500')
      expect(await breaker.run(async () => 'ada')).toBe('ada')
    }
  })

  it('says when the next try is, in whole seconds, at least one, and what to do', async () => {
    const { breaker, clock } = await opened()
    const refusal = { code: 'identity_unavailable', remedy: 'start it' }
    await expect(breaker.run(failing)).rejects.toMatchObject({ ...refusal, retryAfterSeconds: 5 })
    clock.advance(1)
    await expect(breaker.run(failing)).rejects.toMatchObject({ retryAfterSeconds: 5 })
    clock.advance(3999)
    await expect(breaker.run(failing)).rejects.toMatchObject({ retryAfterSeconds: 1 })
    clock.advance(999)
    await expect(breaker.run(failing)).rejects.toMatchObject({ retryAfterSeconds: 1 })
    await expect(breaker.run(failing)).rejects.toThrow(NOT_ASKED)
  })

  it('then tries with one request; the others wait for it, and go on when it succeeds', async () => {
    const { breaker, clock } = await opened()
    clock.advance(5000)
    const tried = work()
    const outcomes = [1, 2, 3, 4].map(() => breaker.run(tried.run))
    await vi.waitUntil(() => tried.calls() > 0)
    await settled()
    expect(tried.calls()).toBe(1)
    tried.settle('ada')
    await settled()
    expect(tried.calls()).toBe(4)
    for (let left = 0; left < 3; left += 1) tried.settle('bob')
    expect(await Promise.all(outcomes)).toEqual(['ada', 'bob', 'bob', 'bob'])
    expect(await breaker.run(async () => 'ada')).toBe('ada')
  })

  it('opens again when the try fails; the others are told when to come back, without asking', async () => {
    const { breaker, clock } = await opened()
    clock.advance(7000)
    const tried = work()
    const outcomes = [1, 2, 3, 4].map(() => breaker.run(tried.run))
    await vi.waitUntil(() => tried.calls() > 0)
    tried.settle(down())
    const reasons = (await Promise.allSettled(outcomes)).map(
      (outcome) => 'reason' in outcome && outcome.reason,
    )
    expect(tried.calls()).toBe(1)
    expect(reasons[0]).toMatchObject({ message: 'it answered 500', retryAfterSeconds: undefined })
    for (const other of reasons.slice(1)) expect(other).toMatchObject({ retryAfterSeconds: 5 })
    clock.advance(4999)
    await expect(breaker.run(tried.run)).rejects.toThrow(NOT_ASKED)
    clock.advance(1)
    expect(await breaker.run(async () => 'ada')).toBe('ada')
  })

  it('needs as many failures as before to open again after it closed', async () => {
    const { breaker, clock } = await opened()
    clock.advance(5000)
    await breaker.run(async () => 'ada')
    for (let failure = 0; failure < 3; failure += 1)
      await expect(breaker.run(failing)).rejects.toThrow(/^it answered 500$/)
    await expect(breaker.run(failing)).rejects.toThrow(NOT_ASKED)
  })

  it('leaves the service alone for as long as that asked for, if that is longer', async () => {
    const clock = manualClock()
    const breaker = new Breaker(clock, { failures: 1, openSeconds: 5 })
    const asking = (seconds: number) => async (): Promise<never> => {
      throw down(seconds)
    }
    await expect(breaker.run(asking(30))).rejects.toThrow('it answered 500')
    await expect(breaker.run(failing)).rejects.toMatchObject({ retryAfterSeconds: 30 })
    clock.advance(30_000)
    await expect(breaker.run(asking(2))).rejects.toThrow('it answered 500')
    await expect(breaker.run(failing)).rejects.toMatchObject({ retryAfterSeconds: 5 })
  })

  it('opens for failures of any kind', async () => {
    const clock = manualClock()
    const breaker = new Breaker(clock, { failures: 1, openSeconds: 5 })
    await expect(breaker.run(() => Promise.reject(new TypeError('no')))).rejects.toThrow(TypeError)
    await expect(breaker.run(failing)).rejects.toMatchObject({
      message: 'not asked for another 5 s: no',
      remedy: undefined,
    })
  })

  it('does not open for longer because late failures come in', async () => {
    const clock = manualClock()
    const breaker = new Breaker(clock, { failures: 2, openSeconds: 5 })
    const slow = work()
    const outcomes = [1, 2, 3, 4].map(() => breaker.run(slow.run))
    for (const outcome of outcomes) outcome.catch(() => {})
    await vi.waitUntil(() => slow.calls() === 4)
    for (let failure = 0; failure < 2; failure += 1) slow.settle(down())
    await settled()
    clock.advance(3000)
    for (let failure = 0; failure < 2; failure += 1) slow.settle(down())
    await settled()
    await expect(breaker.run(failing)).rejects.toMatchObject({ retryAfterSeconds: 2 })
  })

  // The machine's clock stepped back by an hour, and for that hour nobody could log in.
  it('tries again when the clock is set back', async () => {
    let now = 1_700_000_000_000
    const breaker = new Breaker({ now: () => now, after: () => () => {} }, { failures: 1, openSeconds: 5 })
    await expect(breaker.run(failing)).rejects.toThrow('it answered 500')
    now -= 3_600_000
    expect(await breaker.run(async () => 'ada')).toBe('ada')
  })

  it('goes by its own clock, and not by the machine’s', async () => {
    const clock = manualClock(0)
    const breaker = new Breaker(clock, { failures: 1, openSeconds: 300 })
    await expect(breaker.run(failing)).rejects.toThrow('it answered 500')
    clock.advance(300_000)
    expect(await breaker.run(async () => 'ada')).toBe('ada')
  })

  it('gives up a try that is never heard of again, and tries once more', async () => {
    const { breaker, clock } = await opened()
    clock.advance(5000)
    const lost = work()
    void breaker.run(lost.run)
    await vi.waitUntil(() => lost.calls() === 1)
    clock.advance(9999)
    const waits = breaker.run(async () => 'waits for the lost one')
    await settled()
    clock.advance(1)
    const tried = work()
    const outcomes = [breaker.run(tried.run), breaker.run(tried.run)]
    await vi.waitUntil(() => tried.calls() > 0)
    await settled()
    expect(tried.calls()).toBe(1)
    tried.settle(down())
    const reasons = (await Promise.allSettled(outcomes)).map(
      (outcome) => 'reason' in outcome && outcome.reason,
    )
    expect(reasons).toMatchObject([{ message: 'it answered 500' }, { retryAfterSeconds: 5 }])
    clock.advance(5000)
    expect(await breaker.run(async () => 'ada')).toBe('ada')
    lost.settle('late')
    expect(await waits).toBe('waits for the lost one')
  })
})
