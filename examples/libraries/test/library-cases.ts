import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type DemoServer,
  type Journal,
  newJournal,
  type Service,
  startDemoServer,
} from '../src/demo/server.js'
import { eventually } from './eventually.js'

// So long a server is away, or nothing more may come of a library that has stopped: a dozen of its waits.
const A_WHILE_MS = 300
// How soon the libraries' own reconnects begin here.
const PACE_MS = 20
const CUTS = 3
// Socket.IO says over HTTP that it goes.
const FAREWELL_REQUESTS = 2
// In a browser, and on cores that other tests take.
const LIFE_MS = 60_000

/** A line as a test has it: in this process, or in a page. */
export interface TestLine {
  ask(text: string): Promise<string>
  protocol(): Promise<string>
  /** Why it has stopped, if it has. */
  stoppedBy(): Promise<string | undefined>
}

/** What a test connects to, and as whom. */
export interface TestParts {
  readonly demo: DemoServer
  readonly credential: string
  readonly paceMs: number
}

/** A library, and what is expected of it. */
export interface LibraryUnderTest {
  readonly service: Service
  readonly open: (parts: TestParts) => Promise<TestLine>
  /** Whether tickets are in addresses. */
  readonly carrier: 'query' | 'elsewhere'
  readonly protocol: string
  /** The script of the server's page, if it has one. */
  readonly page?: () => string
}

/** What has to hold for each library that is given tickets, case by case. */
export function libraryCases(name: string, library: LibraryUnderTest): void {
  describe(`${name} with tickets`, () => {
    it('takes a fresh ticket for each connection, and shows it nowhere else', async () => {
      await takesFreshTickets(await begin(library))
    })

    it('comes back after the ticket route, and then the whole server, was away', async () => {
      await comesBack(await begin(library))
    })

    it('says so and asks no more when the login ends', async () => {
      const scene = await begin(library)
      await scene.talks()
      await stopsAtLogout(scene)
    })

    it('says so and asks no more when nobody is logged in', async () => {
      const scene = await begin(library, '')
      await scene.stops(/^credential_missing$/)
      expect(scene.journal.presented).toEqual([])
    })
  })
}

/** The same in one life, for where each begin takes long. */
export function libraryLife(name: string, library: LibraryUnderTest): void {
  it(
    `${name} takes fresh tickets, comes back from outages, and stops when the login ends`,
    async () => {
      const scene = await begin(library)
      await takesFreshTickets(scene)
      await comesBack(scene)
      await stopsAtLogout(scene)
    },
    LIFE_MS,
  )
}

async function takesFreshTickets({ library, journal, line, ...scene }: Scene): Promise<void> {
  await scene.talks()
  expect(await line.protocol()).toBe(library.protocol)
  for (let cuts = 0; cuts < CUTS; cuts++) {
    scene.cut()
    await scene.talks()
  }
  await scene.restart()
  await scene.talks()

  const connections = 2 + CUTS
  expect(new Set(journal.presented).size).toBe(connections)
  expect(journal.presented).not.toContain(undefined)
  const inAddress = journal.targets.filter((target) => target.includes('wst1_'))
  expect(inAddress).toHaveLength(library.carrier === 'query' ? connections : 0)
}

async function comesBack({ journal, ...scene }: Scene): Promise<void> {
  await scene.talks()
  const { asked } = journal
  scene.server().outage = true
  scene.cut()
  await eventually(() => expect(journal.asked).toBeGreaterThanOrEqual(asked + 2))
  scene.server().outage = false
  await scene.talks()
  await scene.restart(A_WHILE_MS)
  await scene.talks()
  expect(new Set(journal.presented).size).toBe(journal.presented.length)
}

async function stopsAtLogout({ journal, ...scene }: Scene): Promise<void> {
  const { asked, presented } = { ...journal, presented: [...journal.presented] }
  await scene.server().wsticket.revoke({ subject: 'ada', login: 'home' })
  await scene.stops(/^(session|credential)_revoked$/)
  expect(journal.asked - asked).toBeLessThanOrEqual(1)
  expect(journal.presented).toEqual(presented)
}

interface Scene {
  readonly library: LibraryUnderTest
  readonly journal: Journal
  readonly line: TestLine
  readonly server: () => DemoServer
  readonly cut: () => void
  readonly restart: (awayMs?: number) => Promise<void>
  /** Waits for the ticket of the connection that is due, and sees that messages come and go on it. */
  readonly talks: () => Promise<void>
  /** Waits until it has stopped, and sees that it has. */
  readonly stops: (reason: RegExp) => Promise<void>
}

async function begin(library: LibraryUnderTest, credential = 'demo.ada.home'): Promise<Scene> {
  const { service, open } = library
  const page = library.page?.()
  const journal = newJournal()
  let demo = await startDemoServer(service, { journal, page })
  onTestFinished(() => demo.kill())
  const line = await open({ demo, credential, paceMs: PACE_MS })
  let connections = 1
  return {
    library,
    journal,
    line,
    server: () => demo,
    cut: () => {
      connections += 1
      demo.cut()
    },
    restart: async (awayMs = 0) => {
      connections += 1
      await demo.kill()
      await pause(awayMs)
      demo = await startDemoServer(service, { journal, page, port: demo.port })
    },
    talks: async () => {
      await eventually(() => expect(journal.presented).toHaveLength(connections))
      const text = `hello ${connections}`
      expect(await line.ask(text)).toMatch(new RegExp(`^\\w+: ${text}$`))
    },
    stops: async (reason) => {
      await eventually(async () => expect(await line.stoppedBy()).toMatch(reason))
      const { asked, targets } = journal
      const requests = targets.length
      await pause(A_WHILE_MS)
      expect(journal.asked).toBe(asked)
      expect(journal.targets.length - requests).toBeLessThanOrEqual(FAREWELL_REQUESTS)
    },
  }
}
