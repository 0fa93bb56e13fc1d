import { describe, expect, it } from 'vitest'
import { httpRequest } from '../../test/rig.js'
import { checkUpgrade, HEADER_MAX_BYTES } from './upgrade-check.js'

const GOOD = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

function check(
  change: Record<string, string | readonly string[]> = {},
  { method = 'GET', target = '/ws', bytes = 500 } = {},
): unknown {
  return checkUpgrade(httpRequest({ method, target, headers: { ...GOOD, ...change } }), bytes)
}

describe('checkUpgrade', () => {
  it('lets a proper upgrade pass', () => {
    expect(check()).toBeUndefined()
    expect(check({ upgrade: 'WebSocket' })).toBeUndefined()
    expect(check({ 'content-length': '0' })).toBeUndefined()
    expect(check({}, { bytes: HEADER_MAX_BYTES })).toBeUndefined()
    expect(check({}, { target: '/ws?room=1' })).toBeUndefined()
  })

  it.each(['POST', 'HEAD', 'PUT', 'OPTIONS', 'get', 'CONNECT'])(
    'refuses the method %s with 405',
    (method) => {
      expect(check({}, { method })).toMatchObject({ code: 'request_invalid', status: 405 })
    },
  )

  it('refuses HTTP/1.0 with 426 and a Host that is there twice with 400', () => {
    const good = httpRequest({ method: 'GET', target: '/ws', headers: GOOD })
    expect(checkUpgrade({ ...good, httpVersion: '1.1' }, 500)).toBeUndefined()
    expect(checkUpgrade({ ...good, httpVersion: '1.0' }, 500)).toMatchObject({ status: 426 })
    expect(check({ host: ['app.example.com', 'evil.example'] })).toMatchObject({ status: 400 })
  })

  it.each(['http://evil.example/ws', '//evil.example/ws', '*', '', 'evil.example:443', '\\\\evil.example'])(
    'refuses the target %j with 400',
    (target) => {
      expect(check({}, { target })).toMatchObject({ code: 'request_invalid', status: 400 })
    },
  )

  it.each([
    ['no Upgrade', { upgrade: [] }],
    ['another protocol', { upgrade: 'h2c' }],
    ['two protocols', { upgrade: 'websocket, h2c' }],
    ['no version', { 'sec-websocket-version': [] }],
    ['an old version', { 'sec-websocket-version': '8' }],
    ['two versions', { 'sec-websocket-version': '13, 8' }],
    ['the version twice', { 'sec-websocket-version': ['13', '13'] }],
  ])('refuses %s with 426', (_what, change) => {
    expect(check(change)).toMatchObject({ code: 'request_invalid', status: 426 })
  })

  it.each([
    ['no key', { 'sec-websocket-key': [] }],
    ['an empty key', { 'sec-websocket-key': '' }],
    ['a short key', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ' }],
    ['a long key', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==' }],
    ['a key in another alphabet', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25j_-==' }],
    ['two keys', { 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] }],
    ['a body', { 'content-length': '5' }],
    ['a body of a length that is none', { 'content-length': '0x0' }],
    ['two lengths', { 'content-length': ['0', '0'] }],
    ['a chunked body', { 'transfer-encoding': 'chunked' }],
    ['any transfer encoding', { 'transfer-encoding': 'identity' }],
  ])('refuses %s with 400', (_what, change) => {
    expect(check(change)).toMatchObject({ code: 'request_invalid', status: 400 })
  })

  it('refuses more header bytes than a server should keep with 431', () => {
    expect(check({}, { bytes: HEADER_MAX_BYTES + 1 })).toMatchObject({ code: 'request_invalid', status: 431 })
  })
})
