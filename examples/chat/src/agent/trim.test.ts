import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyText } from '../../test/any-text.js'
import { isSpace, withoutEnd } from './trim.js'

const texts = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', '\ud83d\ude00', '-', "'", ' ', '\t', '\u00a0', '\u2028', '\ufeff'),
  }),
  anyText(),
)

it('takes off what an expression would, at the end only', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(withoutEnd(text, isSpace)).toBe(text.replace(/\s+$/, ''))
      expect(withoutEnd(text, (character) => !isSpace(character))).toBe(text.replace(/\S+$/, ''))
      expect(withoutEnd(text, (character) => "'-".includes(character))).toBe(text.replace(/['-]+$/, ''))
    }),
  )
})
