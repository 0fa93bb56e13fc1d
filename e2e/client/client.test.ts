import { beforeAll, describe, expect, it } from 'vitest'
import { measure } from '../../bench/reconnect/measures.js'
import { runRestarts } from '../../bench/reconnect/run.js'
import { afterAllTests, afterThisTest } from '../../test/cleanups.js'
import { startChromium } from './chromium.js'
import { startFirefox } from './firefox.js'
import type { PlaywrightBrowser } from './playwright-browser.js'
import { aBackend } from './rig.js'
import { backAndForward } from './scenarios/back-and-forward.js'
import { blockedUpgrades } from './scenarios/blocked.js'
import { heldBack } from './scenarios/held-back.js'
import { hiddenTabs } from './scenarios/hidden-tabs.js'
import { networkFaults } from './scenarios/network.js'
import { offlineAndOnline } from './scenarios/offline.js'
import { redisRestarts } from './scenarios/redis.js'
import { serverRestarts } from './scenarios/restarts.js'
import { sharedLogins } from './scenarios/shared-login.js'
import { sleepOverExpiry } from './scenarios/sleep.js'
import { twoTabs } from './scenarios/tabs.js'
import { aProfile, aStage, type Stage } from './stage.js'

const cleanUp = afterAllTests()
let chromium: Stage<PlaywrightBrowser>
let firefox: Stage<PlaywrightBrowser>

const STAGES = [
  ['Chromium', () => chromium],
  ['Firefox', () => firefox],
] as const

beforeAll(async () => {
  const backend = await aBackend(cleanUp)
  const stage = async (browser: Promise<PlaywrightBrowser>): Promise<Stage<PlaywrightBrowser>> =>
    aStage(await browser, backend, cleanUp)
  ;[chromium, firefox] = await Promise.all([stage(startChromium(cleanUp)), stage(startFirefox(cleanUp))])
})

// Side by side: they wait more than they work.
describe.concurrent.each(STAGES)('A TicketSocket in %s lives through', (name, stage) => {
  serverRestarts(stage)
  redisRestarts(stage)
  hiddenTabs(stage, { freezes: name === 'Chromium' })
  networkFaults(stage)
  offlineAndOnline(stage)
  blockedUpgrades(stage)
  backAndForward(stage)
  twoTabs(stage)
  sharedLogins(stage)
  // Only this one does such a thing; `npm run test:browsers:long` sees all of it.
  if (name === 'Firefox') heldBack(stage, { heldMs: 500, patienceMs: 15_000 })
})

it('A server that is restarted over and over costs nobody a message of the outbox, doubles none, and mixes up no users', async () => {
  const restarts = 6
  const clients = 3
  const profile = await aProfile(chromium.browser, afterThisTest)
  // The short form of `npm run bench:reconnect`: with short waits, as restarts this close would make them long.
  const run = await runRestarts({
    libraries: ['TicketSocket'],
    clients,
    restarts,
    words: { atLeast: 3, atMost: 10 },
    haste: 16,
    openTab: (url) => profile.open(url),
    cleanUp: afterThisTest,
  })
  const [measures] = measure(run)
  expect(measures).toMatchObject({ lostOfOutbox: 0, lostOfSocket: 0, doubled: 0, asAnother: 0 })
  expect(measures).toMatchObject({ errorsShown: 0, missed: 0 })
  expect(measures?.recoveries).toHaveLength(restarts * clients)
})

// Not beside the others: each stops all of its browser.
describe.concurrent.each(STAGES)('A TicketSocket in %s lives through', (_name, stage) => {
  sleepOverExpiry(stage)
})
