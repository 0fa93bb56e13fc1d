import { describe, expect, test } from 'vitest'
import { manualClock } from '../conformance/index.js'
import { Lifetime } from './lifetime.js'
import { DEFAULT_SESSION_POLICY, type SessionPolicy } from './policy.js'

function setUp(policy: Partial<SessionPolicy> = {}) {
  const clock = manualClock(0)
  const called: string[] = []
  const call = (name: string) => (): void => {
    called.push(`${name} at ${clock.now() / 1000}`)
  }
  const lifetime = new Lifetime(
    clock,
    { ...DEFAULT_SESSION_POLICY, ...policy },
    { deadline: call('deadline'), idle: call('idle'), ping: call('ping'), dead: call('dead') },
  )
  return { clock, called, lifetime }
}

describe('Lifetime', () => {
  test('calls the deadline when it comes, the last one that was set', () => {
    const { clock, called, lifetime } = setUp({ heartbeatSeconds: 3600 })
    lifetime.setDeadline(5000)
    lifetime.setDeadline(9000)
    clock.advance(8999)
    expect(called).toEqual([])
    clock.advance(1)
    expect(called).toEqual(['deadline at 9'])
    lifetime.setDeadline(1000)
    clock.advance(1000)
    expect(called).toEqual(['deadline at 9', 'deadline at 10'])
  })

  test('asks every 25 seconds whether the peer is there, and gives it 10 to answer', () => {
    const { clock, called, lifetime } = setUp()
    clock.advance(25_000)
    expect(called).toEqual(['ping at 25'])
    clock.advance(9000)
    lifetime.heard()
    clock.advance(16_000)
    expect(called).toEqual(['ping at 25', 'ping at 50'])
    lifetime.heard()
    clock.advance(25_000)
    expect(called).toEqual(['ping at 25', 'ping at 50', 'ping at 75'])
    clock.advance(9999)
    expect(called).toHaveLength(3)
    clock.advance(1)
    expect(called).toEqual(['ping at 25', 'ping at 50', 'ping at 75', 'dead at 85'])
    lifetime.stop()
    clock.advance(100_000)
    expect(called).toHaveLength(4)
  })

  test('does not take what was heard before the question for an answer', () => {
    const { clock, called, lifetime } = setUp()
    clock.advance(24_999)
    lifetime.heard()
    clock.advance(10_001)
    expect(called).toEqual(['ping at 25', 'dead at 35'])
  })

  test('does not take what is sent for a sign of life', () => {
    const { clock, called, lifetime } = setUp()
    for (let second = 0; second < 35; second += 1) {
      lifetime.active()
      clock.advance(1000)
    }
    expect(called).toEqual(['ping at 25', 'dead at 35'])
  })

  test('calls idle after so long without a message; pongs are none', () => {
    const { clock, called, lifetime } = setUp({ idleSeconds: 60, heartbeatSeconds: 3600 })
    clock.advance(40_000)
    lifetime.active()
    clock.advance(50_000)
    lifetime.heard()
    expect(called).toEqual([])
    clock.advance(9999)
    expect(called).toEqual([])
    clock.advance(1)
    expect(called).toEqual(['idle at 100'])
  })

  test('knows no idleness unless a limit is set', () => {
    const { clock, called, lifetime } = setUp({ heartbeatSeconds: 3600 })
    expect(clock.pending()).toEqual([3_600_000])
    lifetime.stop()
    clock.advance(10_000_000)
    expect(called).toEqual([])
  })

  test('calls nothing more once it is stopped, and leaves no timer', () => {
    const { clock, called, lifetime } = setUp({ idleSeconds: 60 })
    lifetime.setDeadline(5000)
    lifetime.stop()
    lifetime.setDeadline(5000)
    expect(clock.pending()).toEqual([])
    clock.advance(100_000)
    expect(called).toEqual([])
  })

  test('waits for no answer to a ping that ended it', () => {
    const clock = manualClock(0)
    const called: string[] = []
    const lifetime: Lifetime = new Lifetime(clock, DEFAULT_SESSION_POLICY, {
      deadline: () => called.push('deadline'),
      idle: () => called.push('idle'),
      ping: () => lifetime.stop(),
      dead: () => called.push('dead'),
    })
    clock.advance(60_000)
    expect(called).toEqual([])
    expect(clock.pending()).toEqual([])
  })

  test('watches no idleness after it was stopped in the middle of looking', () => {
    const { clock, called, lifetime } = setUp({ idleSeconds: 10, heartbeatSeconds: 3600 })
    clock.advance(10_000)
    lifetime.stop()
    clock.advance(100_000)
    expect(called).toEqual(['idle at 10'])
  })
})
