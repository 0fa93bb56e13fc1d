import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { PlaywrightBrowser } from '../playwright-browser.js'
import { aProfile, aRig, type Backend, cleanupsOf, connectedRig, openTab } from '../rig.js'
import { until } from '../until.js'

const TALK_MS = 50
/** Longer than it takes to leave a page. */
const FAR_MS = 2500

/** What a user sees who leaves the page for another, and comes back. */
export function backAndForward(browser: () => PlaywrightBrowser, backend: () => Backend): void {
  it('a way to another page and back, while it waits', async (test) => {
    const { rig, tab } = await connectedRig(browser(), cleanupsOf(test), backend())
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
    const { rig, tab } = await connectedRig(browser(), cleanupsOf(test), backend())
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

/** What a user sees who leaves the page behind another tab for a while. */
export function hiddenTabs(browser: () => PlaywrightBrowser): void {
  it('a restart of the server while its tab is hidden', async (test) => {
    const cleanUp = cleanupsOf(test)
    const rig = await aRig(cleanUp)
    const profile = await aProfile({ profile: () => browser().window() }, cleanUp)
    const tab = await openTab(profile, rig)
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    const cover = await tab.tab.cover(`${rig.pages.origin}/elsewhere`)
    await until('the page to be hidden', async () => !(await tab.call('page')).visible || undefined)
    await tab.call('talk', 'ada', TALK_MS)
    await tab.hears('ada', 1)

    await rig.server.restart('SIGKILL')
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    await cover.close()
    await until('the page to be visible', async () => (await tab.call('page')).visible || undefined)
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
    expect((await tab.call('view', 'ada')).connections).toBe(2)
  })
}
