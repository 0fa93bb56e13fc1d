import { describe, expect, it, vi } from 'vitest'
import { ownProtocols, shownProtocol, socketAddress } from './socket-address.js'

describe('socketAddress', () => {
  it.each([
    ['wss://h/ws?a=1', 'wss://h/ws?a=1'],
    ['ws://h:8080/ws', 'ws://h:8080/ws'],
    ['https://h/ws', 'wss://h/ws'],
    ['http://h/ws#top', 'ws://h/ws'],
  ])('makes of %s: %s', (url, address) => {
    expect(socketAddress(url)).toBe(address)
    expect(socketAddress(new URL(url))).toBe(address)
  })

  it('takes a relative address as the page has it', () => {
    vi.stubGlobal('location', { href: 'https://app.example.com/chat/room' })
    expect(socketAddress('/ws')).toBe('wss://app.example.com/ws')
    expect(socketAddress('ws')).toBe('wss://app.example.com/chat/ws')
  })

  it('refuses what cannot be dialed', () => {
    expect(() => socketAddress('/ws')).toThrow(TypeError)
    expect(() => socketAddress('ftp://h/ws')).toThrow(/must begin with wss: or ws:/)
  })
})

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

describe('shownProtocol', () => {
  it('hides those that only carry the ticket', () => {
    expect(['wsticket.v1', 'wsticket.refused', 'chat', ''].map(shownProtocol)).toEqual(['', '', 'chat', ''])
  })
})
