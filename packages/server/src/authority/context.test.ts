import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { holderOf, overtaken, refused, timesRefused, userKey } from './context.js'
import { loginKey, subjectKey } from './secret.js'

describe('holderOf', () => {
  test("names subject and login by their hashes, with the credential's times", () => {
    const { context, clock } = makeCore()
    const principal = ada(clock)
    expect(holderOf(context, principal)).toEqual({
      subject: subjectKey('https://id.example.com', 'ada'),
      login: loginKey('https://id.example.com', 'ada', 'phone'),
      issuedAt: principal.issuedAt,
      expiresAt: principal.expiresAt,
    })
  })

  test('has no login if the credential names none, and takes the default issuer', () => {
    const { context, clock } = makeCore({ defaultIssuer: 'https://only.example.com' })
    const nameless = ada(clock, { issuer: undefined, login: undefined })
    expect(holderOf(context, nameless)).toMatchObject({
      subject: subjectKey('https://only.example.com', 'ada'),
      login: undefined,
    })
    expect(userKey(context, { subject: 'ada' })).toBe(subjectKey('https://only.example.com', 'ada'))
    expect(userKey(context, { issuer: 'https://x.example', subject: 'ada' })).toBe(
      subjectKey('https://x.example', 'ada'),
    )
  })
})

describe('timesRefused', () => {
  const core = makeCore()
  const now = Math.floor(core.clock.now() / 1000)
  const reason = (times: {
    readonly issuedAt?: number | undefined
    readonly expiresAt?: number | undefined
  }) => timesRefused(core.context, ada(core.clock, times))?.reason

  test('accepts a credential whose times are in order, or absent', () => {
    expect(reason({})).toBeUndefined()
    expect(reason({ issuedAt: undefined, expiresAt: undefined })).toBeUndefined()
    expect(reason({ issuedAt: now + 5 })).toBeUndefined()
    expect(reason({ issuedAt: now - 86_400, expiresAt: undefined })).toBeUndefined()
    expect(reason({ issuedAt: now - 10, expiresAt: now + 86_390 })).toBeUndefined()
  })

  test('refuses one from the future, which would outlast a logout', () => {
    expect(reason({ issuedAt: now + 6 })).toBe('issued in the future')
  })

  // Its login was revoked, and a day later it was good again: nothing bounded how long it lived.
  test('refuses one without a beginning that outlasts the memory of a logout', () => {
    expect(reason({ issuedAt: undefined, expiresAt: now + 86_400 })).toBeUndefined()
    expect(reason({ issuedAt: undefined, expiresAt: now + 86_406 })).toMatch(/has no issuedAt/)
    expect(reason({ issuedAt: undefined, expiresAt: undefined })).toBeUndefined()
  })

  test('refuses one that lives longer than a logout is remembered', () => {
    expect(reason({ issuedAt: now, expiresAt: now + 86_401 })).toBe('lives longer than 86400 seconds')
    expect(reason({ issuedAt: now - 86_401, expiresAt: undefined })).toBe('lives longer than 86400 seconds')
  })

  // NaN is not before anything: a ticket of such a credential never expired.
  test('refuses times that are no numbers', () => {
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(reason({ issuedAt: undefined, expiresAt: time })).toBe('its times are not numbers')
      expect(reason({ issuedAt: time })).toBe('its times are not numbers')
    }
  })
})

describe('refused and overtaken', () => {
  test('give values, with a reason only where there is one', () => {
    expect(refused({ code: 'not_found' })).toEqual({ ok: false, refusal: { code: 'not_found' } })
    expect(refused({ code: 'not_found' }, 'why')).toEqual({
      ok: false,
      refusal: { code: 'not_found' },
      reason: 'why',
    })
  })

  test('tell a logout from before from one in the same second', () => {
    expect(overtaken({ kind: 'revoked' }).refusal).toEqual({ code: 'credential_revoked' })
    expect(overtaken({ kind: 'too_soon', retryAfterMs: 1 }).refusal).toEqual({
      code: 'credential_invalid',
      retryAfterSeconds: 1,
    })
  })
})
