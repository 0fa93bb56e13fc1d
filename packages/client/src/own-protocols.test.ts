import { describe, expect, it } from 'vitest'
import { ownProtocols } from './own-protocols.js'

describe('ownProtocols', () => {
  it('takes one name or several', () => {
    expect(ownProtocols('chat')).toEqual(['chat'])
    expect(ownProtocols(['chat.v2', 'chat.v1'])).toEqual(['chat.v2', 'chat.v1'])
  })

  it.each([
    ['', /must be a token/],
    ['my chat', /must be a token/],
    ['wsticket.v1', /begin with "wsticket\."/],
    [['a', 'a'], /be there once/],
  ])('refuses %j', (protocols, message) => {
    expect(() => ownProtocols(protocols)).toThrow(message)
  })
})
