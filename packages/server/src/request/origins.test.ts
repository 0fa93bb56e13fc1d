import { describe, expect, it } from 'vitest'
import { headerLines } from '../../test/rig.js'
import { Origins } from './origins.js'

const ALLOWED = ['https://app.example.com', 'http://localhost:8080', 'https://xn--bcher-kva.example']
const origins = new Origins(ALLOWED, false)
const any = new Origins([], true)

function reading(of: Origins, origin: string | readonly string[]): string {
  return of.read(headerLines({ origin })).kind
}

const FOREIGN: readonly string[] = [
  'null',
  '',
  'https://evil.example',
  'https://app.example.com.evil.example',
  'https://evil-app.example.com',
  'https://evilapp.example.com',
  'https://app.example.co',
  'https://app.example.comm',
  'https://example.com',
  'https://x.app.example.com',
  'http://app.example.com',
  'wss://app.example.com',
  'HTTPS://APP.EXAMPLE.COM',
  'https://App.example.com',
  'https://app.example.com:443',
  'https://app.example.com:8443',
  'https://app.example.com.',
  'https://app.example.com/',
  'https://app.example.com/path',
  'https://app.example.com?x',
  'https://app.example.com#x',
  'https://user@app.example.com',
  'https://app.example.com@evil.example',
  'https://app.example.com, https://app.example.com',
  'https://app.example.com https://evil.example',
  ' https://app.example.com',
  'https://app.example.com\u0000',
  'https:app.example.com',
  'https:\\\\app.example.com',
  'app.example.com',
  '*',
  'https://*',
  'https://bücher.example',
  'https://аpp.example.com',
  'http://localhost',
  'http://localhost:80800',
  'http://127.0.0.1:8080',
  'file://',
  'undefined',
]

describe('Origins', () => {
  it.each(ALLOWED)('allows %s, which is on the list', (origin) => {
    expect(origins.read(headerLines({ origin }))).toEqual({ kind: 'allowed', origin })
  })

  it.each(FOREIGN)('refuses %j', (origin) => {
    expect(reading(origins, origin)).toBe('refused')
  })

  it('tells a request without an Origin', () => {
    expect(origins.read(headerLines({}))).toEqual({ kind: 'absent' })
    expect(any.read(headerLines({}))).toEqual({ kind: 'absent' })
  })

  it('refuses an Origin that is there twice, be it the same', () => {
    expect(reading(origins, ['https://app.example.com', 'https://app.example.com'])).toBe('refused')
    expect(reading(origins, ['https://app.example.com', 'https://evil.example'])).toBe('refused')
    expect(reading(any, ['https://app.example.com', 'https://app.example.com'])).toBe('refused')
  })

  it('lets any page in where that was asked for, but nothing that is no origin', () => {
    expect(reading(any, 'https://evil.example')).toBe('allowed')
    expect(reading(any, 'http://localhost:3000')).toBe('allowed')
    expect(reading(any, 'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb')).toBe('allowed')
    for (const origin of [
      'null',
      '',
      'x',
      'https://a.example/',
      'https://a.example, https://b.example',
      'file://',
      'data:x',
    ]) {
      expect(reading(any, origin), origin).toBe('refused')
    }
  })

  it('takes the origins of extensions and app shells, whose schemes are their own', () => {
    // The URL standard gives them no origin, so they could not be listed, though browsers send them.
    const shells = ['chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb', 'capacitor://localhost', 'app://-']
    const listed = new Origins(shells, false)
    for (const origin of shells) expect(reading(listed, origin)).toBe('allowed')
    expect(reading(listed, 'chrome-extension://other')).toBe('refused')
  })

  it.each([
    'null',
    '*',
    'app.example.com',
    'https://app.example.com/',
    'https://App.example.com',
    'https://app.example.com:443',
    'https://bücher.example',
    'file://',
    'blob:https://app.example.com',
  ])('refuses %j on the list at start, and says what an origin is', (origin) => {
    expect(() => new Origins([origin], false)).toThrow(/is not an origin; give scheme, host/)
  })
})
