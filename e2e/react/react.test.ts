import type { Browser, Page } from 'playwright'
import { beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, launchFirefox } from '../../test/browsers.js'
import { afterAllTests, afterThisTest } from '../../test/cleanups.js'
import { pageScript, renderedMarkup } from './bundles.js'
import { aRig, type Rig } from './rig.js'

const HEAD =
  '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Scene</title>'
const page = (markup: string) =>
  [
    'text/html',
    `${HEAD}<div id="root">${markup}</div><script src="/page.js" type="module"></script></html>`,
  ] as const
const SCENE = { kind: 'provider', mounted: true, url: '', user: 'ada', enabled: true, tick: 0 } as const

/** A busy machine takes its time; only a failing test waits for all of it. */
const PATIENTLY = { timeout: 20_000 }

const cleanUp = afterAllTests()
let script: string
let markup: string

beforeAll(async () => {
  script = await pageScript()
  markup = await renderedMarkup({ ...SCENE, url: 'wss://api.example.com/ws' })
})

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('React in %s', (_name, launch) => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch(cleanUp)
  })

  /** A server and a page of its own; nothing may have gone wrong on either when the test is over. */
  async function open(path: '/' | '/rendered' = '/'): Promise<Opened> {
    const rig = await aRig(afterThisTest, {
      '/': page(''),
      '/rendered': page(markup),
      '/page.js': ['text/javascript', script],
    })
    const context = await browser.newContext()
    afterThisTest(() => context.close())
    const tab = new Tab(await context.newPage())
    await tab.page.goto(rig.origin + path)
    const problems = async (): Promise<string[]> => [
      ...rig.complaints,
      ...tab.complaints,
      ...(await tab.run<string[]>('stage.problems()')),
    ]
    return { rig, tab, problems }
  }

  it.each(['provider', 'own'])(
    'opens one socket with one ticket in StrictMode (%s), and closes it when it is unmounted',
    async (kind) => {
      const { rig, tab, problems } = await open()
      const ada = rig.seen('ada')
      await tab.show({ kind })
      await tab.reads('open')
      // StrictMode runs the greeting's effect twice, before there is a connection.
      await expect.poll(() => ada.received, PATIENTLY).toEqual(['greeting', 'greeting'])
      expect([ada.issued, ada.redeemed, ada.open.size]).toEqual([1, 1, 1])

      await tab.show({ mounted: false })
      await expect.poll(() => ada.open.size, PATIENTLY).toBe(0)
      await tab.show({ mounted: true })
      await tab.reads('open')
      expect([ada.issued, ada.redeemed, ada.open.size]).toEqual([2, 2, 1])
      expect(await problems()).toEqual([])
    },
  )

  it('stays with its socket however often its properties are written anew, and asks the latest callback', async () => {
    const { rig, tab, problems } = await open()
    const ada = rig.seen('ada')
    await tab.show({})
    await tab.reads('open')
    for (let tick = 1; tick <= 20; tick++) await tab.show({ tick })
    await expect.poll(() => tab.run('stage.log().renders'), PATIENTLY).toBeGreaterThan(20)
    await tab.run('stage.renew()')
    const { credentials } = await tab.log()
    expect(credentials.at(-1)).toBe(20)
    expect([ada.issued, ada.redeemed, ada.open.size]).toEqual([1, 1, 1])
    expect(await problems()).toEqual([])
  })

  it('hands messages to the latest handler, and renders nothing for them', async () => {
    const { rig, tab, problems } = await open()
    await tab.show({ tick: 7 })
    await tab.reads('open')
    const { renders } = await tab.log()
    const [socket] = rig.seen('ada').open
    for (let number = 0; number < 50; number++) socket?.send(`m${number}`)
    const expected = Array.from({ length: 50 }, (_, number) => `7 m${number}`)
    await expect.poll(async () => (await tab.log()).messages, PATIENTLY).toEqual(expected)
    expect((await tab.log()).renders).toBe(renders)
    expect(await problems()).toEqual([])
  })

  it('opens another socket for another user, another address, and whoever logs in again', async () => {
    const { rig, tab, problems } = await open()
    const [ada, alan] = [rig.seen('ada'), rig.seen('alan')]
    await tab.show({})
    await tab.reads('open')
    await tab.show({ user: 'alan' })
    await expect.poll(() => [ada.open.size, alan.open.size], PATIENTLY).toEqual([0, 1])
    await expect.poll(() => alan.received, PATIENTLY).toEqual(['greeting'])

    await tab.show({ url: `${rig.ws}/ws?room=2` })
    await expect.poll(() => [alan.redeemed, alan.open.size], PATIENTLY).toEqual([2, 1])
    await tab.reads('open')

    await tab.show({ enabled: false })
    await tab.reads('idle')
    expect(await tab.run('stage.send("nobody is there")')).toBe(false)
    await expect.poll(() => alan.open.size, PATIENTLY).toBe(0)
    await tab.show({ enabled: true })
    await tab.reads('open')
    expect([ada.redeemed, alan.redeemed, alan.open.size]).toEqual([1, 3, 1])
    expect(alan.received).not.toContain('nobody is there')
    expect(await problems()).toEqual([])
  })

  it('says why it has stopped, shows the next user nothing of it, and begins anew when it is asked to', async () => {
    const { rig, tab } = await open()
    await tab.show({})
    await tab.reads('open')
    await rig.revoke('ada')
    await tab.reads('stopped: session_revoked')
    await tab.show({ user: 'alan' })
    await tab.reads('open')
    const { states, shown } = await tab.log()
    expect(states.slice(-3)).toEqual(['stopped', 'connecting', 'open'])
    expect(shown).toContain('ada stopped')
    expect(shown).not.toContain('alan stopped')

    await rig.revoke('alan')
    await tab.reads('stopped: session_revoked')
    // A JWT from before the second of the revocation would be refused, and rightly.
    await expect
      .poll(async () => {
        await tab.run('stage.restart()')
        return await tab.text()
      }, PATIENTLY)
      .toContain('open')
    expect(await tab.run('stage.problems()')).toEqual([])
  })

  it('takes over what a server has rendered without a complaint, and then connects', async () => {
    const { rig, tab, problems } = await open('/rendered')
    expect(markup).toContain('<output>idle</output>')
    expect(await tab.text()).toContain('idle')
    await tab.show({})
    await tab.reads('open')
    const { issued, redeemed } = rig.seen('ada')
    expect([issued, redeemed]).toEqual([1, 1])
    expect(await problems()).toEqual([])
  })
})

interface Opened {
  readonly rig: Rig
  readonly tab: Tab
  readonly problems: () => Promise<readonly string[]>
}

/** The page, as tests speak to it. */
class Tab {
  readonly page: Page
  readonly complaints: string[] = []

  constructor(given: Page) {
    this.page = given
    given.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text())
    })
    given.on('pageerror', (error) => this.complaints.push(String(error)))
  }

  run<Value>(expression: string): Promise<Value> {
    return this.page.evaluate(expression)
  }

  async show(change: object): Promise<void> {
    await this.run(`stage.show(${JSON.stringify(change)})`)
  }

  log(): Promise<{
    messages: string[]
    states: string[]
    shown: string[]
    credentials: number[]
    renders: number
  }> {
    return this.run('stage.log()')
  }

  text(): Promise<string> {
    return this.page.locator('main').innerText()
  }

  async reads(text: string): Promise<void> {
    await expect.poll(() => this.text(), PATIENTLY).toContain(text)
  }
}
