import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { PlaywrightBrowser, PlaywrightTab } from '../playwright-browser.js'
import { aProfile, enterAlone, type Stage } from '../stage.js'
import { until } from '../until.js'

const TALK_MS = 200

/**
 * What a user sees who leaves the page behind another tab for a while.
 *
 * @param freezes whether the browser can also be told to put the tab to sleep, as it does by itself with tabs long hidden
 */
export function hiddenTabs(stage: () => Stage<PlaywrightBrowser>, { freezes }: { freezes: boolean }): void {
  it(`a connection that is lost while its tab is hidden${freezes ? ', and one while it is frozen' : ''}`, async (test) => {
    const { browser } = stage()
    const { rig, tab } = await enterAlone(stage(), test, (cleanUp) =>
      aProfile({ profile: () => browser.window() }, cleanUp),
    )
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    const cover = await tab.tab.cover(`${rig.pages.origin}/elsewhere`)
    await until('the page to be hidden', async () => !(await tab.call('page')).visible || undefined)
    await tab.call('talk', 'ada', TALK_MS)
    await tab.hears('ada', 1)

    rig.network.cut()
    let connections = 2
    await tab.comesTo('ada', { state: 'open', connections })
    if (freezes) {
      await freeze(tab.tab, () => rig.network.cut())
      connections = 3
      await tab.comesTo('ada', { state: 'open', connections })
    }
    await cover.close()
    await until('the page to be visible', async () => (await tab.call('page')).visible || undefined)
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
    expect((await tab.call('view', 'ada')).connections).toBe(connections)
  })
}

async function freeze({ page }: PlaywrightTab, meanwhile: () => void): Promise<void> {
  const devTools = await page.context().newCDPSession(page)
  await devTools.send('Page.setWebLifecycleState', { state: 'frozen' })
  meanwhile()
  await devTools.send('Page.setWebLifecycleState', { state: 'active' })
}
