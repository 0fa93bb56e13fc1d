import { type Clock, pause, withDeadline } from '../clock.js'
import { WsticketError } from '../errors.js'
import type { Notice, NoticeBatch, TicketStore } from '../stores/store.js'
import { STORE_BUDGET_MS } from '../stores/store-calls.js'

// A store that cannot be read is asked again after this long: soon enough for a revocation to be prompt,
// rare enough to leave a store alone that is starting.
const RETRY_MS = 500

// A read that catches up may have much to tell, and a store that failed over something to set right before.
const CATCH_UP_MS = 10_000

// Answers in a row that came at once and told nothing new: a store that does not wait would take all of this process's time.
const VAIN_READS = 10
const AT_ONCE_MS = 50

// A store that goes on waiting must not keep a process from ending.
const STOP_MS = 1000

export interface NoticeHandlers {
  notice(notice: Notice): void
  /** Something may have been missed. */
  gap(): void
  /** The store was read, and what it told was handed on. */
  heard(): void
  failed(error: unknown): void
}

/** Reads the store's notices for as long as it is asked to. */
export class NoticePump {
  readonly #store: TicketStore
  readonly #clock: Clock
  readonly #handlers: NoticeHandlers
  readonly #stop = new AbortController()
  readonly #ready: Promise<void>
  #setReady: () => void = () => {}
  #running: Promise<void> | undefined

  constructor(store: TicketStore, clock: Clock, handlers: NoticeHandlers) {
    this.#store = store
    this.#clock = clock
    this.#handlers = handlers
    this.#ready = new Promise((resolve) => {
      this.#setReady = resolve
    })
  }

  /** Resolves once every later notice will be seen. Starts reading at the first call. */
  start(): Promise<void> {
    this.#running ??= this.#run()
    return this.#ready
  }

  /** Stops reading. A read that does not heed its signal is waited for no longer than {@link STOP_MS}. */
  async stop(): Promise<void> {
    this.#stop.abort()
    let cancel = (): void => {}
    const patience = new Promise<void>((resolve) => {
      cancel = this.#clock.after(STOP_MS, resolve)
    })
    await Promise.race([this.#running, patience])
    cancel()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let cursor: string | undefined
    let heard = false
    let vain = 0
    while (!signal.aborted) {
      const askedAt = this.#clock.now()
      try {
        const batch = await (heard ? this.#store.notices(cursor, signal) : this.#atOnce(cursor))
        const vainly = batch.cursor === cursor || batch.notices.length === 0
        cursor = batch.cursor
        if (!this.#tell(batch.notices) || batch.gap) this.#handlers.gap()
        heard = true
        this.#handlers.heard()
        this.#setReady()
        vain = vainly && this.#clock.now() - askedAt < AT_ONCE_MS ? vain + 1 : 0
        if (vain >= VAIN_READS) await pause(this.#clock, RETRY_MS, signal)
      } catch (error) {
        if (signal.aborted) return
        heard = false
        this.#handlers.failed(error)
        await pause(this.#clock, RETRY_MS, signal)
      }
    }
  }

  /**
   * Where reading begins, or goes on after a failure: with no word of when there is news, a read that waits cannot be told from
   * one that is lost. One that does not wait is answered in time, or has failed.
   */
  #atOnce(cursor: string | undefined): Promise<NoticeBatch> {
    const given = new AbortController()
    const giveUp = (): void => given.abort()
    this.#stop.signal.addEventListener('abort', giveUp)
    // Without a cursor there is nothing to wait for.
    if (cursor !== undefined) giveUp()
    const ms = cursor === undefined ? STORE_BUDGET_MS : CATCH_UP_MS
    return withDeadline(this.#store.notices(cursor, given.signal), {
      clock: this.#clock,
      ms,
      late: () => {
        giveUp()
        const message = `the ${this.#store.kind} store did not answer notices in ${ms} ms`
        return new WsticketError('store_unavailable', message)
      },
    }).finally(() => this.#stop.signal.removeEventListener('abort', giveUp))
  }

  /** Tells all of them, whatever one does; `false` if one could not be told. */
  #tell(notices: readonly Notice[]): boolean {
    let told = true
    for (const notice of notices) {
      try {
        this.#handlers.notice(notice)
      } catch (error) {
        told = false
        this.#handlers.failed(error)
      }
    }
    return told
  }
}
