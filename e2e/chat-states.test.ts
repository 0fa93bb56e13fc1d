import type { Browser, BrowserContext, Page } from 'playwright'
import { beforeAll, describe, expect, it } from 'vitest'
import { freePort, returnPort } from '../scripts/lib/servers/free-port.mjs'
import { launchChromium, launchFirefox } from '../test/browsers.js'
import { afterAllTests } from '../test/cleanups.js'
import { type FaultProxy, faultProxy } from '../test/fault-proxy.js'
import { aRedis } from '../test/redis/a-redis.js'
import { type ChatProcess, startChat } from './chat-process.js'
import { type RefusingProxy, refusingProxy } from './client/refusing-proxy.js'

const cleanUp = afterAllTests()
const PATIENCE = { timeout: 20_000 }
/** The server takes no tickets, and the access token itself instead. */
const WITHOUT_TICKETS = { ENABLE_TICKET_AUTH: 'false', LEGACY_PATHWAYS: 'jwt_subprotocol' }

/** A tab with the chat, and what can be seen on it. */
class Tab {
  readonly page: Page
  readonly complaints: string[] = []

  constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => {
      // Of each socket that fails, Firefox says so; that it fails is what is looked at here.
      if (!/connection to .*ws:\/\//.test(String(error))) this.complaints.push(String(error))
    })
  }

  async signIn(): Promise<void> {
    await this.page.getByRole('button', { name: 'Fill in Ada' }).click(PATIENCE)
    await this.press('Sign in')
  }

  press(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).click(PATIENCE)
  }

  /** Waits until the connection is said to be so, in the header and on the panel. */
  async is(words: string, state: string): Promise<void> {
    await this.page.getByRole('button', { name: `Connection: ${words}.` }).waitFor(PATIENCE)
    const states = this.page.getByRole('list', { name: 'States of a connection' })
    await states.locator('[aria-current]').filter({ hasText: state }).waitFor(PATIENCE)
  }

  connected(): Promise<void> {
    return this.is('Connected', 'Open')
  }

  /** Waits for a fact on the panel. */
  async fact(term: string, words: RegExp): Promise<void> {
    const row = this.page.locator('.facts__row').filter({ has: this.page.getByText(term, { exact: true }) })
    await row.filter({ hasText: words }).waitFor(PATIENCE)
  }

  /** Waits for lines of the timeline. */
  async told(...titles: readonly string[]): Promise<void> {
    const timeline = this.page.getByRole('list', { name: /What happened/ })
    for (const title of titles) await timeline.getByText(title, { exact: true }).first().waitFor(PATIENCE)
  }

  /** Waits for a word beside the conversation. */
  async noticed(words: RegExp): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: words }).waitFor(PATIENCE)
  }

  /** Waits for the paper to be what a screen reader calls so. */
  async paper(words: RegExp): Promise<void> {
    await this.page.getByRole('img', { name: words }).waitFor(PATIENCE)
  }
}

/** A browser with a tab of the chat, and what lies between it and the server. */
interface Side {
  readonly context: BrowserContext
  readonly tab: Tab
  readonly network: FaultProxy
  readonly proxy: RefusingProxy
  readonly open: () => Promise<Tab>
}

let chat: ChatProcess
/** Starts the server again, on the port and the Redis that it had. */
let startAgain: (environment: Readonly<Record<string, string>>) => Promise<void>
let chromium: Side
let firefox: Side

const originOf = ({ port }: FaultProxy): string => `http://127.0.0.1:${port}`

async function aSide(browser: Browser, between: Pick<Side, 'network' | 'proxy'>): Promise<Side> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  cleanUp(() => context.close())
  const open = async (): Promise<Tab> => {
    const opened = new Tab(await context.newPage())
    await opened.page.goto(originOf(between.network))
    return opened
  }
  const tab = await open()
  await tab.signIn()
  await tab.connected()
  return { ...between, context, tab, open }
}

beforeAll(async () => {
  const port = await freePort()
  cleanUp(() => returnPort(port))
  const between = async (): Promise<Pick<Side, 'network' | 'proxy'>> => {
    const proxy = await refusingProxy(port, cleanUp)
    proxy.refuses = false
    return { proxy, network: await faultProxy(proxy.port, cleanUp) }
  }
  const [one, other] = [await between(), await between()]
  const starts = [launchChromium(cleanUp), launchFirefox(cleanUp), aRedis({}, cleanUp)] as const
  const redis = await starts[2]
  const environment = {
    PORT: String(port),
    REDIS_URL: redis.url,
    ALLOWED_ORIGINS: `${originOf(one.network)},${originOf(other.network)}`,
  }
  startAgain = async (more) => {
    chat = await startChat(cleanUp, { ...environment, ...more })
  }
  await startAgain({})
  const [first, second] = await Promise.all(starts)
  ;[chromium, firefox] = await Promise.all([aSide(first, one), aSide(second, other)])
})

