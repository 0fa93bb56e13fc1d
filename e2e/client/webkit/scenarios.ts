import { beforeAll, describe } from 'vitest'
import { afterAllTests } from '../../../test/cleanups.js'
import type { RealBrowser } from '../real-browser.js'
import { aBackend, type Backend } from '../rig.js'
import { backAndForward } from '../scenarios/back-and-forward.js'
import { blockedUpgrades } from '../scenarios/blocked.js'
import { networkFaults } from '../scenarios/network.js'
import { redisRestarts } from '../scenarios/redis.js'
import { serverRestarts } from '../scenarios/restarts.js'
import { sharedLogins } from '../scenarios/shared-login.js'
import { sleepOverExpiry } from '../scenarios/sleep.js'
import { twoTabs } from '../scenarios/tabs.js'
import { startWebKit } from './webkit.js'

const cleanUp = afterAllTests()

describe('A TicketSocket in WebKitGTK lives through', () => {
  let webkit: RealBrowser
  let shared: Backend
  const browser = (): RealBrowser => webkit
  const backend = (): Backend => shared

  beforeAll(async () => {
    shared = await aBackend(cleanUp)
    webkit = await startWebKit(cleanUp)
  })

  // WebKitGTK takes the codes 1012 to 1014 for breaches of the protocol: the page sees 1006.
  serverRestarts(browser, 'connection_lost')
  redisRestarts(browser)
  networkFaults(browser, backend)
  blockedUpgrades(browser, backend)
  backAndForward(browser, backend)
  twoTabs(browser, backend)
  sharedLogins(browser, backend)
  sleepOverExpiry(browser)
})
