import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { refusingProxy } from '../refusing-proxy.js'
import { enter, type Stage } from '../stage.js'

/**
 * What a user sees of a browser that holds connections back, the longer the more have failed: Firefox, up to a minute, before it
 * sends anything at all.
 */
export function heldBack(
  stage: () => Stage,
  { heldMs, patienceMs }: { heldMs: number; patienceMs: number },
): void {
  it(`a connection that is held back for ${heldMs} ms because others failed`, async (test) => {
    const { cleanUp, rig, tab } = await enter(stage(), test)
    const proxy = await refusingProxy(rig.server.port, cleanUp)
    const api = `http://127.0.0.1:${proxy.port}`
    const took = await tab.call('knockInVain', api, heldMs)
    expect(took.at(-1)).toBeGreaterThanOrEqual(heldMs)

    proxy.refuses = false
    await tab.connect('ada', { api })
    await tab.call('say', 'ada', 3)
    await tab.comesTo('ada', { state: 'open' }, patienceMs)
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
  })
}
