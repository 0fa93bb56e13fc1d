import { expect, test } from 'vitest'
import { manualClock } from './manual-clock.js'

test('stands still until it is told to go on', () => {
  const clock = manualClock(1000)
  expect(clock.now()).toBe(1000)
  clock.advance(250)
  expect(clock.now()).toBe(1250)
})

test('calls timers in order of time, those of one time in the order they were set', () => {
  const clock = manualClock(0)
  const called: string[] = []
  clock.after(20, () => called.push(`late at ${clock.now()}`))
  clock.after(10, () => called.push(`first at ${clock.now()}`))
  clock.after(10, () => called.push(`second at ${clock.now()}`))
  clock.advance(30)
  expect(called).toEqual(['first at 10', 'second at 10', 'late at 20'])
  expect(clock.now()).toBe(30)
})

test('calls timers that timers set, if they are due in the same span', () => {
  const clock = manualClock(0)
  const called: number[] = []
  const beat = (): void => {
    called.push(clock.now())
    clock.after(10, beat)
  }
  clock.after(10, beat)
  clock.advance(35)
  expect(called).toEqual([10, 20, 30])
  expect(clock.pending()).toEqual([5])
})

test('does not call a timer that was cancelled, or one that is not due', () => {
  const clock = manualClock(0)
  const called: string[] = []
  const cancel = clock.after(10, () => called.push('cancelled'))
  clock.after(11, () => called.push('later'))
  cancel()
  clock.advance(10)
  expect(called).toEqual([])
})

test('calls a timer of a past time at the next opportunity, without going back', () => {
  const clock = manualClock(100)
  const called: number[] = []
  clock.after(-50, () => called.push(clock.now()))
  clock.advance(0)
  expect(called).toEqual([100])
})

test('calls timers that promises set between timers, when it runs', async () => {
  const clock = manualClock(0)
  const called: number[] = []
  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))
  const work = (async () => {
    for (let round = 0; round < 3; round += 1) {
      await wait(10)
      called.push(clock.now())
    }
  })()
  await clock.run(30)
  await work
  expect(called).toEqual([10, 20, 30])
  expect(clock.now()).toBe(30)
})
