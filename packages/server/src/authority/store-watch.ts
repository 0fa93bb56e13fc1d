import { type Clock, repeat } from '../clock.js'
import { isWsticketError, WsticketError } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import type { StoreHealth } from '../stores/store.js'
import type { StoreCalls } from '../stores/store-calls.js'

// What a store promises changes when somebody changes its configuration, or its master: rarely, and never unseen for longer.
const LOOK_MS = 30_000
// One that does not answer is asked more often, so that its return is told soon.
const LOOK_AGAIN_MS = 5000

/** How the store is. What a store promises that did not answer is not known. */
export interface Health extends Omit<StoreHealth, 'promises'> {
  readonly promises: Partial<StoreHealth['promises']>
}

/** Asks the store how it is, and tells when it is there, promises something else, or is back. */
export class StoreWatch {
  readonly #store: StoreCalls
  readonly #clock: Clock
  readonly #events: EventHub
  #asking: Promise<StoreHealth> | undefined
  #answeredAt = Number.NEGATIVE_INFINITY
  #failure: WsticketError | undefined
  /** What was told of it last; nothing while it cannot be reached. */
  #told: string | undefined
  #stop: (() => void) | undefined

  constructor(store: StoreCalls, clock: Clock, events: EventHub) {
    this.#store = store
    this.#clock = clock
    this.#events = events
  }

  /** Whether the store could be reached when it was asked last. */
  get reachable(): boolean {
    return this.#told !== undefined
  }

  /** Why it could not, if it could not. */
  get failure(): WsticketError | undefined {
    return this.#failure
  }

  /** Asks now and then, from the first call on. */
  start(): void {
    this.#stop ??= repeat(this.#clock, async () => {
      await this.ask().catch(() => {})
      return this.reachable ? LOOK_MS : LOOK_AGAIN_MS
    })
  }

  stop(): void {
    this.#stop ??= () => {}
    this.#stop()
  }

  /** How the store is. One that does not answer is not reachable: that is what was asked. */
  async health(): Promise<Health> {
    const askedAt = this.#clock.now()
    try {
      return await this.#answer()
    } catch {
      const latencyMs = this.#clock.now() - askedAt
      const { kind } = this.#store.store
      return { kind, reachable: false, latencyMs, promises: {}, expired: 0, warnings: [] }
    }
  }

  /** Resolves if the store can be reached. What it answered less than `freshMs` ago counts. */
  async ask(freshMs = 0): Promise<void> {
    const fresh = this.#asking === undefined && this.#clock.now() - this.#answeredAt < freshMs
    if (!fresh) await this.#answer()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Whoever comes while the store is being asked gets the same answer: one question at a time, whoever asks. */
  #answer(): Promise<StoreHealth> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
      this.#answeredAt = this.#clock.now()
    })
    return this.#asking
  }

  async #ask(): Promise<StoreHealth> {
    try {
      const health = await this.#store.call('health', (store) => store.health())
      this.#heard(health)
      return health
    } catch (error) {
      this.#told = undefined
      if (isWsticketError(error)) this.#failure = error
      throw error
    }
  }

  #heard({ kind, reachable, promises, warnings }: StoreHealth): void {
    if (!reachable) {
      this.#told = undefined
      this.#failure = new WsticketError(
        'store_unavailable',
        `the ${kind} store says that it cannot be reached`,
        {
          remedy: warnings.length === 0 ? undefined : warnings.join(' '),
        },
      )
      return
    }
    this.#failure = undefined
    const found = JSON.stringify([promises, warnings])
    if (found === this.#told) return
    this.#told = found
    this.#events.emit('store.ready', { kind, promises: { ...promises }, warnings })
  }
}
