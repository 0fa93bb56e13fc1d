import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { clockOr, fetchOr, required } from './environment.js'

describe('clockOr', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 5000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('reads and sets the runtime’s clock', () => {
    const clock = clockOr(undefined)
    const callback = vi.fn()
    clock.after(100, callback)
    clock.after(50, callback)()
    vi.advanceTimersByTime(99)
    expect(callback).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(callback).toHaveBeenCalledTimes(1)
    expect(clock.now()).toBe(5100)
  })

  it('takes the one that is given', () => {
    const clock = { now: () => 1, after: () => () => {} }
    expect(clockOr(clock)).toBe(clock)
  })
})

describe('fetchOr', () => {
  it('calls the one that is given without a receiver, as browsers want it', async () => {
    const receivers: unknown[] = []
    const given = function (this: unknown) {
      receivers.push(this)
      return Promise.resolve(new Response())
    }
    await fetchOr(given)('/', {})
    expect(receivers).toEqual([undefined])
  })

  it('says what is missing', () => {
    vi.stubGlobal('fetch', undefined)
    expect(() => fetchOr(undefined)).toThrow(/no fetch here; pass one/)
  })
})

describe('required', () => {
  it('says what is missing', () => {
    vi.stubGlobal('WebSocket', undefined)
    expect(() => required('WebSocket')).toThrow(/no WebSocket here; pass one/)
  })
})
