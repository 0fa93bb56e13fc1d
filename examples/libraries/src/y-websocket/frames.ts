// What y-websocket's messages are made of: unsigned numbers of 7 bits a byte, lowest first, and bytes behind their length.

/** Writes numbers, and bytes behind their length. */
export function frame(...parts: readonly (number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? digits(part) : [...digits(part.length), ...part])),
  )
}

/** Reads what `frame` wrote, from the start; throws where there is nothing more to read. */
export class FrameReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  number(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new RangeError('no number in this frame')
  }

  bytes(): Uint8Array {
    const length = this.number()
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('the frame ends too early')
    return this.#bytes.subarray(start, this.#at)
  }
}

function digits(number: number): number[] {
  return number < 128 ? [number] : [(number & 127) | 128, ...digits(Math.floor(number / 128))]
}
