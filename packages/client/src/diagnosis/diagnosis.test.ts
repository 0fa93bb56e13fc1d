import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { ManualClock } from '../../test/manual-clock.js'
import {
  type MisbehavingServer,
  problem,
  startMisbehavingServer,
  ticketNumber,
} from '../../test/misbehaving-server.js'
import type { Cause } from '../core/connection-types.js'
import type { Fetch } from '../core/environment.js'
import { TicketSocket } from '../ticket-socket.js'
import { ticketSource } from '../ticket-source.js'
import { diagnosis } from './diagnosis.js'

const { ref } = ticketNumber(1)
const VALIDATE = `/api/websocket/ticket/${ref}/validate`
const CONFIG = '/api/websocket/config'
const CONFIGURATION = {
  pathways: ['ticket'],
  carriers: ['subprotocol'],
  ttl_seconds: 300,
  max_ttl_seconds: 3600,
  refresh_threshold_seconds: 30,
}

let server: MisbehavingServer

beforeEach(async () => {
  server = await startMisbehavingServer()
  return () => server.stop()
})

/** Diagnoses a handshake that failed with the first ticket. */
function diagnose(
  facts: { readonly ref?: string | undefined; readonly code?: Cause['code']; readonly own?: boolean } = {},
  options: Parameters<typeof diagnosis>[0] = {},
): Promise<Cause | undefined> {
  const { code = 'connection_failed', own = false } = facts
  const tickets = own
    ? ticketSource({ take: () => 'ticket' })
    : ticketSource({ url: server.ticketUrl, credential: ({ refresh }) => (refresh ? 'fresh' : 'jwt') })
  return diagnosis(options)({
    url: server.url,
    ref: 'ref' in facts ? facts.ref : ref,
    cause: { code },
    tickets,
    signal: new AbortController().signal,
  })
}

