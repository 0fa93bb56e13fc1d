import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameReader, frame } from './frames.js'

it('reads what it wrote, numbers up to 32 bits and bytes of any length', () => {
  const part = fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.uint8Array({ maxLength: 300 }))
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const reader = new FrameReader(frame(...parts))
      const read = parts.map((one) => (typeof one === 'number' ? reader.number() : reader.bytes()))
      expect(read).toEqual(parts)
      expect(() => reader.number()).toThrow(RangeError)
    }),
  )
})

it('throws a RangeError at anything else, and reads nothing beyond the end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const reader = new FrameReader(bytes)
      try {
        for (;;) expect(reader.bytes().length).toBeLessThanOrEqual(bytes.length)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})
