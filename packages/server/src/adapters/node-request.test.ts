import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { headerBytes, hideTicket, requestData } from './node-request.js'

function message(socket: Socket, raw: readonly string[]): IncomingMessage {
  const request = new IncomingMessage(socket)
  request.rawHeaders = [...raw]
  request.headers = {}
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? ''
    const before = request.headers[name]
    request.headers[name] = before === undefined ? raw[index + 1] : `${String(before)}, ${raw[index + 1]}`
  }
  return request
}

const RAW = [
  'Host',
  'x',
  'Sec-WebSocket-Protocol',
  'wsticket.v1',
  'sec-websocket-protocol',
  'wsticket.secret',
  'X-A',
  '1',
]

describe('requestData', () => {
  it('has a value for everything that a request may lack', () => {
    expect(requestData(message(new Socket(), []))).toMatchObject({
      method: 'GET',
      target: '',
      peer: '',
      secure: false,
    })
    const bare = message(new Socket(), [])
    Reflect.deleteProperty(bare, 'url')
    expect(requestData(bare)).toMatchObject({ target: '/' })
  })

  it('tells a connection with TLS', () => {
    expect(requestData(message(new TLSSocket(new Socket()), []))).toMatchObject({ secure: true })
  })
})

describe('headerBytes', () => {
  it('counts every name and value', () => {
    expect(headerBytes(message(new Socket(), ['Host', 'x']))).toBe(4 + 2 + 1 + 2)
  })
})

describe('hideTicket', () => {
  it('leaves neither line nor trace of the ticket where nothing else was offered', () => {
    const request = message(new Socket(), RAW)
    hideTicket(request, '/ws', [], undefined)
    expect(request.url).toBe('/ws')
    expect(request.headers).not.toHaveProperty('sec-websocket-protocol')
    expect(request.rawHeaders).toEqual(['Host', 'x', 'X-A', '1'])
    expect(request.headersDistinct).not.toHaveProperty('sec-websocket-protocol')
  })

  it('leaves one line with what is the application’s', () => {
    const request = message(new Socket(), RAW)
    hideTicket(request, '/ws?room=1', ['chat.v1', 'chat.v2'], 'wsticket.v1')
    expect(request.headers['sec-websocket-protocol']).toBe('chat.v1, chat.v2, wsticket.v1')
    expect(request.rawHeaders.filter((text) => text.includes('wsticket'))).toEqual([
      'chat.v1, chat.v2, wsticket.v1',
    ])
  })
})
