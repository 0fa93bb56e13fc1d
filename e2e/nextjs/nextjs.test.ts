import type { Browser, Page } from 'playwright'
import { beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/lib/servers/free-port.mjs'
import { launchChromium, launchFirefox } from '../../test/browsers.js'
import { afterAllTests, afterThisTest, type CleanupList } from '../../test/cleanups.js'
import { type ChatProcess, logIn, post, startChat } from '../chat-process.js'
import { buildNext, startNext, type Variables } from './next-app.js'

interface Served {
  readonly chat: ChatProcess
  /** The address of the page. */
  readonly page: string
}

/** The example and its backend, which have to know each other's address before either is there. */
async function serve(
  flag: string,
  cleanUp: CleanupList,
  more: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const port = await freePort()
  const chat = await startChat(cleanUp, { ALLOWED_ORIGINS: `http://127.0.0.1:${port}`, ...more })
  const variables: Variables = {
    NEXT_PUBLIC_ENABLE_TICKET_AUTH: flag,
    NEXT_PUBLIC_BACKEND_HTTP_URL: chat.http,
    NEXT_PUBLIC_BACKEND_WS_URL: `${chat.ws}/ws`,
  }
  await buildNext(variables)
  return { chat, page: await startNext(cleanUp, port) }
}

/** A page of its own, with all that went wrong on it. */
async function open(
  browser: Browser | undefined,
  address: string,
): Promise<{ page: Page; complaints: string[] }> {
  if (browser === undefined) throw new Error('There is no such browser')
  const context = await browser.newContext()
  afterThisTest(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(address)
  return { page, complaints }
}

const signIn = (page: Page): Promise<void> => page.getByRole('button', { name: 'Sign in' }).click()
const reads = (page: Page, words: string): Promise<void> =>
  page.getByRole('status').filter({ hasText: words }).waitFor()
/** How often the backend has logged an event. */
const times = ({ output }: ChatProcess, event: string): number =>
  output().split(`"event":"${event}"`).length - 1

const BUILD_AND_START_MS = 400_000

describe('The Next.js example', () => {
  const cleanUp = afterAllTests()
  const browsers = new Map<string, Browser>()
  let served: Served

  beforeAll(async () => {
    browsers.set('Chromium', await launchChromium(cleanUp))
    browsers.set('Firefox', await launchFirefox(cleanUp))
    served = await serve('true', cleanUp)
  }, BUILD_AND_START_MS)

  const both = it.each(['Chromium', 'Firefox'])

  both(
    'is the same page in the browser as on the server, and answers over a socket that one ticket opened (%s)',
    async (name) => {
      const { page, complaints } = await open(browsers.get(name), served.page)
      const before = times(served.chat, 'ticket.redeemed')
      await signIn(page)
      await reads(page, 'Connected')
      await page.getByLabel('Your question').pressSequentially('12*(7+5)')
      await page.getByRole('button', { name: 'Ask' }).click()
      const exchange = page.getByRole('listitem').filter({ hasText: '144' })
      await exchange.getByText('agent_completed').waitFor()
      expect(await exchange.innerText()).toMatch(
        /agent_started → agent_thinking → .*tool_executing → tool_completed.* → agent_completed/,
      )
      expect(times(served.chat, 'ticket.redeemed')).toBe(before + 1)
      expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain('wst1_')
      expect(complaints).toEqual([])
    },
  )

  both(
    'says why it has stopped after a logout elsewhere, and connects again for who signs in again (%s)',
    async (name) => {
      const { page, complaints } = await open(browsers.get(name), served.page)
      await signIn(page)
      await reads(page, 'Connected')
      const { access_token } = await logIn(served.chat, 'ada')
      expect((await post(served.chat, '/auth/logout', { everywhere: true }, access_token)).status).toBe(200)
      await reads(page, 'session_revoked')
      // What was given in the second of the logout is refused, and rightly.
      const second = Math.floor(Date.now() / 1000)
      await expect.poll(() => Date.now() / 1000, { timeout: 5000 }).toBeGreaterThan(second + 1)
      await signIn(page)
      await reads(page, 'Connected')
      expect(complaints.filter((text) => !/\b40[13]\b/.test(text))).toEqual([])
    },
  )

  both('closes its socket when the user signs out (%s)', async (name) => {
    const { page, complaints } = await open(browsers.get(name), served.page)
    await signIn(page)
    await reads(page, 'Connected')
    const closed = times(served.chat, 'session.closed')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await expect.poll(() => times(served.chat, 'session.closed'), { timeout: 20_000 }).toBe(closed + 1)
    expect(complaints).toEqual([])
  })
})

describe('The Next.js example with NEXT_PUBLIC_ENABLE_TICKET_AUTH=false', () => {
  const cleanUp = afterAllTests()

  it(
    'asks for no ticket, and connects only by what the backend allows beside them',
    async () => {
      const browser = await launchChromium(cleanUp)
      const PORT = String(await freePort())
      const { chat, page: address } = await serve('false', cleanUp, {
        PORT,
        LEGACY_PATHWAYS: 'jwt_subprotocol',
      })
      const allowed = await open(browser, address)
      await signIn(allowed.page)
      await reads(allowed.page, 'Connected by jwt_subprotocol')
      expect(allowed.complaints).toEqual([])
      await allowed.page.close()
      await chat.end('SIGTERM')

      const strict = await startChat(cleanUp, { PORT, ALLOWED_ORIGINS: address })
      const { page } = await open(browser, address)
      await signIn(page)
      await reads(page, 'pathway_disabled')
      expect(times(strict, 'login.opened')).toBe(1)
      for (const { output } of [chat, strict]) expect(output()).not.toContain('ticket.issued')
    },
    BUILD_AND_START_MS,
  )
})
