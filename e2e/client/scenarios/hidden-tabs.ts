import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { PlaywrightBrowser } from '../playwright-browser.js'
import { aProfile, aRig, cleanupsOf, openTab } from '../rig.js'
import { until } from '../until.js'

const TALK_MS = 50

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
