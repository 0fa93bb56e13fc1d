import { beforeAll, describe } from 'vitest'
import { afterAllTests } from '../../../test/cleanups.js'
import { aBackend } from '../rig.js'
import { backAndForward } from '../scenarios/back-and-forward.js'
import { blockedUpgrades } from '../scenarios/blocked.js'
import { networkFaults } from '../scenarios/network.js'
import { redisRestarts } from '../scenarios/redis.js'
import { serverRestarts } from '../scenarios/restarts.js'
import { sharedLogins } from '../scenarios/shared-login.js'
import { sleepOverExpiry } from '../scenarios/sleep.js'
import { twoTabs } from '../scenarios/tabs.js'
import { aStage, type Stage } from '../stage.js'
import { startWebKit } from './webkit.js'

const cleanUp = afterAllTests()

describe('A TicketSocket in WebKitGTK lives through', () => {
  let webkit: Stage
  const stage = (): Stage => webkit

  beforeAll(async () => {
    webkit = await aStage(await startWebKit(cleanUp), await aBackend(cleanUp), cleanUp)
  })

  // WebKitGTK takes the codes 1012 to 1014 for breaches of the protocol: the page sees 1006.
  serverRestarts(stage, 'connection_lost')
  redisRestarts(stage)
  networkFaults(stage)
  blockedUpgrades(stage)
  twoTabs(stage)
  sharedLogins(stage)
  sleepOverExpiry(stage)
  backAndForward(stage)
})
