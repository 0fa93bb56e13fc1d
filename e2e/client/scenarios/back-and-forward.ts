import { it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { aProfile, enterAlone, type Stage } from '../stage.js'
import { until } from '../until.js'

/** Longer than it takes to leave a page. */
const FAR_MS = 2500

/** What a user sees who leaves the page for another, and comes back. */
export function backAndForward(stage: () => Stage): void {
  it('a way to another page and back, while it waits', async (test) => {
    const { browser } = stage()
    const { rig, tab } = await enterAlone(stage(), test, (cleanUp) => aProfile(browser, cleanUp))
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    rig.network.refuse()
    rig.network.cut()
    await tab.call('say', 'ada', 3)
    // A page that just asks for something is kept by no browser.
    await tab.comesTo('ada', { state: 'waiting', dueInMs: FAR_MS })
    await tab.tab.goto(`${rig.pages.origin}/elsewhere`)
    await rig.network.accept()
    await tab.goBack()
    // Nothing keeps such a page out of the cache; it goes on where it was.
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
  })

  it('a way to another page and back, while it is open', async (test) => {
    const { browser } = stage()
    const { rig, tab } = await enterAlone(stage(), test, (cleanUp) => aProfile(browser, cleanUp))
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    const { ref } = await tab.call('view', 'ada')
    await tab.call('say', 'ada', 3)
    await tab.hears('ada', 3)
    await tab.tab.goto(`${rig.pages.origin}/elsewhere`)
    await tab.goBack()
    if ((await tab.call('names')).length === 0) {
      // Firefox keeps no page that has an open connection; it begins anew.
      await tab.connect('ada')
      await tab.comesTo('ada', { state: 'open' })
    } else {
      await tab.comesTo('ada', { state: 'open', connections: 2 })
      expectNothingAmiss(await tab.settle('ada'))
    }
    await expectNoSurprise(tab, 'ada')
    // Of the connection of before nothing is left.
    await until('the first session to be closed', () =>
      rig.server.journal.of('session.closed').find((line) => line.ref === ref),
    )
  })
}
