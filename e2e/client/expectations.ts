import { expect } from 'vitest'
import type { RigTab } from './rig-tab.js'
import type { Tally } from './tally.js'

/** Nothing went missing that a client could have kept, nothing came twice, nobody spoke as somebody else. */
export function expectNothingAmiss(tally: Tally): void {
  expect(tally).toMatchObject({ lostOfOutbox: [], lostOfSocket: [], doubled: [], asAnother: [] })
}

/** As far as the user can tell: every change is told with its reason, none is left out, and nothing was uncaught. */
export async function expectNoSurprise(tab: RigTab, name: string): Promise<void> {
  const { fired } = await tab.call('record', name)
  let state = 'fetching'
  for (const { type, from, to, because } of fired) {
    if (type !== 'statechange') continue
    expect(from).toBe(state)
    expect(because).toMatch(/^[a-z]+(_[a-z]+)*$/)
    state = to ?? ''
  }
  expect(fired.filter(({ type }) => type === 'threw')).toEqual([])
  expect(await tab.call('problems')).toEqual([])
}
