import type { Clock } from '../clock.js'
import type { Notice, TicketStore } from '../stores/store.js'

// A store that cannot be read is asked again after this long: soon enough for a revocation to be prompt,
// rare enough to leave a store alone that is starting.
const RETRY_MS = 500

// A store that goes on waiting must not keep a process from ending.
const STOP_MS = 1000

export interface NoticeHandlers {
  notice(notice: Notice): void
  /** Something may have been missed. */
  gap(): void
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
    while (!signal.aborted) {
      try {
        const batch = await this.#store.notices(cursor, signal)
        cursor = batch.cursor
        if (!this.#tell(batch.notices) || batch.gap) this.#handlers.gap()
        this.#setReady()
      } catch (error) {
        if (signal.aborted) return
        this.#handlers.failed(error)
        await this.#pause()
      }
    }
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

  #pause(): Promise<void> {
    const { signal } = this.#stop
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel()
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const cancel = this.#clock.after(RETRY_MS, wake)
      signal.addEventListener('abort', wake)
    })
  }
}
