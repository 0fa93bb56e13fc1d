import { describe, expect, test } from 'vitest'
import { isWsticketError, messageOf, WsticketError } from './errors.js'

describe('WsticketError', () => {
  test('carries its code, its cause and what to do', () => {
    const cause = new Error('connect ECONNREFUSED')
    const options = { cause, remedy: 'start it', retryAfterSeconds: 7 }
    const error = new WsticketError('store_unavailable', 'the store is down', options)
    expect(error).toMatchObject({ name: 'WsticketError', code: 'store_unavailable', ...options })
    expect(error).toBeInstanceOf(Error)
  })

  test('has no cause, no remedy and no delay unless they are given', () => {
    const error = new WsticketError('identity_unavailable', 'down')
    expect('cause' in error).toBe(false)
    expect(error.remedy).toBeUndefined()
    expect(error.retryAfterSeconds).toBeUndefined()
  })

  test('is recognised, also one of another copy of the package', () => {
    const foreign = Object.assign(new Error('down'), {
      code: 'store_unavailable',
      [Symbol.for('wsticket.error')]: true,
    })
    expect([new WsticketError('store_unavailable', 'down'), foreign].every(isWsticketError)).toBe(true)
    const others: unknown[] = [
      Object.assign(new Error('down'), { code: 'no_such_code', [Symbol.for('wsticket.error')]: true }),
      { [Symbol.for('wsticket.error')]: true },
      new Error('down'),
      { code: 'store_unavailable' },
      'store_unavailable',
      null,
      undefined,
    ]
    expect(others.some(isWsticketError)).toBe(false)
  })

  test('shows no brand when it is written out', () => {
    expect(Object.keys(new WsticketError('store_unavailable', 'down'))).not.toContain('wsticket.error')
    expect(JSON.stringify(new WsticketError('store_unavailable', 'down'))).not.toContain('error":true')
  })
})

test('messageOf reads whatever was thrown', () => {
  expect(messageOf(new Error('broken'))).toBe('broken')
  expect(messageOf('broken')).toBe('broken')
  expect(messageOf(undefined)).toBe('undefined')
})
