import { beforeAll, describe } from 'vitest'
import { afterAllTests } from '../../test/cleanups.js'
import { BROWSERS } from './browsers.js'
import type { PlaywrightBrowser } from './playwright-browser.js'
import { aBackend, type Backend } from './rig.js'
import { backAndForward } from './scenarios/back-and-forward.js'
import { blockedUpgrades } from './scenarios/blocked.js'
import { heldBack } from './scenarios/held-back.js'
import { hiddenTabs } from './scenarios/hidden-tabs.js'
import { networkFaults } from './scenarios/network.js'
import { offlineAndOnline } from './scenarios/offline.js'
import { redisRestarts } from './scenarios/redis.js'
import { serverRestarts } from './scenarios/restarts.js'
import { twoTabs } from './scenarios/tabs.js'

const cleanUp = afterAllTests()
const browsers = new Map<string, PlaywrightBrowser>()
let shared: Backend

beforeAll(async () => {
  shared = await aBackend(cleanUp)
  for (const [name, start] of BROWSERS) browsers.set(name, await start(cleanUp))
})

// Side by side: they wait more than they work.
describe.concurrent.each(BROWSERS)('A TicketSocket in %s lives through', (name) => {
  const browser = (): PlaywrightBrowser => {
    const started = browsers.get(name)
    if (started === undefined) throw new Error(`${name} was not started`)
    return started
  }

  /** For all that leave it as it is. */
  const backend = (): Backend => shared

  serverRestarts(browser)
  redisRestarts(browser)
  hiddenTabs(browser)
  networkFaults(browser, backend)
  offlineAndOnline(browser, backend)
  blockedUpgrades(browser, backend)
  backAndForward(browser, backend)
  twoTabs(browser, backend)
  // Only this one does such a thing; `npm run test:browsers:long` sees all of it.
  if (name === 'Firefox') heldBack(browser, backend, { heldMs: 500, patienceMs: 15_000 })
})
