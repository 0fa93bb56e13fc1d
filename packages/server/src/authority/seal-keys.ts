import type { TicketParts } from '@wsticket/protocol'
import { type Clock, repeat } from '../clock.js'
import type { StoreCalls } from '../stores/store-calls.js'
import { sealFits } from './secret.js'

// A ticket whose seal fits no key may be forged, or sealed with a key that another node made since: the keys
// are read again, but not more often than this, so that forged tickets cost the store nothing.
const RELOAD_AFTER_MS = 1000
// When keys are changed in the store, or vanish from it, all nodes have the same ones again after this long.
const REFRESH_MS = 30_000

/** The keys that seal tickets, as the store has them. */
export class SealKeys {
  readonly #store: StoreCalls
  readonly #clock: Clock
  readonly #configured: readonly Uint8Array[] | undefined
  #keys: readonly Uint8Array[] = []
  #loadedAt = Number.NEGATIVE_INFINITY
  #loading: Promise<readonly Uint8Array[]> | undefined
  #failure: { readonly error: unknown } | undefined
  #stop: (() => void) | undefined

  constructor(store: StoreCalls, clock: Clock, configured: readonly Uint8Array[] | undefined) {
    this.#store = store
    this.#clock = clock
    this.#configured = configured
    this.#keys = configured ?? []
  }

  /** The key for new tickets. */
  async current(): Promise<Uint8Array> {
    const [known] = this.#keys
    return known ?? first(await this.#load())
  }

  /** Tells whether a ticket was sealed with one of our keys. Rejects if the keys cannot be had to tell. */
  async accept(parts: TicketParts): Promise<boolean> {
    if (sealFits(parts, this.#keys)) return true
    if (this.#configured !== undefined) return false
    if (this.#loading === undefined && this.#clock.now() - this.#loadedAt < RELOAD_AFTER_MS) {
      // Asking in vain does not make a ticket forged.
      if (this.#failure !== undefined) throw this.#failure.error
      return false
    }
    return sealFits(parts, await this.#load())
  }

  /** Reads them no more but when it must. */
  stop(): void {
    this.#stop ??= () => {}
    this.#stop()
  }

  #load(): Promise<readonly Uint8Array[]> {
    if (this.#loading !== undefined) return this.#loading
    this.#loading = this.#read().finally(() => {
      this.#loading = undefined
    })
    // Whoever uses keys once goes on using them: from here on they are kept fresh.
    this.#stop ??= repeat(this.#clock, () => this.#refresh(), REFRESH_MS)
    return this.#loading
  }

  async #read(): Promise<readonly Uint8Array[]> {
    this.#loadedAt = this.#clock.now()
    try {
      this.#keys = await this.#store.call('sealKeys', async (store) => {
        const keys = await store.sealKeys()
        first(keys)
        return keys
      })
      this.#failure = undefined
    } catch (error) {
      this.#failure = { error }
      throw error
    }
    return this.#keys
  }

  async #refresh(): Promise<number> {
    // The keys that are there stay until there are others; the failure was told to the hub.
    await this.#load().catch(() => {})
    return REFRESH_MS
  }
}

function first(keys: readonly Uint8Array[]): Uint8Array {
  const [key] = keys
  if (key === undefined) throw new TypeError('a store gave no seal keys; sealKeys() must give at least one')
  return key
}
