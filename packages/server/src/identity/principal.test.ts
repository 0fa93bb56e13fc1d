import { describe, expect, it } from 'vitest'
import { isCredentialRefusal, isName } from './principal.js'

describe('isName', () => {
  it.each(['a', '{}:*', 'auth0|5f7c8ec7c33c6c004bbafe82', 'ünïcode 🎟', 'a\nb'])('takes %j', (name) => {
    expect(isName(name)).toBe(true)
  })

  it.each(['', 'a\0b', '\ud83c', '\udf9f', 'x\udf9f\ud83c', 7, null, undefined, ['a']])(
    'does not take %j',
    (name) => {
      expect(isName(name)).toBe(false)
    },
  )
})

describe('isCredentialRefusal', () => {
  it('tells a refusal from a principal', () => {
    expect(isCredentialRefusal({ refused: 'credential_invalid', reason: '' })).toBe(true)
    expect(isCredentialRefusal({ subject: 'a', permissions: [], claims: {} })).toBe(false)
  })
})
