import { beforeAll, describe } from 'vitest'
import { afterAllTests } from '../../test/cleanups.js'
import { BROWSERS } from './browsers.js'
import type { RealBrowser } from './real-browser.js'
import { sleepOverExpiry } from './scenarios/sleep.js'

const cleanUp = afterAllTests()
const browsers = new Map<string, RealBrowser>()

beforeAll(async () => {
  for (const [name, start] of BROWSERS) browsers.set(name, await start(cleanUp))
})

describe.concurrent.each(BROWSERS)('A TicketSocket in %s lives through', (name) => {
  sleepOverExpiry(() => {
    const started = browsers.get(name)
    if (started === undefined) throw new Error(`${name} was not started`)
    return started
  })
})
