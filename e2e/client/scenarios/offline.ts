import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { PlaywrightBrowser } from '../playwright-browser.js'
import type { Fired } from '../records.js'
import { aProfile, enterAlone, type Stage } from '../stage.js'

/** Longer than any wait once the browser says that there is a network. */
const FAR_MS = 2500

/** What a user sees of a network that the browser says is gone. */
export function offlineAndOnline(stage: () => Stage<PlaywrightBrowser>): void {
  it('a browser that goes offline and comes back', async (test) => {
    const { browser } = stage()
    const { rig, tab } = await enterAlone(stage(), test, (cleanUp) => aProfile(browser, cleanUp))
    const context = tab.tab.page.context()
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })

    await context.setOffline(true)
    rig.network.refuse()
    rig.network.cut()
    await tab.comesTo('ada', { state: 'waiting', cause: 'offline' })
    await tab.call('say', 'ada', 3)
    // By itself it would try again only a good while later.
    await tab.comesTo('ada', { state: 'waiting', dueInMs: FAR_MS })
    await rig.network.accept()
    await context.setOffline(false)
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    expect((await tab.call('record', 'ada')).fired.some(isSooner)).toBe(true)
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
  })
}

/** Whether a wait was cut short. */
function isSooner({ from, to, until = 0 }: Fired, index: number, fired: readonly Fired[]): boolean {
  return from === 'waiting' && to === 'waiting' && until < (fired[index - 1]?.until ?? 0)
}
