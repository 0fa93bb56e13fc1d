import type { Browser, Locator, Page } from 'playwright'
import { beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, launchFirefox } from '../test/browsers.js'
import { afterAllTests, afterThisTest } from '../test/cleanups.js'
import { type ChatProcess, startChat } from './chat-process.js'

const cleanUp = afterAllTests()
let chat: ChatProcess

beforeAll(async () => {
  chat = await startChat(cleanUp)
})

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('The chat in %s', (_name, launch) => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch(cleanUp)
  })

  /** A page of its own, with all that went wrong on it. */
  async function open(): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    afterThisTest(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      // An answer of 401 to a wrong password is an error to the console, and what the test asks for.
      if (message.type() === 'error' && !/status of 401|\b401\b/.test(message.text()))
        complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(chat.http)
    return { page, complaints }
  }

  /** Key by key: what is filled in by script does not reach React in Firefox. */
  async function type(field: Locator, text: string): Promise<void> {
    await field.press('Control+A')
    await field.pressSequentially(text)
  }

  async function signIn(page: Page, password = 'ada-demo'): Promise<void> {
    await type(page.getByLabel('E-mail'), 'ada@example.com')
    await type(page.getByLabel('Password'), password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  const connected = (page: Page): Promise<void> =>
    page.getByRole('button', { name: /^Connection: Connected/ }).waitFor()

  async function ask(page: Page, question: string): Promise<string> {
    await type(page.getByLabel('Your question'), question)
    await page.getByLabel('Your question').press('Enter')
    const exchange = page
      .getByRole('listitem')
      .filter({ hasText: `You asked: ${question}` })
      .last()
    const answer = exchange.getByRole('article', { name: 'Answer' })
    await answer.getByText('agent_completed').waitFor()
    return answer.innerText()
  }

  it('goes from the login to an answer over a socket that one ticket opened', async () => {
    const { page, complaints } = await open()
    await signIn(page, 'not-the-password')
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/wrong/)
    await signIn(page)
    await connected(page)

    const fence = await ask(page, 'What is a tenure fence?')
    for (const step of ['agent_started', 'agent_thinking', 'tool_completed', 'agent_completed']) {
      expect(fence).toContain(step)
    }
    expect(fence).toMatch(/replicat|promot/i)
    expect(fence).toContain('docs/')
    expect(await ask(page, '12*(7+5)')).toContain('144')

    // What grew while the page was scrolling to its end looked like a reader who had gone back.
    await expect
      .poll(() =>
        page
          .locator('.chat__scroller')
          .evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight),
      )
      .toBeLessThan(72)

    // Hidden texts stood in the document and not in what scrolls: the wheel moved the whole page away.
    const [height, room] = await page.evaluate(() => [document.documentElement.scrollHeight, innerHeight])
    expect(height).toBe(room)

    const ticket = page.getByRole('img', { name: /redeemed and torn/ })
    await ticket.waitFor()
    const ref = /Ticket (\S+),/.exec((await ticket.getAttribute('aria-label')) ?? '')?.[1]
    expect(chat.output()).toContain(`"ref":"${ref}"`)
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain('wst1_')
    expect(page.url()).not.toContain('wst1_')
    expect(complaints).toEqual([])
  })

  it('is refused when it replays a used ticket, and comes back with a fresh one when it is dropped', async () => {
    const { page } = await open()
    await signIn(page)
    await connected(page)
    const timeline = page.getByRole('list', { name: /What happened/ })
    await page.getByRole('button', { name: 'Replay a used ticket' }).click()
    await timeline.getByText('ticket_used').waitFor()
    expect(await timeline.innerText()).toContain('3000')

    const first = await page.getByRole('img', { name: /redeemed and torn/ }).getAttribute('aria-label')
    await page.getByRole('button', { name: 'Drop the connection' }).click()
    await timeline.getByText('Dropped').first().waitFor()
    await expect
      .poll(() => page.getByRole('img', { name: /redeemed and torn/ }).getAttribute('aria-label'), {
        timeout: 20_000,
      })
      .not.toBe(first)
    await connected(page)
    expect(await ask(page, '2+3')).toContain('5')
  })

  it('moves the deadline of its session by a fresh token when it is asked to', async () => {
    const { page } = await open()
    await signIn(page)
    await connected(page)
    const label = await page.getByRole('img', { name: /redeemed and torn/ }).getAttribute('aria-label')
    const ref = /Ticket (\S+),/.exec(label ?? '')?.[1]
    const deadlines = (event: string): number[] =>
      chat
        .output()
        .split('\n')
        .filter((line) => line.includes(`"event":"${event}"`) && line.includes(`"ref":"${ref}"`))
        .map((line) => JSON.parse(line).deadline)
    const [opened] = deadlines('session.opened')
    // Tokens have whole seconds: one of the same second would end no later.
    await expect.poll(() => Date.now(), { timeout: 5000 }).toBeGreaterThan((opened ?? 0) - 905_000 + 1000)
    await page.getByRole('button', { name: 'Renew session' }).click()
    await page
      .getByRole('list', { name: /What happened/ })
      .getByText('Renewed', { exact: true })
      .waitFor()
    expect(deadlines('session.renewed')[0]).toBeGreaterThan(opened ?? 0)
  })

  it('closes every page of the user at a logout from everywhere', async () => {
    const here = await open()
    const there = await open()
    for (const { page } of [here, there]) {
      await signIn(page)
      await connected(page)
    }
    await here.page.getByRole('button', { name: 'Log out everywhere' }).click()
    await here.page.getByRole('button', { name: 'Sign in' }).waitFor()
    await there.page.getByText('session_revoked').first().waitFor()
    // What this page still has is worth nothing: it has to sign in again.
    await there.page.reload()
    await there.page.getByLabel('Password').waitFor()
  })
})
