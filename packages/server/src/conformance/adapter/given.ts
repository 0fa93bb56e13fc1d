import assert from 'node:assert/strict'
import { ticketProtocols } from '@wsticket/protocol'
import type { TicketWishes } from '../../authority/policy.js'
import type { Session } from '../../sessions/session.js'
import type {
  AdapterApplication,
  AdapterCase,
  AdapterHarness,
  AdapterUnderTest,
  ApplicationSocket,
} from '../adapter-harness.js'
import { type Dial, RawSocket } from './raw-socket.js'

/** What became of one admitted socket on the application's side. */
export interface Served {
  readonly socket: ApplicationSocket
  readonly session: Session
  readonly heard: string[]
}

/** What a case has in its hands. */
export interface Given extends AdapterUnderTest {
  /** The sockets that reached the application, in order. */
  readonly served: readonly Served[]
  /** The requests, as far as the application could see them. */
  readonly requests: readonly string[]
  /** Resolves once so many sockets reached the application. */
  readonly servedSockets: (count: number) => Promise<void>
  readonly issue: (
    wishes?: TicketWishes & { readonly expiresInSeconds?: number },
  ) => Promise<{ readonly ticket: string; readonly ref: string }>
  readonly dial: (dial: Partial<Dial>) => Promise<RawSocket>
  /** Dials with a ticket, by its subprotocol. */
  readonly present: (
    ticket: string,
    more?: Partial<Dial> & { readonly own?: readonly string[]; readonly refusals?: boolean },
  ) => Promise<RawSocket>
  /** Resolves when what was done has reached everybody: when a condition holds, or after a while. */
  readonly until: (what: string, reached: () => boolean | Promise<boolean>) => Promise<void>
}

const PATIENCE_MS = 5000
// By then a node that closes has cut off whoever stays.
const CLOSED_MS = 30_000

/** Makes a case of a proof. The application answers each message with `echo: <text>`, and greets. */
export function adapterCase(
  name: string,
  prove: (given: Given) => Promise<void>,
  change: Partial<AdapterApplication> = {},
): AdapterCase {
  return {
    name,
    async run(harness: AdapterHarness) {
      const served: Served[] = []
      const requests: string[] = []
      const application: AdapterApplication = {
        paths: ['/ws', '/feed'],
        selectProtocol: (offered) => offered.find((protocol) => protocol === 'chat.v2'),
        options: { authenticate: async () => undefined },
        sawRequest: (request) => void requests.push(request),
        connected(socket, session) {
          const heard: string[] = []
          served.push({ socket, session, heard })
          socket.onMessage((text) => {
            heard.push(text)
            socket.send(`echo: ${text}`)
          })
          return change.connected?.(socket, session)
        },
      }
      const under = await harness({ ...application, ...change, connected: application.connected })
      const dialled: RawSocket[] = []
      try {
        await prove(given(under, served, requests, dialled))
      } finally {
        for (const socket of dialled) socket.drop()
        const closing = under.close()
        await under.advance(CLOSED_MS)
        await closing
      }
    },
  }
}

function given(under: AdapterUnderTest, served: Served[], requests: string[], dialled: RawSocket[]): Given {
  const { wsticket, host, connect, origin } = under
  const dial: Given['dial'] = async (more) => {
    const socket = await RawSocket.dial(connect(), { host, target: '/ws', origin, ...more })
    dialled.push(socket)
    return socket
  }
  const until: Given['until'] = async (what, reached) => {
    const late = Date.now() + PATIENCE_MS
    while (!(await reached())) {
      assert.ok(Date.now() < late, `waited ${PATIENCE_MS} ms for ${what}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return {
    ...under,
    served,
    requests,
    dial,
    until,
    servedSockets: (count) =>
      until(`${count} sockets to reach the application`, () => served.length >= count),
    async issue({ expiresInSeconds = 3600, ...wishes } = {}) {
      const now = Math.floor(under.now() / 1000)
      const issued = await wsticket.issue(
        {
          subject: 'ada',
          email: 'ada@example.com',
          permissions: ['read'],
          claims: { team: 'engines' },
          issuedAt: now,
          expiresAt: now + expiresInSeconds,
        },
        { audience: '/ws', ...wishes },
      )
      assert.ok(issued.ok, 'the ticket was not issued')
      return issued
    },
    present: (ticket, { own = [], refusals = false, ...more } = {}) =>
      dial({ protocols: ticketProtocols(ticket, { own, refusals }), ...more }),
  }
}

/** The problem document of a refusal over HTTP. */
export async function problemOf(socket: RawSocket): Promise<Record<string, unknown>> {
  assert.deepEqual(socket.header('content-type'), ['application/problem+json'])
  assert.deepEqual(socket.header('cache-control'), ['no-store'])
  const body: unknown = JSON.parse(await socket.body())
  assert.ok(typeof body === 'object' && body !== null)
  return { ...body }
}

/** Fails if a secret, or a part of it that is worth something, stands in a text. */
export function assertAbsent(secret: string, text: string): void {
  const core = secret.slice(7, 50)
  for (const form of [core, encodeURIComponent(core), Buffer.from(secret).toString('base64').slice(8, 60)]) {
    assert.ok(!text.includes(form), 'a ticket was echoed')
  }
}
