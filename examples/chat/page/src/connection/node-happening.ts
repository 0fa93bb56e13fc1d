import type { Happening } from './timeline.js'
import { duration } from './words.js'

/** Tells which node holds the socket now, and how long there was none. */
export function nodeHappening(
  node: string,
  facts: { readonly before: string | undefined; readonly lastedMs: number | undefined },
): Happening {
  const { before, lastedMs } = facts
  if (before === undefined || lastedMs === undefined) {
    return { kind: 'node', tone: 'good', title: `Held by ${node}` }
  }
  const detail = before === node ? 'With a fresh ticket.' : `With a fresh ticket. It was ${before} before.`
  return { kind: 'node', tone: 'good', title: `Back on ${node} after ${duration(lastedMs)}`, detail }
}
