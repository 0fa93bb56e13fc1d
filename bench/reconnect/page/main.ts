// The page of the bench: some clients of one library, all of them users of their own.
import { TicketSocket, type TicketSource, ticketSource } from '@wsticket/client'
import { PATHS } from '@wsticket/protocol'
import { freshToken } from '../../../e2e/client/page/auth.js'
import { countKnocks } from '../../../e2e/client/page/knocks.js'
import { type AnySocket, Speaker } from '../../../e2e/client/page/speaker.js'
import type { ClientRecord } from '../../../e2e/client/records.js'

/** What is compared. */
export type Library = 'TicketSocket' | 'partysocket' | 'reconnecting-websocket'

/** What a page is told to start. */
export interface Start {
  readonly library: Library
  readonly clients: number
  /** How many times shorter than by itself a TicketSocket waits. */
  readonly haste: number
  /** Where the server is: `http://127.0.0.1:<port>`. */
  readonly api: string
}

/** Longer than any run. */
const LIFE_SECONDS = 4 * 3600

interface Parts {
  readonly url: string
  readonly tickets: TicketSource
  readonly WebSocket: typeof WebSocket
}

/** The constructor of a library, as it is published: a module that needs nothing else. */
type Constructor = new (url: unknown, protocols: unknown, options: unknown) => AnySocket

async function load(library: Library): Promise<Constructor> {
  const module: unknown = await import(`/libraries/${library}.js`)
  const found: unknown =
    typeof module === 'object' && module !== null ? Reflect.get(module, 'default') : undefined
  if (typeof found !== 'function') throw new TypeError(`${library} exports no class`)
  // Whether it is one that makes sockets, no guard can tell.
  return found as Constructor
}

/** Makes one as its readers' manual says, with its own defaults for everything else. */
async function makerOf({ library, haste }: Start): Promise<(parts: Parts) => AnySocket> {
  if (library === 'TicketSocket') {
    const random = (): number => Math.random() / haste
    return ({ url, tickets, WebSocket }) => new TicketSocket(url, { tickets, WebSocket, random })
  }
  const Socket = await load(library)
  if (library === 'partysocket') {
    return ({ url, tickets, WebSocket }) => new Socket(url, () => tickets.protocols(), { WebSocket })
  }
  return ({ url, tickets, WebSocket }) => {
    // Only its address can be asked for anew, so the ticket rides in the query. If that is rejected, it never asks again: while
    // there are no tickets it gets an address that fails.
    const address = (): Promise<string> => tickets.url(url).catch(() => url)
    return new Socket(address, [], { WebSocket })
  }
}

const speakers: Speaker[] = []
const problems: string[] = []
window.addEventListener('error', ({ message }) => problems.push(message))
window.addEventListener('unhandledrejection', ({ reason }) => problems.push(String(reason)))

const bench = {
  async start(options: Start): Promise<void> {
    const { library, clients, api } = options
    const make = await makerOf(options)
    for (let index = 0; index < clients; index += 1) {
      const user = `${library}-${index}`
      const token = freshToken({ user, login: user, lifeSeconds: LIFE_SECONDS })
      const { dials, fetch, WebSocket } = countKnocks()
      const tickets = ticketSource({
        url: api + PATHS.ticket,
        credential: ({ refresh }) => token(refresh),
        fetch,
      })
      const socket = make({ url: `${api.replace('http', 'ws')}/ws`, tickets, WebSocket })
      const speaker = new Speaker(socket, { client: user, user, dials })
      if (socket instanceof TicketSocket) {
        socket.addEventListener('statechange', ({ from, to, cause }) => {
          speaker.note({ type: 'statechange', from: from.name, to: to.name, because: cause.code })
        })
      }
      speakers.push(speaker)
    }
  },

  talk(everyMs: number): void {
    for (const speaker of speakers) speaker.talk(everyMs)
  },

  /** Waits until all of them have a connection that was made at a time or later. */
  async isBackSince(at: number): Promise<void> {
    await Promise.all(speakers.map((speaker) => speaker.until(() => speaker.isOpenSince(at))))
  },

  /** Waits until each of them has had so many echoes more. */
  async hears(more: number): Promise<void> {
    await Promise.all(
      speakers.map((speaker) => {
        const enough = speaker.counts.acknowledged + more
        return speaker.until(() => speaker.counts.acknowledged >= enough)
      }),
    )
  },

  /** Lets each of them say one thing more, and waits for the echo of it. */
  async settles(): Promise<void> {
    await Promise.all(
      speakers.map((speaker) => {
        speaker.hush()
        speaker.say()
        return speaker.until(() => speaker.isHeard)
      }),
    )
  },

  records: (): readonly ClientRecord[] => speakers.map((speaker) => speaker.record()),

  /** What nobody caught. */
  problems: (): readonly string[] => problems,
}

/** What the bench can ask a page to do. */
export type BenchPage = typeof bench

Object.assign(globalThis, { bench })
