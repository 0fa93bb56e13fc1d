import type { Browser, Locator, Page } from 'playwright'
import { beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../test/browsers.js'
import { afterAllTests } from '../test/cleanups.js'
import { within } from '../test/within.js'
import { type ClusterProcess, isAlive, processesOf, startCluster } from './cluster-process.js'

const cleanUp = afterAllTests()
// A failover takes two or three seconds, a reconnect up to one, each of them longer on a busy machine.
const PATIENCE = { timeout: 30_000 }
let cluster: ClusterProcess
let browser: Browser

beforeAll(async () => {
  cluster = await startCluster(cleanUp)
  browser = await launchChromium(cleanUp)
}, 90_000)

/** What this file does to one page; the page lives through all of it. */
class Window {
  readonly page: Page
  readonly complaints: string[] = []
  readonly timeline: Locator

  constructor(page: Page) {
    this.page = page
    this.timeline = page.getByRole('list', { name: /What happened/ })
    page.on('pageerror', (error) => this.complaints.push(String(error)))
  }

  static async open(): Promise<Window> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    cleanUp(() => context.close())
    const opened = new Window(await context.newPage())
    await opened.page.goto(cluster.http)
    await opened.page.getByLabel('E-mail').fill('ada@example.com')
    await opened.page.getByLabel('Password').fill('ada-demo')
    await opened.page.getByRole('button', { name: 'Sign in' }).click()
    await opened.connected()
    return opened
  }

  async connected(): Promise<void> {
    await this.page.getByRole('button', { name: /^Connection: Connected/ }).waitFor(PATIENCE)
  }

  /** The part of the cluster with this mark on it: a node, or a master of Redis. */
  async marked(mark: 'holds your socket' | 'keeps your session'): Promise<string> {
    const name = this.page.getByRole('listitem').filter({ hasText: mark }).locator('.part__name')
    return /^[\w-]+/.exec(await name.innerText(PATIENCE))?.[0] ?? ''
  }

  /** The session that the page has, by the ref on its torn ticket. */
  async session(): Promise<string | null> {
    return this.page.getByRole('img', { name: /redeemed and torn/ }).getAttribute('aria-label', PATIENCE)
  }

  async ask(question: string): Promise<string> {
    await this.page.getByLabel('Your question').fill(question)
    await this.page.getByLabel('Your question').press('Enter')
    const exchange = this.page
      .getByRole('listitem')
      .filter({ hasText: `You asked: ${question}` })
      .last()
    const answer = exchange.getByRole('article', { name: 'Answer' })
    await answer.getByText('agent_completed').waitFor(PATIENCE)
    return answer.innerText()
  }

  /** Waits for a line of the timeline; only the newest of its kind counts. */
  async told(line: RegExp): Promise<string> {
    const found = this.timeline.getByText(line).first()
    await found.waitFor(PATIENCE)
    return found.innerText()
  }

  press(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).click(PATIENCE)
  }

  /** What the page shows as gone wrong. */
  async alerts(): Promise<string[]> {
    return [...(await this.page.getByRole('alert').allInnerTexts()), ...this.complaints]
  }
}

describe('Three nodes behind HAProxy, on a Redis Cluster', { timeout: 90_000 }, () => {
  let here: Window

  beforeAll(async () => {
    here = await Window.open()
  }, 60_000)

  it('answers over a socket that any of the nodes holds, with a ticket that any of them issued', async () => {
    expect(await here.ask('12*(7+5)')).toContain('144')
    expect(await here.marked('holds your socket')).toMatch(/^node-[123]$/)
    expect(await here.marked('keeps your session')).toMatch(/^redis-[1-6]$/)
    expect(await here.alerts()).toEqual([])
  })

  it('comes back by itself on another node when the one that holds its socket is killed', async () => {
    const before = await here.marked('holds your socket')
    const session = await here.session()
    await here.press(`Kill ${before}`)
    await here.told(new RegExp(`^${before} was killed$`))
    expect(await here.told(/^Back on node-[123] after/)).not.toContain(before)
    await here.connected()
    expect(await here.marked('holds your socket')).not.toBe(before)
    expect(await here.session()).not.toBe(session)
    expect(await here.alerts()).toEqual([])

    // The conversation goes on where it was.
    expect(await here.ask('2+3')).toContain('5')
    expect(await here.page.getByText('You asked: 12*(7+5)').count()).toBe(1)
    await here.told(new RegExp(`^${before} is back after`))
  })

  it('keeps its socket when the master of its session is lost, and gets a new ticket from the next one', async () => {
    const master = await here.marked('keeps your session')
    const session = await here.session()
    await here.press(`Fail ${master} over to its replica`)
    await here.told(new RegExp(`^${master}, a master, was killed$`))
    expect(await here.ask('3+4')).toContain('7')
    await here.told(/^redis-[1-6] took over after/)
    expect(await here.marked('keeps your session')).not.toBe(master)
    expect(await here.session()).toBe(session)

    await here.press('Drop the connection')
    await expect.poll(() => here.session(), PATIENCE).not.toBe(session)
    await here.connected()
    expect(await here.ask('4+5')).toContain('9')
    expect(await here.alerts()).toEqual([])
  })

  it('is asked to go elsewhere by a node that is drained, and does', async () => {
    const before = await here.marked('holds your socket')
    const session = await here.session()
    await here.press(`Drain ${before}`)
    await here.told(/^Dropped \(1012\)$/)
    await expect.poll(() => here.session(), PATIENCE).not.toBe(session)
    await here.connected()
    expect(await here.marked('holds your socket')).not.toBe(before)
    expect(await here.ask('5+6')).toContain('11')
    await here.told(new RegExp(`^${before} has ended after`))
    expect(await here.alerts()).toEqual([])
  })

  it('closes a page that another node holds at a logout from everywhere', async () => {
    const there = await Window.open()
    const node = await here.marked('holds your socket')
    // The balancer gives it to a node with fewer sockets, unless something else was just going on.
    while ((await there.marked('holds your socket')) === node) {
      const session = await there.session()
      await there.press('Drop the connection')
      await expect.poll(() => there.session(), PATIENCE).not.toBe(session)
      await there.connected()
    }
    await here.press('Log out everywhere')
    await here.page.getByRole('button', { name: 'Sign in' }).waitFor(PATIENCE)
    await there.told(/^Revoked \(3003\)$/)
    expect(there.complaints).toEqual([])
  })

  it('does what it is told only by its own pages', async () => {
    const order = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    expect((await fetch(`${cluster.http}/cluster/actions`, order)).status).toBe(403)
    const foreign = { ...order, headers: { ...order.headers, origin: 'http://evil.example' } }
    expect((await fetch(`${cluster.http}/cluster/actions`, foreign)).status).toBe(403)
  })

  it('writes no ticket anywhere, and leaves nothing running when npm is gone', async () => {
    const parts = await processesOf(cluster)
    const pids = parts.flatMap(({ pid }) => pid ?? [])
    expect(pids.length).toBeGreaterThanOrEqual(8)
    expect(pids.every(isAlive)).toBe(true)
    expect(cluster.output()).not.toContain('wst1_')

    // npm hands this on to its shell only, which dies of it.
    cluster.npm.kill('SIGTERM')
    // Its lines come to an end only when everybody has who could write one.
    await within('the end of the cluster', cluster.silent, PATIENCE.timeout)
    await expect.poll(() => pids.filter(isAlive), PATIENCE).toEqual([])
    await expect(fetch(cluster.http)).rejects.toThrow('fetch failed')
  })
})
