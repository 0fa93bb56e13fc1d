import { describe, expect, it, vi } from 'vitest'
import { shownProtocol, socketAddress } from './socket-address.js'

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
    expect(() => socketAddress('ftp://h/ws')).toThrow(/must be wss: or ws:/)
  })
})

describe('shownProtocol', () => {
  it('hides those that only carry the ticket', () => {
    expect(['wsticket.v1', 'wsticket.refused', 'chat', ''].map(shownProtocol)).toEqual(['', '', 'chat', ''])
  })
})
