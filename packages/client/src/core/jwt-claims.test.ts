import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jwt } from '../../test/misbehaving-server.js'
import { jwtExpiresAt, jwtUser } from './jwt-claims.js'

describe('jwtUser and jwtExpiresAt', () => {
  it('read when a JWT ends and whose it is', () => {
    const credential = jwt({ iss: 'https://id', sub: 'ada', exp: 1_700_000_000 })
    expect(jwtExpiresAt(credential)).toBe(1_700_000_000_000)
    expect(jwtUser(credential)).toBe('["https://id","ada"]')
  })

  it('tell users of two issuers apart', () => {
    const users = ['a', 'b', undefined].map((iss) => jwtUser(jwt({ iss, sub: '1' })))
    expect(new Set(users).size).toBe(3)
  })

  it('read claims outside ASCII without tripping', () => {
    expect(jwtExpiresAt(jwt({ sub: 'Łukasz ÿ 🙂', exp: 1 }))).toBe(1000)
    expect(jwtUser(jwt({ sub: 'Łukasz ÿ 🙂', exp: 1 }))).toBe(jwtUser(jwt({ sub: 'Łukasz ÿ 🙂' })))
  })

  it('leave out claims of the wrong type', () => {
    for (const claims of [{ sub: 7, exp: 'soon' }, { exp: null }])
      expect([jwtUser(jwt(claims)), jwtExpiresAt(jwt(claims))]).toEqual([undefined, undefined])
  })

  it.each(['', 'opaque', 'a.b', 'a.b.c', 'e30.bnVsbA.x', 'e30.MQ.x', 'e30.%%%.x'])(
    'give nothing for %j',
    (text) => {
      expect([jwtUser(text), jwtExpiresAt(text)]).toEqual([undefined, undefined])
    },
  )

  it('take any text', () => {
    const takes = (text: string): boolean =>
      ['string', 'undefined'].includes(typeof jwtUser(text)) &&
      ['number', 'undefined'].includes(typeof jwtExpiresAt(text))
    fc.assert(fc.property(fc.string(), takes))
    fc.assert(fc.property(fc.json(), (json) => takes(`e30.${Buffer.from(json).toString('base64url')}.x`)))
  })
})
