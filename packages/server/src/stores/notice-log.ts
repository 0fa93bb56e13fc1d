import type { Notice, NoticeBatch } from './store.js'

/** The last notices of a process, in order, for readers that wait for the next one. */
export class NoticeLog {
  readonly #kept: Notice[] = []
  readonly #limit: number
  readonly #waiting = new Set<() => void>()
  #next = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  append(notice: Notice): void {
    this.#kept.push(notice)
    this.#next += 1
    if (this.#kept.length > this.#limit) this.#kept.shift()
    for (const wake of [...this.#waiting]) wake()
  }

  async read(cursor: string | undefined, signal: AbortSignal): Promise<NoticeBatch> {
    if (cursor === undefined) return this.#batch(this.#next)
    const position = Number(cursor)
    // Only the present end is worth waiting at: beyond it nobody can have read.
    if (position === this.#next) await this.#wait(signal)
    return this.#batch(position)
  }

  #batch(position: number): NoticeBatch {
    const first = this.#next - this.#kept.length
    const known = position >= first && position <= this.#next
    return {
      cursor: String(this.#next),
      notices: this.#kept.slice(Math.max(position - first, 0)),
      gap: !known,
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
