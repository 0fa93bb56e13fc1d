import { expect, test } from 'vitest'
import { issueOutcome, redeemOutcome, renewOutcome, sessionCheck } from './outcomes.js'
import { rows, text, texts } from './replies.js'

test('replies are read as texts, whatever the client makes of them', () => {
  expect(texts(['a', 1, 2n, new TextEncoder().encode('ü')])).toEqual(['a', '1', '2', 'ü'])
  expect(rows([['a'], [1]])).toEqual([['a'], ['1']])
})

test('what is no such reply is an error that does not show it', () => {
  for (const read of [texts, rows, text]) {
    expect(() => read({ secret: 'wst1_' })).toThrow(/^Redis answered a script with object$/)
    expect(() => read(null)).toThrow(/with nothing$/)
  }
  expect(() => texts('secret')).toThrow(/with string$/)
})

test('a script that answers what is no outcome is an error', () => {
  expect(() => issueOutcome(['odd'])).toThrow(/the script issue answered "odd", which is no outcome/)
  expect(() => redeemOutcome('7fx', ['odd'])).toThrow(/the script redeem/)
  expect(() => redeemOutcome('7fx', ['mismatch', 'odd'])).toThrow(/the script redeem/)
  expect(() => renewOutcome(['odd'])).toThrow(/the script renew/)
  expect(() => renewOutcome([])).toThrow(/answered undefined/)
  expect(sessionCheck('7fx', [])).toEqual({ ref: '7fx', kind: 'gone' })
})
