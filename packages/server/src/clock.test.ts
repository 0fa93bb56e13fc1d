import { afterEach, describe, expect, test, vi } from 'vitest'
import { pause, repeat, systemClock, withDeadline } from './clock.js'
import { manualClock, settled } from './conformance/index.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('systemClock', () => {
  test("tells the machine's time and calls back once", () => {
    vi.useFakeTimers({ now: 5000 })
    const called: number[] = []
    systemClock.after(30, () => called.push(systemClock.now()))
    vi.advanceTimersByTime(100)
    expect(called).toEqual([5030])
  })

  test('does not call back what was cancelled', () => {
    vi.useFakeTimers()
    const called: string[] = []
    const cancel = systemClock.after(30, () => called.push('called'))
    cancel()
    vi.advanceTimersByTime(100)
    expect(called).toEqual([])
  })

  test('takes a time that has passed as now', () => {
    vi.useFakeTimers({ now: 5000 })
    const called: number[] = []
    systemClock.after(-10, () => called.push(systemClock.now()))
    vi.advanceTimersByTime(1)
    expect(called.length).toBe(1)
  })

  test('does not call back at once for what lies further away than timers reach', () => {
    vi.useFakeTimers({ now: 0 })
    const called: number[] = []
    systemClock.after(100 * 86_400_000, () => called.push(systemClock.now()))
    vi.advanceTimersByTime(86_400_000)
    expect(called).toEqual([])
  })

  test('does not keep a process alive', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    systemClock.after(60_000, () => {})()
    const timer = timers.mock.results[0]?.value as NodeJS.Timeout
    expect(timer.hasRef()).toBe(false)
  })

  test('works where timers are plain numbers', () => {
    vi.spyOn(globalThis, 'setTimeout').mockReturnValue(7 as unknown as NodeJS.Timeout)
    const cleared = vi.spyOn(globalThis, 'clearTimeout').mockReturnValue()
    systemClock.after(60_000, () => {})()
    expect(cleared).toHaveBeenCalledWith(7)
  })
})

describe('withDeadline', () => {
  const late = (): Error => new Error('too late')

  test('settles as the work does, and leaves no timer', async () => {
    const clock = manualClock()
    expect(await withDeadline(Promise.resolve(7), { clock, ms: 100, late })).toBe(7)
    await expect(withDeadline(Promise.reject(new Error('broken')), { clock, ms: 100, late })).rejects.toThrow(
      'broken',
    )
    expect(clock.pending()).toEqual([])
  })

  test('rejects when the time has come', async () => {
    const clock = manualClock()
    const work = withDeadline(new Promise(() => {}), { clock, ms: 100, late })
    clock.advance(100)
    await expect(work).rejects.toThrow('too late')
  })

  test('hands a late value to whoever wants it, and a late error to nobody', async () => {
    const clock = manualClock()
    const abandoned: number[] = []
    let give: (value: number) => void = () => {}
    let fail: (error: Error) => void = () => {}
    const slow = new Promise<number>((resolve) => {
      give = resolve
    })
    const broken = new Promise<number>((_resolve, reject) => {
      fail = reject
    })
    const outcomes = [slow, broken].map((work) =>
      withDeadline(work, { clock, ms: 10, late, abandoned: (value) => abandoned.push(value) }),
    )
    const ignoring = withDeadline(slow, { clock, ms: 10, late })
    clock.advance(10)
    for (const outcome of [...outcomes, ignoring]) await expect(outcome).rejects.toThrow('too late')
    give(7)
    fail(new Error('broken'))
    await settled()
    expect(abandoned).toEqual([7])
  })
})

describe('pause', () => {
  test('resolves after its time, or as soon as its signal is aborted, and leaves no timer', async () => {
    const clock = manualClock()
    const stop = new AbortController()
    const over: string[] = []
    void pause(clock, 100).then(() => over.push('time'))
    void pause(clock, 1000, stop.signal).then(() => over.push('signal'))
    await clock.run(99)
    expect(over).toEqual([])
    await clock.run(1)
    expect(over).toEqual(['time'])
    stop.abort()
    await settled()
    expect(over).toEqual(['time', 'signal'])
    await pause(clock, 1000, stop.signal)
    expect(clock.pending()).toEqual([])
  })
})

describe('repeat', () => {
  test('does a job at once and then as often as the job says, one after the other', async () => {
    const clock = manualClock()
    const begun: number[] = []
    const start = clock.now()
    const end = repeat(clock, async () => {
      begun.push(clock.now() - start)
      await pause(clock, 30)
      return 70
    })
    await clock.run(250)
    expect(begun).toEqual([0, 100, 200])
    end()
    await clock.run(1000)
    expect(begun).toEqual([0, 100, 200])
  })

  test('begins later where it is told to, or never if it is ended before', async () => {
    const clock = manualClock()
    const done: string[] = []
    const job = (name: string) => async (): Promise<number> => {
      done.push(name)
      return 1000
    }
    repeat(clock, job('later'), 500)
    repeat(clock, job('never'), 500)()
    await clock.run(499)
    expect(done).toEqual([])
    await clock.run(1)
    expect(done).toEqual(['later'])
  })
})
