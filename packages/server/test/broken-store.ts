import type { TicketStore } from '../src/stores/store.js'

type Calls = { readonly [K in keyof TicketStore]: TicketStore[K] }

/** A store of which some calls behave otherwise; what is not named works as in the store behind it. */
export function storeWith(store: TicketStore, changed: Partial<Calls>): TicketStore {
  return new Proxy(store, {
    get(target, name) {
      const own: unknown = Reflect.get(changed, name)
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A call that never answers. */
export function hangs(): Promise<never> {
  return new Promise(() => {})
}

/** A call that fails as a driver would, with an error of its own kind. */
export function fails(): Promise<never> {
  return Promise.reject(new Error('connect ECONNREFUSED'))
}

/** Notices of which nothing is heard until nobody wants them any more. */
export function noNotices(_cursor: string | undefined, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })
}
