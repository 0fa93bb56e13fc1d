import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { siblingRoute } from './sibling-route.js'

describe('siblingRoute', () => {
  it.each([
    ['https://api.example.com/api/websocket/ticket', 'https://api.example.com/api/websocket/config'],
    ['https://api.example.com/api/websocket/ticket/', 'https://api.example.com/api/websocket/config'],
    [
      'https://api.example.com/v2/api/websocket/ticket?a=b#c',
      'https://api.example.com/v2/api/websocket/config',
    ],
    ['https://api.example.com/websocket/ticket', 'https://api.example.com/api/websocket/config'],
    ['https://api.example.com/auth/ticket', 'https://api.example.com/api/websocket/config'],
    ['https://api.example.com/my/own', 'https://api.example.com/api/websocket/config'],
    ['//api.example.com/my/own', '//api.example.com/api/websocket/config'],
    ['/api/websocket/ticket', '/api/websocket/config'],
    ['/base/auth/ticket', '/base/api/websocket/config'],
    ['/my/own', '/api/websocket/config'],
  ])('finds beside %s: %s', (ticketUrl, sibling) => {
    expect(siblingRoute(ticketUrl, PATHS.config)).toBe(sibling)
  })
})