// Side by side, as they wait more than they work; each with its own way to the server.
describe.concurrent.each([
  ['Chromium', () => chromium],
  ['Firefox', () => firefox],
] as const)('The panel of the chat in %s', (_name, side) => {
  it.sequential('says that it is offline, and looks after the connection when it is not', async () => {
    const { tab, context, network } = side()
    await context.setOffline(true)
    network.refuse()
    network.cut()
    await tab.is('Offline', 'Waiting')
    await tab.noticed(/You are offline\..+offline/)
    await tab.fact('State', /Offline offline.*You are offline/)
    await tab.fact('Next', /tries again in [\d.:]+/)
    await network.accept()
    await context.setOffline(false)
    await tab.connected()
    // What is there is looked after, since a page cannot know what the network has done to it.
    await context.setOffline(true)
    await context.setOffline(false)
    await tab.told('Offline', 'Admitted', 'Woke up', 'Renewed')
    expect(tab.complaints).toEqual([])
  })

  it.sequential('finds out that upgrades are blocked, until they are not', async () => {
    const { tab, proxy } = side()
    proxy.refuses = true
    await tab.press('Drop the connection')
    await tab.is('Blocked', 'Waiting')
    await tab.told('Dropped (4000)', 'No connection (1006)', 'Found out: upgrades are blocked')
    await tab.noticed(/blocks live connections.+websocket_blocked/)
    await tab.fact('State', /HTTP reaches the server and the upgrade does not/)
    await tab.paper(/not admitted: connection_failed/)
    proxy.refuses = false
    await tab.connected()
    expect(proxy.refused).toBeGreaterThan(0)
    expect(tab.complaints).toEqual([])
  })

  it.sequential('is that of one login in all tabs', async () => {
    const { tab: here, open } = side()
    const there = await open()
    await there.connected()
    await here.press('Renew session')
    await here.told('Access token refreshed', 'Renewed')
    await there.press('Renew session')
    await there.told('Access token refreshed by another tab', 'Renewed')
    await here.press('Log out')
    await there.page.getByText('You logged out in another tab').waitFor(PATIENCE)
    await here.page.getByText('You are logged out.').waitFor(PATIENCE)
    await there.signIn()
    await here.connected()
    await there.page.close()
    expect([here.complaints, there.complaints]).toEqual([[], []])
  })
})

it('The panel of the chat tells of a server that goes, that takes no tickets, and that closes a session', async () => {
  const sides = [chromium, firefox]
  const each = async (act: (side: Side) => Promise<void>): Promise<void> => {
    await Promise.all(sides.map(act))
  }
  await chat.end('SIGTERM')
  await each(async ({ tab }) => {
    await tab.told('Dropped (1012)', 'Looked into it')
    await tab.noticed(/cannot be reached.+network_unreachable/)
  })
  await startAgain(WITHOUT_TICKETS)
  await each(async ({ tab, context }) => {
    // As a network that comes back does: they would wait for seconds else.
    await context.setOffline(true)
    await context.setOffline(false)
    await tab.is('Ticketless', 'Open')
    await tab.told('Stepping down to the access token itself')
    await tab.fact('Presents', /the access token itself.+jwt\.….+tried again from .+ pathway_disabled/s)
    await tab.paper(/No ticket: what is presented is the access token/)
    const renew = tab.page.getByRole('button', { name: 'Renew session' })
    expect(await renew.getAttribute('aria-disabled')).toBe('true')
  })

  // Both are Ada's, so each sees the session of the other.
  await chromium.tab.press('Look again')
  const close = chromium.tab.page.getByRole('button', { name: /^Close the session/ })
  for (const left of [2, 1]) {
    await expect.poll(() => close.count(), PATIENCE).toBe(left)
    await close.first().click()
  }
  await each(async ({ tab }) => {
    await tab.is('Disconnected', 'Stopped')
    await tab.told('Closed (3003)')
    await tab.fact('Next', /nothing by itself/)
    await tab.press('Reconnect')
    await tab.is('Ticketless', 'Open')
    expect(tab.complaints).toEqual([])
  })
})
