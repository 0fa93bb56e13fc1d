import { beforeAll, describe } from 'vitest'
import { afterAllTests } from '../../../test/cleanups.js'
import { startChromium } from '../chromium.js'
import { startFirefox } from '../firefox.js'
import type { PlaywrightBrowser } from '../playwright-browser.js'
import { aBackend } from '../rig.js'
import { heldBack } from '../scenarios/held-back.js'
import { longHidden } from '../scenarios/long-hidden.js'
import { aStage, type Stage } from '../stage.js'

/** Firefox holds a connection back for a minute at most; a client that gives up meanwhile makes it begin anew. */
const HELD = { heldMs: 30_000, patienceMs: 4 * 60_000 }

const cleanUp = afterAllTests()
let chromium: Stage<PlaywrightBrowser>
let firefox: Stage<PlaywrightBrowser>

beforeAll(async () => {
  const backend = await aBackend(cleanUp)
  chromium = await aStage(await startChromium(cleanUp), backend, cleanUp)
  firefox = await aStage(await startFirefox(cleanUp), backend, cleanUp)
})

describe.concurrent('A TicketSocket in Chromium lives through', () => {
  longHidden(() => chromium)
})

describe.concurrent('A TicketSocket in Firefox lives through', () => {
  longHidden(() => firefox)
  heldBack(() => firefox, HELD)
})
