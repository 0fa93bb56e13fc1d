import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { readSse } from './sse.js'

async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[turn % sizes.length] ?? 1)
    yield bytes.slice(at, at + size)
    at += size
  }
}

const read = async (text: string, sizes: readonly number[] = []): Promise<string[]> =>
  await collect(readSse(cut(text, sizes)))

describe('readSse', () => {
  it.each([
    ['data: a\n\ndata: b\n\n', ['a', 'b']],
    ['data: a\r\n\r\ndata:b\r\n\r\n', ['a', 'b']],
    ['data: a\r\rdata: b\r\rdata: c', ['a', 'b', 'c']],
    ['data: a\ndata: b\n\n', ['a\nb']],
    [': comment\nevent: x\nid: 7\ndata: a\nretry: 5\n\n', ['a']],
    ['\uFEFFdata: a\n\n', ['a']],
    ['data\n\n', ['']],
    ['database: no\n\n', []],
    ['data:  two spaces\n\n', [' two spaces']],
    ['\n\n\n', []],
    ['', []],
    ['data: unended', ['unended']],
    ['data: a\n\nfield without meaning', ['a']],
    ['data: é💥\n\n', ['é💥']],
  ])('%j holds %j', async (text, events) => {
    expect(await read(text)).toEqual(events)
  })

  it('does not care where the bytes are cut', async () => {
    const payload = fc.array(
      fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\r\n]/.test(text)),
      { maxLength: 8 },
    )
    const ends = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(
        payload,
        ends,
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 }),
        async (events, end, sizes) => {
          const text = events.map((event) => `data: ${event}${end}${end}`).join('')
          expect(await read(text, sizes)).toEqual(events)
        },
      ),
    )
  })

  it('does not keep what has no end', async () => {
    await expect(read(`data: ${'x'.repeat(300_000)}`)).rejects.toThrow('line of the stream is too long')
    await expect(read(`data: ${'x'.repeat(1000)}\n`.repeat(300))).rejects.toThrow(
      'event of the stream is too large',
    )
  })
})
