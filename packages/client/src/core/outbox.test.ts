import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.js'
import { byteLength, copyOf, type KeptMessage, Outbox, OutboxFullError } from './outbox.js'

const flushed = (outbox: Outbox): KeptMessage[] => {
  const messages: KeptMessage[] = []
  outbox.flush((message) => messages.push(message))
  return messages
}

describe('Outbox', () => {
  it('hands over in order, and is empty after it', () => {
    const outbox = new Outbox(new ManualClock())
    expect(outbox.isEmpty).toBe(true)
    outbox.add('one')
    outbox.add('zwölf')
    expect([outbox.bytes, outbox.isEmpty]).toEqual([9, false])
    expect(flushed(outbox)).toEqual(['one', 'zwölf'])
    expect([outbox.bytes, outbox.isEmpty]).toEqual([0, true])
    expect(flushed(outbox)).toEqual([])
  })

  it('keeps what could not be handed over, and all behind it', () => {
    const outbox = new Outbox(new ManualClock())
    for (const text of ['a', 'b', 'c']) outbox.add(text)
    const sent: KeptMessage[] = []
    expect(() =>
      outbox.flush((message) => {
        if (message === 'b') throw new Error('closed')
        sent.push(message)
      }),
    ).toThrow('closed')
    expect([...sent, ...flushed(outbox)]).toEqual(['a', 'b', 'c'])
  })

  it('throws at 256 messages, and keeps those', () => {
    const outbox = new Outbox(new ManualClock())
    for (let count = 0; count < 256; count++) outbox.add('')
    expect(() => outbox.add('')).toThrow(OutboxFullError)
    expect(flushed(outbox)).toHaveLength(256)
    outbox.add('room again')
  })

  it('throws beyond 1 MiB, counted as bytes on the wire', () => {
    const outbox = new Outbox(new ManualClock())
    outbox.add('ä'.repeat(512 * 1024))
    expect(outbox.bytes).toBe(1024 * 1024)
    expect(() => outbox.add('x')).toThrow(/full: 1 messages, 1048576 bytes/)
    outbox.add('')
  })

  it('throws when the oldest has waited for more than a minute, and still keeps it', () => {
    const clock = new ManualClock()
    const outbox = new Outbox(clock)
    outbox.add('old')
    clock.advance(60_000)
    outbox.add('in time')
    clock.advance(1)
    expect(() => outbox.add('late')).toThrow(/60001 ms/)
    expect(flushed(outbox)).toEqual(['old', 'in time'])
    outbox.add('new')
  })

  it('names its error', () => {
    const error = new OutboxFullError('full')
    expect([error.name, error.code, error.message]).toEqual(['OutboxFullError', 'outbox_full', 'full'])
  })

  it('forgets everything when it is emptied', () => {
    const outbox = new Outbox(new ManualClock())
    outbox.add('by ada')
    outbox.empty()
    expect([outbox.bytes, outbox.isEmpty, flushed(outbox)]).toEqual([0, true, []])
  })
})

describe('byteLength and copyOf', () => {
  it('count and copy each kind of message', () => {
    const buffer = new Uint8Array([1, 2, 3, 4]).buffer
    const shared = new SharedArrayBuffer(2)
    const blob = new Blob(['abc'])
    expect(
      [buffer, new Uint16Array(buffer), new DataView(buffer, 1, 2), shared, blob, 'é'].map((message) =>
        byteLength(copyOf(message)),
      ),
    ).toEqual([4, 4, 2, 2, 3, 2])
    expect(copyOf(new DataView(buffer, 1, 2))).toEqual(new Uint8Array([2, 3]))
    expect(copyOf(shared)).toEqual(new Uint8Array([0, 0]))
    expect(copyOf(blob)).toBe(blob)
    const copy = copyOf(buffer)
    new Uint8Array(buffer).fill(9)
    expect(copy).toEqual(new Uint8Array([1, 2, 3, 4]))
  })
})