describe('diagnosis()', () => {
  it('believes a browser that says that there is no network, and asks nobody', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    expect(await diagnose()).toEqual({ code: 'offline' })
    expect(await diagnose({}, { online: () => false })).toEqual({ code: 'offline' })
    expect(server.requests).toEqual([])
  })

  it('calls WebSockets blocked if the ticket never arrived', async () => {
    server.otherAnswers.set(VALIDATE, [{ status: 200, body: { valid: true } }])
    expect(await diagnose()).toEqual({
      code: 'websocket_blocked',
      detail: expect.stringContaining('HTTP reaches the server and the upgrade does not'),
    })
    expect(server.requests).toMatchObject([{ method: 'GET', path: VALIDATE, authorization: 'Bearer jwt' }])
  })

  it('knows what a secure page may not open', async () => {
    vi.stubGlobal('location', { protocol: 'https:' })
    server.otherAnswers.set(VALIDATE, [{ status: 200, body: { valid: true } }])
    expect(await diagnose()).toEqual({ code: 'websocket_blocked', detail: expect.stringContaining('wss') })
  })

  it.each(['ticket_expired', 'ticket_voided', 'ticket_revoked', 'ticket_unknown'] as const)(
    'says what became of the ticket: %s',
    async (code) => {
      server.otherAnswers.set(VALIDATE, [{ status: 200, body: { valid: false, code } }])
      expect(await diagnose()).toEqual({ code })
    },
  )

  it('says where the answer to a ticket that was used got lost', async () => {
    server.otherAnswers.set(VALIDATE, [{ status: 200, body: { valid: false, code: 'ticket_used' } }])
    expect(await diagnose()).toEqual({
      code: 'ticket_used',
      detail: expect.stringContaining('did not come back'),
    })
  })

  it('leaves it at what is known if the server gives no reason, or one from the future', async () => {
    server.otherAnswers.set(VALIDATE, [
      { status: 200, body: { valid: false } },
      { status: 200, body: { valid: false, code: 'ticket_haunted' } },
    ])
    expect(await diagnose()).toBeUndefined()
    expect(await diagnose()).toBeUndefined()
  })

  it.each([
    'store_unavailable',
    'identity_unavailable',
    'upstream_unreachable',
    'draining',
    'credential_revoked',
  ] as const)('takes the word of the server: %s', async (code) => {
    server.otherAnswers.set(VALIDATE, [problem(503, code, { retry_after: 7 })])
    expect(await diagnose()).toMatchObject({ code, retryAfterSeconds: 7 })
  })

  it.each(['rate_limited', 'not_found', 'request_invalid'] as const)(
    'learns nothing from %s',
    async (code) => {
      server.otherAnswers.set(VALIDATE, [problem(400, code)])
      expect(await diagnose()).toBeUndefined()
    },
  )

  it.each([
    ['a page of a proxy that refuses', { status: 403, body: '<h1>Forbidden</h1>' }],
    ['a page to sign in to the network', { status: 200, body: '<h1>Welcome</h1>' }],
    ['another JSON', { status: 200, body: { valid: 'yes' } }],
  ])('sees that something else answers in place of the server: %s', async (_what, reply) => {
    server.otherAnswers.set(VALIDATE, [reply])
    expect(await diagnose()).toEqual({
      code: 'websocket_blocked',
      detail: expect.stringContaining('in its place'),
    })
  })

  it('tells a 401 of ours from one of a proxy by a fresh credential', async () => {
    const refused = { status: 401, body: 'sign in' }
    server.otherAnswers.set(VALIDATE, [refused, refused])
    expect(await diagnose()).toEqual({
      code: 'websocket_blocked',
      detail: expect.stringContaining('in its place'),
    })
    server.otherAnswers.set(VALIDATE, [
      problem(401, 'credential_invalid'),
      { status: 200, body: { valid: false, code: 'ticket_expired' } },
      problem(401, 'credential_invalid'),
      problem(401, 'credential_revoked'),
    ])
    expect(await diagnose()).toEqual({ code: 'ticket_expired' })
    expect(await diagnose()).toMatchObject({ code: 'credential_revoked' })
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(
      ['jwt', 'fresh', 'jwt', 'fresh', 'jwt', 'fresh'].map((jwt) => `Bearer ${jwt}`),
    )
  })

  it('tells a host that is gone from a ticket route that this page cannot reach', async () => {
    server.otherAnswers.set(VALIDATE, ['cut'])
    expect(await diagnose()).toEqual({ code: 'network_unreachable', detail: expect.stringContaining('CORS') })
    expect(server.requests.map(({ path }) => path)).toEqual([VALIDATE, '/'])
    await server.stop()
    expect(await diagnose()).toEqual({
      code: 'network_unreachable',
      detail: expect.stringContaining('does not answer'),
    })
  })

  it('asks for nothing secret where it only knocks', async () => {
    const knocks: Parameters<Fetch>[] = []
    const fetch: Fetch = async (...call) => {
      knocks.push(call)
      return new Response()
    }
    expect(await diagnose({ own: true }, { fetch })).toBeUndefined()
    expect(knocks).toMatchObject([
      [server.url.replace('ws:', 'http:').replace('/ws', ''), { credentials: 'omit', mode: 'no-cors' }],
    ])
  })

  it('asks for the configuration where no ticket of ours was presented', async () => {
    server.otherAnswers.set(CONFIG, [{ status: 200, body: CONFIGURATION }, 'cut'])
    expect(await diagnose({ ref: undefined })).toMatchObject({ code: 'websocket_blocked' })
    expect(await diagnose({ ref: undefined })).toMatchObject({ code: 'network_unreachable' })
  })

  it('does not ask about a ticket that was not the one that failed', async () => {
    server.otherAnswers.set(CONFIG, [{ status: 200, body: CONFIGURATION }])
    expect(await diagnose({ code: 'network_unreachable' })).toBeUndefined()
    expect(server.requests.map(({ path }) => path)).toEqual([CONFIG])
  })

  it('can only knock for tickets by a way of your own', async () => {
    expect(await diagnose({ own: true })).toBeUndefined()
    await server.stop()
    expect(await diagnose({ own: true })).toMatchObject({ code: 'network_unreachable' })
  })

  it('does not wait for ever, and gives up when nobody waits for it', async () => {
    const clock = new ManualClock()
    server.otherAnswers.set(VALIDATE, ['silence', 'silence'])
    const late = diagnose({}, { clock })
    await expect.poll(() => server.requests.length).toBe(1)
    clock.advance(5000)
    expect(await late).toMatchObject({ code: 'network_unreachable' })
    expect(clock.pending).toEqual([])

    const nobody = new AbortController()
    const tickets = ticketSource({ url: server.ticketUrl, credential: () => 'jwt' })
    const abandoned = diagnosis({ clock })({
      url: server.url,
      ref,
      cause: { code: 'connection_failed' },
      tickets,
      signal: nobody.signal,
    })
    await expect.poll(() => server.requests.length).toBe(2)
    nobody.abort()
    await abandoned
    expect(clock.pending).toEqual([])
  })

  it('tells a socket why it waits', async () => {
    server.upgrades.push({ http: 403 })
    server.otherAnswers.set(VALIDATE, [{ status: 200, body: { valid: true } }])
    const socket = new TicketSocket(server.url, {
      tickets: { url: server.ticketUrl, credential: () => 'jwt' },
      WebSocket,
      random: () => 0.9,
      diagnose: diagnosis(),
    })
    onTestFinished(() => socket.close())
    const causes: string[] = []
    socket.addEventListener('statechange', ({ from, to, cause }) =>
      causes.push(`${from.name} ${to.name} ${cause.code}`),
    )
    await expect.poll(() => causes).toContain('waiting waiting websocket_blocked')
    await expect.poll(() => socket.state.name).toBe('open')
  })
})
