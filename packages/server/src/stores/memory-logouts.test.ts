import { describe, expect, test } from 'vitest'
import { MemoryLogouts } from './memory-logouts.js'

const NOW = 1_700_000_000_500
const SECOND = 1_700_000_000

describe('MemoryLogouts', () => {
  test('tells a credential from before a logout, of its very second and from after it apart', () => {
    const logouts = new MemoryLogouts(NOW)
    logouts.ofSubject('ada', NOW, 60_000)
    const of = (issuedAt: number | undefined) => logouts.overtaken({ subject: 'ada', issuedAt }, NOW)
    expect(of(SECOND - 1)).toEqual({ kind: 'revoked' })
    expect(of(SECOND)).toEqual({ kind: 'too_soon', retryAfterMs: 500 })
    expect(of(SECOND + 1)).toBeUndefined()
    expect(of(undefined)).toBeUndefined()
    expect(logouts.overtaken({ subject: 'alan', issuedAt: SECOND - 1 }, NOW)).toBeUndefined()
  })

  test('knows a login by itself, whenever its credential was issued', () => {
    const logouts = new MemoryLogouts(NOW)
    logouts.ofLogin('phone', NOW, 60_000)
    expect(logouts.overtaken({ subject: 'ada', login: 'phone', issuedAt: SECOND + 9 }, NOW)).toEqual({
      kind: 'revoked',
    })
    expect(logouts.overtaken({ subject: 'ada', login: 'desk', issuedAt: SECOND + 9 }, NOW)).toBeUndefined()
  })

  test('forgets each after its time, and a shorter memory never cuts a longer one', () => {
    const logouts = new MemoryLogouts(NOW)
    logouts.ofLogin('phone', NOW, 60_000)
    logouts.ofLogin('phone', NOW + 1000, 1000)
    logouts.ofSubject('ada', NOW, 60_000)
    logouts.ofSubject('ada', NOW + 1000, 1000)
    logouts.sweep(NOW + 59_000)
    expect(logouts.size).toBe(2)
    logouts.sweep(NOW + 61_000)
    expect(logouts.size).toBe(0)
  })
})
