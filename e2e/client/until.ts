import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 25

/** Waits until a question is answered with something; fails after a while, with what was waited for. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  ms = 15_000,
): Promise<T> {
  const deadline = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`Waited ${ms} ms for ${what}`)
    await sleep(POLL_MS)
  }
}
