import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { Comeback, isFailure } from './comeback.js'

const log: unknown[] = []
let comeback: Comeback

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  onTestFinished(() => {
    vi.useRealTimers()
  })
  log.length = 0
  comeback = new Comeback(
    () => log.push('again'),
    (code) => log.push(code),
  )
})

/** How long it waits after a failure. */
function waitAfter(failure?: { code: string; retryAfterSeconds?: number }): number {
  const before = Date.now()
  comeback.failed(failure)
  vi.advanceTimersToNextTimer()
  return Date.now() - before
}

it('waits for half of a window that doubles up to 15 seconds, and starts over after a success', () => {
  expect([0, 1, 2, 3, 4, 5, 6].map(() => waitAfter())).toEqual([500, 1000, 2000, 4000, 7500, 7500, 7500])
  comeback.succeeded()
  expect(waitAfter({ code: 'network_unreachable' })).toBe(500)
  expect(log).toEqual(Array(8).fill('again'))
})

it('adds what the server asked for', () => {
  expect(waitAfter({ code: 'rate_limited', retryAfterSeconds: 7 })).toBe(7500)
})

it.each(['credential_missing', 'credential_revoked', 'session_closed', 'origin_refused'])(
  'stops at %s',
  (code) => {
    comeback.failed({ code })
    expect(log).toEqual([code])
    expect(vi.getTimerCount()).toBe(0)
  },
)

it('waits once, however often it is told of one failure, and not at all when it is cancelled', () => {
  comeback.failed()
  comeback.failed()
  expect(vi.getTimerCount()).toBe(1)
  comeback.cancel()
  expect(vi.getTimerCount()).toBe(0)
})

it('knows a failure by its code', () => {
  expect([{ code: 'ticket_used' }, { code: 7 }, 'ticket_used', null].map(isFailure)).toEqual([
    true,
    false,
    false,
    false,
  ])
})
