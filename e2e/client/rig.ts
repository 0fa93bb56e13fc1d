import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import type { CleanupList } from '../../test/cleanups.js'
import { type FaultProxy, faultProxy } from '../../test/fault-proxy.js'
import { within } from '../../test/within.js'
import { bundle } from './bundle.js'
import type { PageRig } from './page/main.js'
import { aPageServer, type PageServer } from './page-server.js'
import type { Tab } from './real-browser.js'
import type { ConnectOptions, View, Wanted } from './records.js'
import { aRigServer, type RigServer } from './rig-server.js'
import { type Tally, tally } from './tally.js'
import { until } from './until.js'

const PAGE = new URL('./page/main.ts', import.meta.url)
/** Long enough that no test has to think of it. */
const LIFE_SECONDS = 600
/** So long a test waits for what has to come, a few backoffs on a busy machine included. */
const PATIENCE_MS = 20_000

/** The page, and the server that it talks to. */
export interface Backend {
  readonly pages: PageServer
  readonly server: RigServer
}

/** A backend with a network in front of it that can fail. */
export interface Rig extends Backend {
  readonly network: FaultProxy
}

/** What a backend can have besides. */
export interface BackendOptions {
  /** @default the memory store */
  readonly redisPort?: number
}

/** Starts a page server and a server, and ends them afterwards. */
export async function aBackend(cleanUp: CleanupList, options: BackendOptions = {}): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), 'wsticket-rig-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  const pages = await aPageServer(cleanUp, { '/page.js': await bundle(PAGE) })
  return { pages, server: await aRigServer({ folder, pages, ...options }, cleanUp) }
}

/** Puts a network in front of a backend: one that others use, too, or one of its own. */
export async function aRig(cleanUp: CleanupList, backend?: Backend): Promise<Rig> {
  const { pages, server } = backend ?? (await aBackend(cleanUp))
  return { pages, server, network: await faultProxy(server.port, cleanUp) }
}

let people = 0

/** Makes up a name that nobody had before, neither as a user nor as a login. */
export function somebody(like: string): string {
  people += 1
  return `${like}-${people}`
}

/** A tab with the page in it. */
export class RigTab<Kind extends Tab = Tab> {
  readonly tab: Kind
  readonly #rig: Rig

  constructor(tab: Kind, rig: Rig) {
    this.tab = tab
    this.#rig = rig
  }

  /** Calls one of the page's functions. */
  async call<Name extends keyof PageRig>(
    name: Name,
    ...args: Parameters<PageRig[Name]>
  ): Promise<Awaited<ReturnType<PageRig[Name]>>> {
    const given = args.map((arg) => JSON.stringify(arg)).join()
    // Both ends are compiled from one source.
    return (await this.tab.run(`rig.${name}(${given})`)) as Awaited<ReturnType<PageRig[Name]>>
  }

  /** Makes a client of the page, by default for a user of its own; gives the name by which the server knows that. */
  async connect(name: string, options: Partial<ConnectOptions> = {}): Promise<string> {
    await this.#isThere()
    const api = `http://127.0.0.1:${this.#rig.network.port}`
    const client = somebody(name)
    const defaults = { api, client, user: client, login: client, lifeSeconds: LIFE_SECONDS }
    await this.call('connect', name, { ...defaults, ...options })
    return client
  }

  /** Goes back to the page, from wherever the tab went. */
  async goBack(): Promise<void> {
    await this.tab.run('history.back()')
    await this.#isThere()
  }

  /** Waits until a client is where it is wanted. */
  async comesTo(name: string, wanted: Wanted, ms: number = PATIENCE_MS): Promise<View> {
    const arrived = this.call('comesTo', name, wanted)
    return await this.#orExplain(name, JSON.stringify(wanted), arrived, ms)
  }

  /** Waits until a client has had so many echoes. */
  async hears(name: string, count: number): Promise<void> {
    await this.#orExplain(name, `${count} echoes`, this.call('hears', name, count))
  }

  /** Lets a client say one thing more, waits for its echo, and counts what became of everything. */
  async settle(name: string): Promise<Tally> {
    await this.#orExplain(name, 'the last echo', this.call('settles', name))
    return tally(await this.call('record', name), this.#rig.server.journal.of('message'))
  }

  async #orExplain<T>(name: string, what: string, promise: Promise<T>, ms: number = PATIENCE_MS): Promise<T> {
    try {
      return await within(what, promise, ms)
    } catch (cause) {
      const [view, { fired }] = await Promise.all([this.call('view', name), this.call('record', name)])
      const log = fired.map((each) => JSON.stringify(each)).join('\n')
      throw new Error(`${name} waited for ${what} and is ${JSON.stringify(view)}:\n${log}`, { cause })
    }
  }

  async #isThere(): Promise<void> {
    const ask = async (): Promise<true | undefined> => {
      try {
        return (await this.tab.run('"rig" in globalThis')) === true || undefined
      } catch {
        // Asked of a page that was just being left.
        return undefined
      }
    }
    await until('the page to be there', ask)
  }
}

/** Opens the page in a tab. */
export async function openTab<Kind extends Tab>(
  profile: { open(url: string): Promise<Kind> },
  rig: Rig,
): Promise<RigTab<Kind>> {
  return new RigTab(await profile.open(rig.pages.origin), rig)
}

/** Makes a profile that is gone after the test. */
export async function aProfile<P extends { close(): Promise<void> }>(
  browser: { profile(): Promise<P> },
  cleanUp: CleanupList,
): Promise<P> {
  const profile = await browser.profile()
  cleanUp(() => profile.close())
  return profile
}

/** Puts a rig together with one tab, whose client `ada` is connected. */
export async function connectedRig<Kind extends Tab>(
  browser: { profile(): Promise<{ open(url: string): Promise<Kind>; close(): Promise<void> }> },
  cleanUp: CleanupList,
  backend?: Backend,
): Promise<{ rig: Rig; tab: RigTab<Kind> }> {
  const rig = await aRig(cleanUp, backend)
  const tab = await openTab(await aProfile(browser, cleanUp), rig)
  await tab.connect('ada')
  await tab.comesTo('ada', { state: 'open' })
  return { rig, tab }
}

/** The cleanups of one test of several that run at once; `afterThisTest` does not know which one it is called in. */
export function cleanupsOf({ onTestFinished }: TestContext): CleanupList {
  return (cleanUp) =>
    onTestFinished(async () => {
      await cleanUp()
    })
}
