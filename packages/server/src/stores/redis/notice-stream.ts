import { randomInt } from 'node:crypto'
import { type Clock, withDeadline } from '../../clock.js'
import { WsticketError } from '../../errors.js'
import type { Notice, NoticeBatch } from '../store.js'
import { MasterNames } from './deployment.js'
import { readNotice } from './notice-text.js'
import { LOOK_MS, NoticeWaker } from './notice-waker.js'
import { texts } from './replies.js'
import type { ScriptRunner } from './script-runner.js'
import { ANNOUNCE, READ_NOTICES } from './scripts/shared.js'

// Readers are woken at each notice; one that is further behind than this, or was away for longer, finds a gap.
const KEEP_COUNT = 10_000
const KEEP_MS = 3_600_000
// In one answer; the rest comes with the next.
const READ_COUNT = 1000
// How many beginnings of a stream within one millisecond are told apart.
const MAX_BEGINNING = 2 ** 40
// Of notices that wait to be told. Who has more of them than this has no store, and sockets end at their deadlines.
const UNTOLD_COUNT = 10_000
// As long as any call of a store may take: a connection that went silent must not look like a quiet day.
const ANSWER_MS = 1000

/** The notices of all nodes, in one stream. */
export class NoticeStream {
  readonly #runner: ScriptRunner
  readonly #key: string
  readonly #clock: Clock
  readonly #waker: NoticeWaker
  readonly #masters: MasterNames
  /** Called before each look; told whether what was revoked may have been lost. Never rejects. */
  readonly #upkeep: (mayBeLost: boolean) => Promise<void>
  /** Notices, as text, that could not be told yet, although what they tell of has happened. */
  readonly #untold = new Set<string>()
  #telling = false
  #tenure: string | undefined
  #closed = false
  #tenureAt = Number.NEGATIVE_INFINITY

  constructor(
    runner: ScriptRunner,
    key: string,
    clock: Clock,
    upkeep: (mayBeLost: boolean) => Promise<void>,
  ) {
    this.#runner = runner
    this.#key = key
    this.#clock = clock
    this.#masters = new MasterNames(runner.link, clock)
    this.#waker = new NoticeWaker(runner.link, key, clock)
    this.#upkeep = upkeep
  }

  /** Announces. One that cannot be told now rejects, and is told as soon as it can be. */
  async append(notice: Notice): Promise<void> {
    const text = JSON.stringify(notice)
    try {
      await this.#announce(text)
    } catch (error) {
      if (this.#untold.size < UNTOLD_COUNT) this.#untold.add(text)
      throw error
    }
  }

  /** Reads on from a cursor: where in the stream, and who was master. */
  async read(cursor: string | undefined, signal: AbortSignal): Promise<NoticeBatch> {
    if (cursor === undefined) {
      const tenure = await this.#presentTenure()
      const { entry } = await this.#look('')
      return { cursor: `${entry}/${tenure}`, notices: [], gap: false }
    }
    const [from = '', knownTenure = ''] = cursor.split('/')
    for (;;) {
      await this.#tellUntold()
      const tenure = await this.#presentTenure()
      const changed = tenure !== knownTenure
      // What a lost master knew is told to the new one first: readers then check what they hold against that.
      await this.#upkeep(changed)
      const { entry, gap, notices } = await this.#look(from)
      // Whoever lost the stream may have lost the rest, too.
      if (gap && !changed) await this.#upkeep(true)
      if (changed || gap || notices.length > 0 || signal.aborted || this.#closed) {
        return { cursor: `${entry}/${tenure}`, notices, gap: gap || changed }
      }
      await this.#waker.wait(from, signal)
    }
  }

  close(): void {
    this.#closed = true
    this.#waker.close()
  }

  async #look(
    from: string,
  ): Promise<{ readonly entry: string; readonly gap: boolean; readonly notices: Notice[] }> {
    const args = [from, String(READ_COUNT), String(randomInt(1, MAX_BEGINNING))]
    const [entry = '', broken, ...told] = texts(
      await this.#inTime(this.#runner.run(READ_NOTICES, [this.#key], args)),
    )
    const notices = told.flatMap((text) => readNotice(text) ?? [])
    // One that cannot be read, of a later version perhaps, may tell of anything.
    return { entry, gap: broken === '1' || notices.length < told.length, notices }
  }

  /** The masters as they are, looked up once in a while; one that does not answer has not changed. */
  async #presentTenure(): Promise<string> {
    const now = this.#clock.now()
    if (this.#tenure === undefined || now - this.#tenureAt >= LOOK_MS) {
      this.#tenureAt = now
      this.#tenure = await this.#masters.read()
    }
    return this.#tenure
  }

  async #tellUntold(): Promise<void> {
    if (this.#telling) return
    this.#telling = true
    try {
      for (const text of [...this.#untold]) {
        await this.#announce(text)
        this.#untold.delete(text)
      }
    } catch {
      // The next look tries again; that the store fails is told by whatever else is asked of it.
    } finally {
      this.#telling = false
    }
  }

  async #announce(text: string): Promise<void> {
    await this.#inTime(this.#runner.run(ANNOUNCE, [this.#key], [text, String(KEEP_COUNT), String(KEEP_MS)]))
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return withDeadline(work, {
      clock: this.#clock,
      ms: ANSWER_MS,
      late: () =>
        new WsticketError('store_unavailable', `Redis did not answer about notices in ${ANSWER_MS} ms`),
    })
  }
}
