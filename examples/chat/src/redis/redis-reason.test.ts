import { describe, expect, it } from 'vitest'
import { isRefusedLogin, redisReason } from './redis-reason.js'

describe('the reason of a failure', () => {
  it.each([
    [new Error('connect ECONNREFUSED 127.0.0.1:6379'), 'connect ECONNREFUSED 127.0.0.1:6379'],
    // What a name with two addresses fails with.
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new AggregateError([]), 'AggregateError'],
    [
      Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: new Error('ETIMEDOUT') }),
      'ETIMEDOUT',
    ],
    [
      new Error("ERR unknown command 'AUTH2', with args beginning with: 'canary' 'canary' "),
      "ERR unknown command 'AUTH2'",
    ],
    [new Error("Stream isn't writeable and enableOfflineQueue options is false"), 'it is not connected'],
    [new Error('Connection is closed.'), 'it is not connected'],
    [`wst1_${'a'.repeat(56)}`, 'it did not answer'],
    [undefined, 'it did not answer'],
  ])('%#', (error, reason) => {
    expect(redisReason(error)).toBe(reason)
  })

  it('holds no argument that the client hung onto the error', () => {
    const error = Object.assign(new Error('WRONGPASS invalid'), {
      command: { name: 'auth', args: ['canary'] },
    })
    expect(redisReason(error)).not.toContain('canary')
  })

  it('tells a password that is not taken from what may pass', () => {
    expect(isRefusedLogin(new Error('WRONGPASS invalid username-password pair'))).toBe(true)
    expect(isRefusedLogin(new Error('NOAUTH Authentication required.'))).toBe(true)
    expect(isRefusedLogin(new Error('ERR invalid password'))).toBe(true)
    expect(isRefusedLogin(new Error('LOADING Redis is loading the dataset in memory'))).toBe(false)
  })
})
