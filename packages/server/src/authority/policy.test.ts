import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ada } from '../../test/core.js'
import { manualClock } from '../conformance/index.js'
import { DEFAULT_TICKET_POLICY, grantWishes, jsonBytes, type TicketPolicy } from './policy.js'

const PRINCIPAL = ada(manualClock())

function policy(more: Partial<TicketPolicy> = {}): TicketPolicy {
  return { ...DEFAULT_TICKET_POLICY, ...more }
}

describe('grantWishes', () => {
  test('grants the defaults to who wishes nothing', () => {
    expect(grantWishes(policy(), PRINCIPAL, {})).toEqual({
      ttlSeconds: 300,
      singleUse: true,
      permissions: ['read', 'write'],
      metadata: {},
    })
  })

  test("grants a life from 30 seconds to the policy's maximum, in whole seconds", () => {
    const own = policy({ maxTtlSeconds: 600 })
    for (const ttlSeconds of [30, 31, 600])
      expect(grantWishes(own, PRINCIPAL, { ttlSeconds })).toMatchObject({ ttlSeconds })
    for (const ttlSeconds of [29, 601, 3600, 0, -1, 30.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(grantWishes(own, PRINCIPAL, { ttlSeconds })).toEqual({
        code: 'request_invalid',
        detail: 'ttl_seconds must be a whole number from 30 to 600',
      })
    }
  })

  test('takes the life of some principals from the policy, unless they wish another', () => {
    const kiosk = policy({ ttlFor: ({ claims }) => (claims.team === 'engines' ? 3600 : undefined) })
    expect(grantWishes(kiosk, PRINCIPAL, {})).toMatchObject({ ttlSeconds: 3600 })
    expect(grantWishes(kiosk, PRINCIPAL, { ttlSeconds: 60 })).toMatchObject({ ttlSeconds: 60 })
    expect(grantWishes(kiosk, { ...PRINCIPAL, claims: {} }, {})).toMatchObject({ ttlSeconds: 300 })
  })

  test('does not blame the client for a life that the policy made up', () => {
    for (const wrong of [29, 3601, 60.5, Number.NaN]) {
      expect(() => grantWishes(policy({ ttlFor: () => wrong }), PRINCIPAL, {})).toThrow(
        `tickets.ttlFor gave ${wrong}; it must give a whole number from 30 to 3600`,
      )
    }
  })

  test('grants reusable tickets only where they are switched on', () => {
    expect(grantWishes(policy(), PRINCIPAL, { singleUse: false })).toMatchObject({ singleUse: false })
    const off = policy({ reusable: false })
    expect(grantWishes(off, PRINCIPAL, { singleUse: false })).toMatchObject({ code: 'permissions_exceeded' })
    expect(grantWishes(off, PRINCIPAL, { singleUse: true })).toMatchObject({ singleUse: true })
  })

  test('grants no permission that the credential does not, whatever is asked for', () => {
    const names = fc.constantFrom('read', 'write', 'admin', 'READ', '', 'read ', '__proto__', 'length')
    fc.assert(
      fc.property(fc.array(names, { maxLength: 6 }), (permissions) => {
        const grant = grantWishes(policy(), PRINCIPAL, { permissions })
        const within = permissions.every((name) => name === 'read' || name === 'write')
        if (within) expect(grant).toMatchObject({ permissions: [...new Set(permissions)] })
        else expect(grant).toMatchObject({ code: 'permissions_exceeded' })
      }),
    )
  })

  test('grants metadata of 2 KiB as JSON in UTF-8, and no more', () => {
    const filled = (length: number): { text: string } => ({ text: 'ä'.repeat(length) })
    const overhead = jsonBytes({ text: '' })
    const most = Math.floor((2048 - overhead) / 2)
    expect(grantWishes(policy(), PRINCIPAL, { metadata: filled(most) })).toMatchObject({
      metadata: filled(most),
    })
    expect(grantWishes(policy(), PRINCIPAL, { metadata: filled(most + 1) })).toMatchObject({
      code: 'request_invalid',
      detail: 'metadata must be at most 2048 bytes as JSON',
    })
  })
})
