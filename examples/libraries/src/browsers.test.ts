import type { Page } from 'playwright'
import { beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, launchFirefox } from '../../../test/browsers.js'
import { afterAllTests, afterThisTest } from '../../../test/cleanups.js'
import { eventually } from '../test/eventually.js'
import { type LibraryUnderTest, libraryLife } from '../test/library-cases.js'
import { bundlePage } from '../test/page/bundle-page.js'
import { newJournal, startDemoServer } from './demo/server.js'
import { chatService } from './demo/services/chat.js'
import { eventService } from './demo/services/events.js'
import { graphqlService } from './demo/services/graphql.js'

const cleanUp = afterAllTests()
// Both cores may be taken by other tests.
const START_MS = 60_000

let page = ''

beforeAll(async () => {
  page = await bundlePage()
})

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('in %s', (_name, launch) => {
  let tab: Page

  beforeAll(async () => {
    tab = await (await launch(cleanUp)).newPage()
  }, START_MS)

  const inPage =
    (library: string): LibraryUnderTest['open'] =>
    async ({ demo, credential, paceMs }) => {
      afterThisTest(() => tab.goto('about:blank'))
      await tab.goto(demo.http)
      await tab.waitForFunction(() => 'rig' in globalThis)
      await tab.evaluate((given) => rig.open(...given), [library, credential, paceMs] as const)
      return {
        ask: (text) => tab.evaluate(async (given) => String(await rig.ask(given)), text),
        protocol: () => tab.evaluate(() => rig.protocol()),
        stoppedBy: () => tab.evaluate(() => rig.stoppedBy()),
      }
    }

  libraryLife('EventSource', {
    service: eventService,
    open: inPage('event-source'),
    carrier: 'query',
    protocol: '',
    page: () => page,
  })
  libraryLife('partysocket', {
    service: chatService,
    open: inPage('partysocket'),
    carrier: 'elsewhere',
    protocol: 'chat.v2',
    page: () => page,
  })
  libraryLife('graphql-ws', {
    service: graphqlService,
    open: inPage('graphql-ws'),
    carrier: 'elsewhere',
    protocol: 'graphql-transport-ws',
    page: () => page,
  })

  it('EventSource shows the last event that it has when it comes back', async () => {
    const journal = newJournal()
    const demo = await startDemoServer(eventService, { journal, page })
    afterThisTest(() => demo.kill())
    const line = await inPage('event-source')({ demo, credential: 'demo.ada.home', paceMs: 20 })
    await eventually(() => expect(journal.presented).toHaveLength(1))
    await line.ask('hello')
    demo.cut()
    const returns = (): string[] => journal.targets.filter((target) => target.includes('last_event_id=1&'))
    await eventually(() => expect(returns()).toHaveLength(1))
  })
})
