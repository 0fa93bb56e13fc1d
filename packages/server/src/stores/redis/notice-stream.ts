import { randomInt } from 'node:crypto'
import { type Clock, withDeadline } from '../../clock.js'
import { WsticketError } from '../../errors.js'
import type { Notice, NoticeBatch } from '../store.js'
import { presentTenure } from './deployment.js'
import { LOOK_MS, NoticeWaker } from './notice-waker.js'
import { texts } from './replies.js'
import type { ScriptRunner } from './script-runner.js'
import { ANNOUNCE, READ_NOTICES } from './scripts/shared.js'

// Readers are woken at each notice; one that is further behind than this, or was away for longer, finds a gap.
const KEEP_COUNT = 10_000
const KEEP_MS = 3_600_000
const READ_COUNT = 1000
const MAX_BEGINNING = 2 ** 40
// As long as any call of a store may take: a connection that went silent must not look like a quiet day.
const READ_MS = 1000

/** The notices of all nodes, in one stream. */
export class NoticeStream {
  readonly #runner: ScriptRunner
  readonly #key: string
  readonly #clock: Clock
  readonly #waker: NoticeWaker
  /** Called before each look; told whether a master is another one than before. Never rejects. */
  readonly #upkeep: (newTenure: boolean) => Promise<void>
  /** Notices that could not be told yet, although what they tell of has happened. */
  readonly #untold: Notice[] = []
  #tenure: string | undefined
  #closed = false
  #tenureAt = Number.NEGATIVE_INFINITY

  constructor(
    runner: ScriptRunner,
    key: string,
    clock: Clock,
    upkeep: (newTenure: boolean) => Promise<void>,
  ) {
    this.#runner = runner
    this.#key = key
    this.#clock = clock
    this.#waker = new NoticeWaker(runner.link, key, clock)
    this.#upkeep = upkeep
  }

  /** Announces. One that cannot be told now rejects, and is told as soon as it can be. */
  async append(notice: Notice): Promise<void> {
    try {
      await this.#announce(notice)
    } catch (error) {
      this.#untold.push(notice)
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
    const reading = this.#runner.run(READ_NOTICES, [this.#key], args)
    const reply = await withDeadline(reading, {
      clock: this.#clock,
      ms: READ_MS,
      late: () => new WsticketError('store_unavailable', `Redis did not give notices in ${READ_MS} ms`),
    })
    const [entry = '', gap, ...notices] = texts(reply)
    // What is in the stream was written by this very class.
    return { entry, gap: gap === '1', notices: notices.map((notice) => JSON.parse(notice) as Notice) }
  }

  /** The masters as they are, looked up once in a while; one that does not answer has not changed. */
  async #presentTenure(): Promise<string> {
    const now = this.#clock.now()
    if (this.#tenure === undefined || now - this.#tenureAt >= LOOK_MS) {
      this.#tenureAt = now
      this.#tenure = (await presentTenure(this.#runner.link, this.#clock)) ?? this.#tenure ?? ''
    }
    return this.#tenure
  }

  async #tellUntold(): Promise<void> {
    try {
      for (let [notice] = this.#untold; notice !== undefined; [notice] = this.#untold) {
        await this.#announce(notice)
        this.#untold.shift()
      }
    } catch {
      // The next look tries again; that the store fails is told by whatever else is asked of it.
    }
  }

  async #announce(notice: Notice): Promise<void> {
    const args = [JSON.stringify(notice), String(KEEP_COUNT), String(KEEP_MS)]
    await this.#runner.run(ANNOUNCE, [this.#key], args)
  }
}
