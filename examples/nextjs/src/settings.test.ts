import { describe, expect, it } from 'vitest'
import { readSettings } from './settings'

describe('readSettings', () => {
  it('finds the chat of this repository, with tickets, where nothing is set', () => {
    expect(readSettings({ NEXT_PUBLIC_BACKEND_WS_URL: '' })).toEqual({
      useTicketAuth: true,
      backend: 'http://localhost:8080',
      ticketUrl: 'http://localhost:8080/api/websocket/ticket',
      socketUrl: 'ws://localhost:8080/ws',
    })
  })

  it('takes the addresses that are set, and the WebSocket’s from that of HTTP', () => {
    const backend = { NEXT_PUBLIC_BACKEND_HTTP_URL: 'https://api.example.com/' }
    expect(readSettings(backend)).toMatchObject({
      backend: 'https://api.example.com',
      socketUrl: 'wss://api.example.com/ws',
    })
    const both = { ...backend, NEXT_PUBLIC_BACKEND_WS_URL: 'wss://ws.example.com/chat' }
    expect(readSettings(both).socketUrl).toBe('wss://ws.example.com/chat')
  })

  it('reads the flag by either of its names', () => {
    expect(readSettings({ NEXT_PUBLIC_ENABLE_TICKET_AUTH: 'false' }).useTicketAuth).toBe(false)
    expect(readSettings({ NEXT_PUBLIC_ENABLE_WEBSOCKET_TICKETS: '0' }).useTicketAuth).toBe(false)
    expect(() => readSettings({ NEXT_PUBLIC_ENABLE_TICKET_AUTH: 'ja' })).toThrow(/"ja"/)
  })

  it.each([
    ['NEXT_PUBLIC_BACKEND_HTTP_URL', 'ws://api.example.com'],
    ['NEXT_PUBLIC_BACKEND_HTTP_URL', 'api.example.com'],
    ['NEXT_PUBLIC_BACKEND_WS_URL', 'https://api.example.com/ws'],
    ['NEXT_PUBLIC_BACKEND_WS_URL', 'wss://user:secret@api.example.com/ws'],
  ])('refuses %s=%s, and does not repeat it', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      new RegExp(`^${name} must be an address that begins with`),
    )
    expect(() => readSettings({ [name]: value })).not.toThrow(/secret/)
  })
})
