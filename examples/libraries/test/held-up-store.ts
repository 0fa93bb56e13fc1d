import { memoryStore, type TicketStore } from '@wsticket/server'

/** A store in memory that is as slow with a redeem as one across a network can be. */
export class HeldUpStore {
  readonly store: TicketStore
  /** Resolves when a redeem has come. */
  readonly asked: Promise<void>
  /** Lets it go on. */
  release: () => void = () => {}
  #asked: () => void = () => {}

  constructor() {
    const store = memoryStore()
    this.asked = new Promise((resolve) => {
      this.#asked = resolve
    })
    const released = new Promise<void>((resolve) => {
      this.release = resolve
    })
    const redeem: TicketStore['redeem'] = async (...request) => {
      this.#asked()
      await released
      return await store.redeem(...request)
    }
    this.store = new Proxy(store, {
      get(_target, name) {
        if (name === 'redeem') return redeem
        const value: unknown = Reflect.get(store, name)
        return typeof value === 'function' ? value.bind(store) : value
      },
    })
  }
}
