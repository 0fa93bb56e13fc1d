import { moment } from './calls.mjs'

/** @typedef {import('@wsticket/server').TicketStore} TicketStore */

/**
 * The store, with every redeem written down that it is asked for: also those that its node no longer waits for, which may
 * still win.
 *
 * @param {TicketStore} store
 * @param {{ name: string, log: import('./calls.mjs').CallLog, onAdmitted: () => void }} options
 * @returns {TicketStore}
 */
export function watchedStore(store, { name, log, onAdmitted }) {
  /** @type {TicketStore['redeem']} */
  const redeem = async (ref, attempt, terms) => {
    const asked = /** @type {const} */ ({
      name: 'redeem',
      process: name,
      began: moment(),
      ref,
      attempt: attempt.id,
      at: 'store',
    })
    log.begin(asked)
    try {
      const outcome = await store.redeem(ref, attempt, terms)
      const { kind } = outcome
      log.end(asked, kind === 'admitted' ? { kind } : { kind: 'refused', code: kind })
      if (kind === 'admitted') onAdmitted()
      return outcome
    } catch (error) {
      log.end(asked, { kind: 'indeterminate' })
      throw error
    }
  }
  // A store keeps its state in private fields, so that every other call has to go to the very object.
  return new Proxy(store, {
    get(target, property) {
      if (property === 'redeem') return redeem
      /** @type {unknown} */
      const value = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (/** @type {unknown[]} */ ...args) => /** @type {unknown} */ (Reflect.apply(value, target, args))
    },
  })
}
