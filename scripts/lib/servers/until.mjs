import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20
/** So long something that has to come may take on a busy machine; only what never comes takes all of it. */
const PATIENCE_MS = 20_000

/**
 * Asks again and again until the answer is neither `undefined` nor `false`. A question that throws is asked again, too:
 * a server that just starts or dies is not there for a moment.
 *
 * @template T
 * @param {string} what what is waited for, for the error
 * @param {() => Promise<T | undefined | false> | T | undefined | false} ask
 * @param {{ patienceMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function until(what, ask, { patienceMs = PATIENCE_MS } = {}) {
  const deadline = performance.now() + patienceMs
  /** @type {unknown} */
  let cause
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (performance.now() > deadline) {
      const because = cause instanceof Error ? `: ${cause.message}` : ''
      throw new Error(`wsticket: waited ${patienceMs} ms for ${what}${because}`, { cause })
    }
    await sleep(POLL_MS)
  }
}
