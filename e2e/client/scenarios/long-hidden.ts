import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { PlaywrightBrowser } from '../playwright-browser.js'
import { aBackend } from '../rig.js'
import { aProfile, cleanupsOf, enterAlone, type Stage } from '../stage.js'
import { until } from '../until.js'

const TALK_MS = 1000
/** A renewal is due 15 to 30 seconds before the end; timers that come once a minute miss some. */
const LIFE_SECONDS = 120
/** Chromium lets timers of a tab run once a minute only after it was hidden for five. */
const HIDDEN_MS = 6.5 * 60_000
/** Once a minute, and the wait before the second try. */
const BACK_MS = 150_000

/** What a user sees whose tab was hidden for so long that its timers hardly run any more. */
export function longHidden(stage: () => Stage<PlaywrightBrowser>): void {
  it('minutes behind another tab, over several ends of the credential and a restart of the server', async (test) => {
    const { browser, backend, tabs } = stage()
    const own = await aBackend(cleanupsOf(test), { pages: backend.pages })
    const { rig, tab } = await enterAlone({ browser, backend: own, tabs }, test, (cleanUp) =>
      aProfile({ profile: () => browser.window() }, cleanUp),
    )
    await tab.connect('ada', { lifeSeconds: LIFE_SECONDS })
    await tab.comesTo('ada', { state: 'open' })
    await tab.call('talk', 'ada', TALK_MS)
    const cover = await tab.tab.cover(`${rig.pages.origin}/elsewhere`)
    await until('the page to be hidden', async () => !(await tab.call('page')).visible || undefined)

    // Time itself is what is tried here: nothing but minutes throttles a tab.
    await sleep(HIDDEN_MS)
    const { connections } = await tab.comesTo('ada', { state: 'open' })
    await rig.server.restart('SIGKILL')
    await tab.comesTo('ada', { state: 'open', connections: connections + 1 }, BACK_MS)

    await cover.close()
    await until('the page to be visible', async () => (await tab.call('page')).visible || undefined)
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
    const { fired } = await tab.call('record', 'ada')
    expect(fired.filter(({ to }) => to === 'stopped')).toEqual([])
  })
}
