import { closeSync, openSync, readSync } from 'node:fs'
import type { JournalLine } from './records.js'

const CHUNK_BYTES = 64 * 1024

/** What servers wrote down, of all the processes that followed each other. */
export class Journal {
  readonly #file: number
  readonly #lines: JournalLine[] = []
  #position = 0
  #rest = ''

  constructor(path: string) {
    this.#file = openSync(path, 'a+')
  }

  /** All lines so far. */
  read(): readonly JournalLine[] {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const bytes = readSync(this.#file, chunk, 0, CHUNK_BYTES, this.#position)
      if (bytes === 0) return this.#lines
      this.#position += bytes
      const lines = (this.#rest + chunk.toString('latin1', 0, bytes)).split('\n')
      // A process may be in the middle of a line.
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#lines.push(JSON.parse(line) as JournalLine)
    }
  }

  /** The lines of one type. */
  of(type: string): readonly JournalLine[] {
    return this.read().filter((line) => line.type === type)
  }

  close(): void {
    closeSync(this.#file)
  }
}
