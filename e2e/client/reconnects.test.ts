import { expect, it } from 'vitest'
import { measure } from '../../bench/reconnect/measures.js'
import { runRestarts } from '../../bench/reconnect/run.js'
import { afterThisTest } from '../../test/cleanups.js'
import { startChromium } from './chromium.js'

const RESTARTS = 6
const CLIENTS = 3

// The short form of `npm run bench:reconnect`.
it('A server that is restarted over and over costs nobody a message of the outbox, doubles none, and mixes up no users', async () => {
  const browser = await startChromium(afterThisTest)
  const profile = await browser.profile()
  const run = await runRestarts({
    libraries: ['TicketSocket'],
    clients: CLIENTS,
    restarts: RESTARTS,
    words: { atLeast: 3, atMost: 20 },
    openTab: (url) => profile.open(url),
    cleanUp: afterThisTest,
  })
  const [measures] = measure(run)
  expect(measures).toMatchObject({
    lostOfOutbox: 0,
    lostOfSocket: 0,
    doubled: 0,
    asAnother: 0,
    errorsShown: 0,
    missed: 0,
  })
  expect(measures?.recoveries).toHaveLength(RESTARTS * CLIENTS)
  expect(measures?.received).toBeGreaterThan(RESTARTS * CLIENTS)
})
