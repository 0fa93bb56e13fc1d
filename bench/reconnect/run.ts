import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundle } from '../../e2e/client/bundle.js'
import { aPageServer } from '../../e2e/client/page-server.js'
import type { Tab } from '../../e2e/client/real-browser.js'
import type { ClientRecord, JournalLine } from '../../e2e/client/records.js'
import { aRigServer } from '../../e2e/client/rig-server.js'
import type { CleanupList } from '../../test/cleanups.js'
import type { BenchPage, Library } from './page/main.js'

const PAGE = new URL('./page/main.ts', import.meta.url)
/** So often each client speaks; the outbox of a TicketSocket is full after 26 seconds. */
const TALK_MS = 100
/** A client that is not back by then is counted as one that does not come back. */
const PATIENCE_MS = 60_000

/** What a run consists of. */
export interface RunOptions {
  readonly libraries: readonly Library[]
  /** How many of each. */
  readonly clients: number
  readonly restarts: number
  /** How many echoes each client has before the next restart: any number between these, by chance. */
  readonly words: { readonly atLeast: number; readonly atMost: number }
  /** How many times shorter than by itself a TicketSocket waits. @default 1 */
  readonly haste?: number
  readonly openTab: (url: string) => Promise<Tab>
  readonly cleanUp: CleanupList
  readonly onRestart?: (done: number) => void
}

/** One end of the server, and when the next one listened. Milliseconds since 1970. */
export interface Restart {
  readonly signal: 'SIGKILL' | 'SIGTERM'
  readonly endedAt: number
  readonly backAt: number
}

/** What became of the clients of one library. */
export interface Outcome {
  readonly library: Library
  readonly records: readonly ClientRecord[]
  /** Restarts after which one of them at least was not back in time. */
  readonly missed: number
  /** What the page did not catch. */
  readonly problems: readonly string[]
}

/** All that a run has seen. */
export interface Run {
  readonly restarts: readonly Restart[]
  readonly outcomes: readonly Outcome[]
  readonly journal: readonly JournalLine[]
}

/** Ends and starts a server again and again, while clients of several libraries talk to it, all at the same time. */
export async function runRestarts(options: RunOptions): Promise<Run> {
  const { libraries, clients, words, haste = 1, cleanUp } = options
  const folder = await mkdtemp(join(tmpdir(), 'wsticket-bench-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  const pages = await aPageServer(cleanUp, {
    '/page.js': await bundle(PAGE),
    ...(await published(libraries)),
  })
  const server = await aRigServer({ folder, pages }, cleanUp)
  const sides = await Promise.all(
    libraries.map(async (library) => new Side(library, await options.openTab(pages.origin))),
  )
  const api = `http://127.0.0.1:${server.port}`
  await Promise.all(sides.map((side) => side.call('start', { library: side.library, clients, haste, api })))
  await Promise.all(sides.map((side) => side.back(0)))

  const restarts: Restart[] = []
  for (let done = 0; done < options.restarts; done += 1) {
    const echoes = words.atLeast + Math.floor(Math.random() * (words.atMost - words.atLeast))
    await Promise.all(sides.map((side) => side.speaks(echoes)))
    const signal = done % 2 === 0 ? 'SIGKILL' : 'SIGTERM'
    const endedAt = Date.now()
    await server.restart(signal)
    const backAt = server.journal.of('listening').at(-1)?.at ?? Date.now()
    restarts.push({ signal, endedAt, backAt })
    await Promise.all(sides.map((side) => side.back(backAt)))
    options.onRestart?.(done + 1)
  }
  const outcomes = await Promise.all(sides.map((side) => side.outcome()))
  return { restarts, outcomes, journal: server.journal.read() }
}

/** The clients of one library, in a page of their own. */
class Side {
  readonly library: Library
  readonly #tab: Tab
  #missed = 0
  #isLost = false

  constructor(library: Library, tab: Tab) {
    this.library = library
    this.#tab = tab
  }

  async call<Name extends keyof BenchPage>(
    name: Name,
    ...args: Parameters<BenchPage[Name]>
  ): Promise<Awaited<ReturnType<BenchPage[Name]>>> {
    const given = args.map((arg) => JSON.stringify(arg)).join()
    // Both ends are compiled from one source.
    return (await this.#tab.run(`bench.${name}(${given})`)) as Awaited<ReturnType<BenchPage[Name]>>
  }

  /** Waits until all are connected again, though not for ever. */
  async back(since: number): Promise<void> {
    this.#isLost = !(await inTime(this.call('isBackSince', since)))
    if (this.#isLost) this.#missed += 1
  }

  async speaks(echoes: number): Promise<void> {
    await this.call('talk', TALK_MS)
    // One that is lost hears nothing any more, and the others go on.
    if (!this.#isLost) await inTime(this.call('hears', echoes))
  }

  async outcome(): Promise<Outcome> {
    await inTime(this.call('settles'))
    const [records, problems] = await Promise.all([this.call('records'), this.call('problems')])
    return { library: this.library, records, missed: this.#missed, problems }
  }
}

async function inTime(promise: Promise<unknown>): Promise<boolean> {
  const patience = new AbortController()
  const late = sleep(PATIENCE_MS, false, { signal: patience.signal })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    patience.abort()
    late.catch(() => undefined)
  }
}

/** The other libraries as they are published: modules for browsers that need no bundler. */
async function published(libraries: readonly Library[]): Promise<Record<string, string>> {
  // They are declared there, where they are used as we recommend.
  const require = createRequire(new URL('../../examples/libraries/package.json', import.meta.url))
  const files: Partial<Record<Library, string>> = {
    partysocket: 'partysocket/ws',
    'reconnecting-websocket': 'reconnecting-websocket/dist/reconnecting-websocket-mjs.js',
  }
  const scripts: Record<string, string> = {}
  for (const library of libraries) {
    const file = files[library]
    if (file === undefined) continue
    const path = require.resolve(file).replace(/\.cjs$/, '.js')
    scripts[`/libraries/${library}.js`] = await readFile(path, 'utf8')
  }
  return scripts
}
