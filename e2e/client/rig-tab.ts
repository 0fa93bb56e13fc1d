import { within } from '../../test/within.js'
import type { PageRig } from './page/main.js'
import type { Tab } from './real-browser.js'
import type { ConnectOptions, View, Wanted } from './records.js'
import { type Rig, somebody } from './rig.js'
import { type Tally, tally } from './tally.js'
import { until } from './until.js'

/** Long enough that no test has to think of it. */
const LIFE_SECONDS = 600
/** So long a test waits for what has to come, a few backoffs on a busy machine included. */
const PATIENCE_MS = 20_000

/** A tab with the page in it. */
export class RigTab<Kind extends Tab = Tab> {
  readonly tab: Kind
  readonly #rig: Rig
  // What clients are called here, and what the page calls them: others may have clients in the same tab.
  readonly #clients = new Map<string, string>()

  constructor(tab: Kind, rig: Rig) {
    this.tab = tab
    this.#rig = rig
  }

  /** Calls one of the page's functions; clients have the names that they were given here. */
  async call<Name extends keyof PageRig>(
    name: Name,
    ...args: Parameters<PageRig[Name]>
  ): Promise<Awaited<ReturnType<PageRig[Name]>>> {
    const known = (arg: unknown): unknown => (typeof arg === 'string' ? this.#clients.get(arg) : undefined)
    const given = args.map((arg) => JSON.stringify(known(arg) ?? arg)).join()
    // Both ends are compiled from one source.
    return (await this.tab.run(`rig.${name}(${given})`)) as Awaited<ReturnType<PageRig[Name]>>
  }

  /** Makes a client of the page, by default for a user of its own; gives the name by which the server knows that. */
  async connect(name: string, options: Partial<ConnectOptions> = {}): Promise<string> {
    await this.#isThere()
    const api = `http://127.0.0.1:${this.#rig.network.port}`
    const client = somebody(name)
    const defaults = { api, client, user: client, login: client, lifeSeconds: LIFE_SECONDS }
    this.#clients.set(name, client)
    await this.call('connect', name, { ...defaults, ...options })
    return client
  }

  /** Goes back to the page, from wherever the tab went. */
  async goBack(): Promise<void> {
    await this.tab.run('history.back()')
    await this.#isThere()
  }

  /** Ends all clients that were made here. */
  async leave(): Promise<void> {
    for (const name of this.#clients.keys()) await this.call('close', name)
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
