import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerLines } from '../../test/rig.js'
import { headerValue, pathOf, readText, shownPath } from './message.js'

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('readText', () => {
  it('gives the text back, wherever it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 5 }), async (text, size) => {
        const bytes = new TextEncoder().encode(text)
        // A mark at the beginning says which encoding this is, and is no part of the text.
        const expected = text.startsWith('\ufeff') ? text.slice(1) : text
        expect(await readText(chunks(bytes, size), bytes.length)).toBe(
          new TextDecoder().decode(new TextEncoder().encode(expected)),
        )
      }),
    )
  })

  it('stops at the byte after the limit', async () => {
    const bytes = new TextEncoder().encode('üü')
    expect(await readText(chunks(bytes, 1), 4)).toBe('üü')
    expect(await readText(chunks(bytes, 1), 3)).toBeUndefined()
  })
})

describe('pathOf', () => {
  it.each([
    ['/ws', '/ws'],
    ['/ws?a=1?b', '/ws'],
    ['/?x', '/'],
    ['//evil.example/ws', undefined],
    ['http://evil.example/ws', undefined],
    ['*', undefined],
    ['', undefined],
    ['ws', undefined],
  ])('of %j is %j', (target, path) => {
    expect(pathOf(target)).toBe(path)
  })
})

describe('shownPath', () => {
  it.each([
    ['/wss?ticket=secret', '/wss'],
    [`/x/wst1_7f${'0'.repeat(54)}/y`, '/x/wst1_[redacted]/y'],
    ['http://elsewhere/x?y', 'http://elsewhere/x'],
    ['/'.padEnd(500, 'a'), '/'.padEnd(100, 'a')],
  ])('of %s is %s', (target, shown) => {
    expect(shownPath(target)).toBe(shown)
  })
})

describe('headerValue', () => {
  it('joins lines, and tells an empty one from none', () => {
    const headers = headerLines({ a: ['1', '2'], b: '' })
    expect(headerValue(headers, 'a')).toBe('1, 2')
    expect(headerValue(headers, 'b')).toBe('')
    expect(headerValue(headers, 'c')).toBeUndefined()
  })
})
