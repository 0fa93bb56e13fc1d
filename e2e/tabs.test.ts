import type { Browser, Page } from 'playwright'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchChromium, launchFirefox } from '../test/browsers.js'
import { afterAllTests, afterThisTest } from '../test/cleanups.js'
import { bundle } from './client/bundle.js'
import { type AuthServer, startAuthServer } from './tabs/auth-server.js'
import type { TabSetting } from './tabs/page.js'

const cleanUp = afterAllTests()
let auth: AuthServer

beforeAll(async () => {
  auth = await startAuthServer(cleanUp, await bundle(new URL('tabs/page.ts', import.meta.url)))
})

beforeEach(() => auth.reset())

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('Tabs of %s', (_name, launch) => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch(cleanUp)
  })

  /** Opens tabs of one browser window, with one cookie jar. */
  async function open(...settings: readonly TabSetting[]): Promise<Page[]> {
    const context = await browser.newContext()
    afterThisTest(() => context.close())
    const pages: Page[] = []
    for (const setting of settings) {
      const page = await context.newPage()
      await page.goto(auth.origin)
      await page.waitForFunction(() => 'tab' in globalThis)
      expect(await page.evaluate((given) => tab.start(given), setting)).toEqual([])
      pages.push(page)
    }
    return pages
  }

  const credential = (page: Page, refresh = false): Promise<string> =>
    page.evaluate((fresh) => tab.credential(fresh), refresh)
  const credentials = async (pages: readonly Page[], refresh = false): Promise<Set<string>> =>
    new Set(await Promise.all(pages.map((page) => credential(page, refresh))))
  const login = (page: Page, user: string): Promise<void> => page.evaluate((who) => tab.login(who), user)
  const logout = (page: Page): Promise<void> => page.evaluate(() => tab.logout())
  const heard = (page: Page): Promise<readonly string[]> => page.evaluate(() => tab.heard())
  /** A bound for what would otherwise leave a test hanging without a word. */
  const eventually = { timeout: 15_000 }

  it('refresh once for all of them, however often they ask in the same moment', async () => {
    const [first, ...others] = await open({}, {}, {}, {})
    if (!first) throw new Error('there is no tab')
    const pages = [first, ...others]
    await login(first, 'ada')
    await expect.poll(async () => (await credentials(pages)).size, eventually).toBe(1)
    expect(auth.refreshes).toBe(0)
    for (let round = 1; round <= 5; round++) {
      const answer = auth.hold()
      const fresh = credentials(pages, true)
      // All but the one that asks the server wait for it.
      await expect
        .poll(() => first.evaluate(() => tab.locks()), eventually)
        .toEqual({ held: 1, waiting: pages.length - 1 })
      answer()
      const given = await fresh
      expect(given.size).toBe(1)
      expect([...given]).not.toEqual([''])
      expect(auth).toMatchObject({ refreshes: round, reused: 0 })
    }
  })

  it('would lose their login without the lock and the channel: the test can fail', async () => {
    const alone: TabSetting = { withoutLocks: true, withoutChannel: true }
    const pages = await open(alone, alone)
    const [first] = pages
    if (!first) throw new Error('there is no tab')
    await login(first, 'ada')
    for (const page of pages) await credential(page)
    expect(auth).toMatchObject({ refreshes: 1, reused: 0 })
    const answer = auth.hold()
    const fresh = credentials(pages, true)
    await expect.poll(() => auth.refreshes, eventually).toBe(3)
    answer()
    expect(await fresh).toContain('')
    expect(auth.reused).toBe(1)
  })

  it('give a new tab the JWT that they have', async () => {
    const [first, second] = await open({}, {})
    if (!first || !second) throw new Error('there is no tab')
    await login(first, 'ada')
    const jwt = await credential(first)
    expect(await credential(second)).toBe(jwt)
    expect(auth.refreshes).toBe(0)
  })

  it('are logged out together, and no late answer of a refresh brings anybody back', async () => {
    const pages = await open({}, {})
    const [here, there] = pages
    if (!here || !there) throw new Error('there is no tab')
    await login(here, 'ada')
    await expect.poll(() => credential(there), eventually).toBe(await credential(here))
    const answer = auth.hold()
    const late = credential(there, true)
    await expect.poll(() => auth.refreshes, eventually).toBe(1)
    await logout(here)
    expect(await late).toBe('')
    answer()
    for (const page of pages) {
      await expect.poll(() => heard(page), eventually).toEqual(['logout'])
      expect(await credential(page)).toBe('')
      expect(await credential(page, true)).toBe('')
    }
    expect(auth.refreshes).toBe(1)
    // And together they are back.
    await login(there, 'ada')
    await expect.poll(() => heard(here), eventually).toEqual(['logout', 'user ["auth","ada"]'])
    expect(await credential(here)).toBe(await credential(there))
  })

  it('learn of another user', async () => {
    const [here, there] = await open({}, {})
    if (!here || !there) throw new Error('there is no tab')
    await login(here, 'ada')
    await expect.poll(() => credential(there), eventually).toBe(await credential(here))
    await login(there, 'bob')
    await expect.poll(() => heard(here), eventually).toEqual(['user ["auth","bob"]'])
    expect(await credential(here)).toBe(await credential(there))
  })

  it('take the lock away from one that stands still', async () => {
    const [frozen, ...living] = await open({ frozen: true }, { haste: 4 }, { haste: 4 }, { haste: 4 })
    const [first] = living
    if (!frozen || !first) throw new Error('there is no tab')
    await frozen.evaluate(() => void tab.credential(false))
    const locks = (): Promise<unknown> => first.evaluate(() => tab.locks())
    await expect.poll(locks, eventually).toEqual({ held: 1, waiting: 0 })
    await frozen.evaluate(() => fetch('/login?user=ada', { method: 'POST' }).then(() => {}))
    const given = await credentials(living)
    expect(given.size).toBe(1)
    expect([...given]).not.toEqual([''])
    expect(auth).toMatchObject({ refreshes: 1, reused: 0 })
  })

  it('keep nothing that would outlive them', async () => {
    const [page] = await open({})
    if (!page) throw new Error('there is no tab')
    await login(page, 'ada')
    await credential(page, true)
    expect(await page.evaluate(() => tab.stored())).toEqual([])
  })
})
