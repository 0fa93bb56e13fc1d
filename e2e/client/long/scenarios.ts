import { beforeAll, describe } from 'vitest'
import { afterAllTests } from '../../../test/cleanups.js'
import { startChromium } from '../chromium.js'
import { startFirefox } from '../firefox.js'
import type { PlaywrightBrowser } from '../playwright-browser.js'
import { aBackend, type Backend } from '../rig.js'
import { heldBack } from '../scenarios/held-back.js'
import { longHidden } from '../scenarios/long-hidden.js'

/** Firefox holds a connection back for a minute at most; a client that gives up meanwhile makes it begin anew. */
const HELD = { heldMs: 30_000, patienceMs: 4 * 60_000 }

const cleanUp = afterAllTests()
let chromium: PlaywrightBrowser
let firefox: PlaywrightBrowser
let shared: Backend

beforeAll(async () => {
  shared = await aBackend(cleanUp)
  chromium = await startChromium(cleanUp)
  firefox = await startFirefox(cleanUp)
})

describe.concurrent('A TicketSocket in Chromium lives through', () => {
  longHidden(() => chromium)
})

describe.concurrent('A TicketSocket in Firefox lives through', () => {
  longHidden(() => firefox)
  heldBack(
    () => firefox,
    () => shared,
    HELD,
  )
})
