import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jwt } from '../test/misbehaving-server.js'
import { readJwtClaims } from './jwt-claims.js'

describe('readJwtClaims', () => {
  it('reads when a JWT ends and whose it is', () => {
    expect(readJwtClaims(jwt({ iss: 'https://id', sub: 'ada', exp: 1_700_000_000 }))).toEqual({
      expiresAt: 1_700_000_000_000,
      user: '["https://id","ada"]',
    })
  })

  it('tells users of two issuers apart', () => {
    const users = ['a', 'b', undefined].map((iss) => readJwtClaims(jwt({ iss, sub: '1' })).user)
    expect(new Set(users).size).toBe(3)
  })

  it('reads claims outside ASCII without tripping', () => {
    const claims = readJwtClaims(jwt({ sub: 'Łukasz ÿ 🙂', exp: 1 }))
    expect(claims.expiresAt).toBe(1000)
    expect(claims.user).toBe(readJwtClaims(jwt({ sub: 'Łukasz ÿ 🙂' })).user)
  })

  it('leaves out claims of the wrong type', () => {
    expect(readJwtClaims(jwt({ sub: 7, exp: 'soon' }))).toEqual({})
    expect(readJwtClaims(jwt({ exp: null }))).toEqual({})
  })

  it.each(['', 'opaque', 'a.b', 'a.b.c', 'e30.bnVsbA.x', 'e30.MQ.x', 'e30.%%%.x'])(
    'gives nothing for %j',
    (text) => {
      expect(readJwtClaims(text)).toEqual({})
    },
  )

  it('gives an answer for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof readJwtClaims(text) === 'object'))
    fc.assert(
      fc.property(fc.json(), (json) => {
        const text = `e30.${Buffer.from(json).toString('base64url')}.x`
        return typeof readJwtClaims(text) === 'object'
      }),
    )
  })
})
