import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprint, fromWord, fromWords, toWord, toWords } from './text.js'

describe('words', () => {
  test('come back as any text went in, lone surrogates among it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 }), (texts) => {
        expect(fromWords(toWords(texts))).toEqual(texts)
        expect(texts.map(toWord).every((word) => /^x[\w-]*$/.test(word))).toBe(true)
      }),
      { numRuns: 50 },
    )
    expect(fromWord(toWord('\ud800'))).toBe('\ud800')
  })

  test('tell an empty text from none', () => {
    expect(fromWord(toWord(''))).toBe('')
    expect(toWord(undefined)).toBe('-')
    expect(fromWord('-')).toBeUndefined()
    expect(fromWord(undefined)).toBeUndefined()
    expect(fromWords('')).toEqual([])
  })

  test('read nothing out of what is no text', () => {
    expect(fromWord(`x${Buffer.from('{"a":1}').toString('base64url')}`)).toBeUndefined()
  })
})

describe('fingerprints', () => {
  test('are one word each, alike only for what is alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(fingerprint(one)).toMatch(/^[\w-]{16}$/)
        expect(fingerprint(one) === fingerprint(other)).toBe(one === other)
      }),
    )
    expect(fingerprint(undefined)).toBe('-')
  })
})
