import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../test/eventually.js'
import { ManualClock } from '../test/manual-clock.js'
import {
  jwt,
  type MisbehavingServer,
  problem,
  startMisbehavingServer,
  ticketNumber,
} from '../test/misbehaving-server.js'
import { isTicketError, TicketError } from './core/ticket-error.js'
import { TicketSocket } from './ticket-socket.js'
import { type CredentialCallback, type TicketRouteOptions, ticketSource } from './ticket-source.js'

let server: MisbehavingServer
let clock: ManualClock

beforeEach(async () => {
  clock = new ManualClock()
  server = await startMisbehavingServer()
  server.now = () => clock.now()
})

afterEach(async () => {
  await server.stop()
})

const source = (options: Partial<TicketRouteOptions> = {}) =>
  ticketSource({ url: server.ticketUrl, credential: () => 'the-jwt', clock, ...options })
const ticket = (number: number): string => ticketNumber(number).ticket

describe('a source that is made wrongly', () => {
  const credential = (): string => 'jwt'

  // It said that the server could not be reached, and tried for ever.
  it('says that a relative address needs a page around it', () => {
    expect(() => ticketSource({ url: '/api/websocket/ticket', credential })).toThrow(
      'wsticket: "url" must be the address of the ticket route, outside a page an absolute one; it is "/api/websocket/ticket"',
    )
    expect(() => ticketSource({ url: '/api/websocket/ticket', credential, fetch })).not.toThrow()
  })

  it('says what is missing', () => {
    // @ts-expect-error no address
    expect(() => ticketSource({ credential })).toThrow(/"url" must be the address/)
    // @ts-expect-error no tickets
    expect(() => new TicketSocket('wss://api.example.com/ws', {})).toThrow(/"tickets" is missing/)
  })
})

describe('ticketSource', () => {
  it('asks for nothing until somebody takes a ticket', async () => {
    const credential = vi.fn(() => 'jwt')
    source({ credential })
    expect(credential).not.toHaveBeenCalled()
    expect(server.requests).toEqual([])
  })

  // A parser in front of the server may refuse a body that is said to be JSON and is empty.
  it('says that a body is JSON where there is one, and nothing where there is none', async () => {
    const types: (string | null)[] = []
    const tickets = source({
      fetch: (url, init) => {
        types.push(new Headers(init.headers).get('content-type'))
        return fetch(url, init)
      },
    })
    await tickets.take()
    server.otherAnswers.set('/api/websocket/config', [{ status: 200, body: { pathways: ['ticket'] } }])
    await tickets.pathways?.()
    expect(types).toEqual(['application/json', null])
  })

  it('waits 15 seconds for what hangs, and not for ever', async () => {
    const credential = vi.fn<CredentialCallback>(() => 'jwt')
    credential.mockReturnValueOnce(new Promise<string>(() => {}))
    const tickets = source({ credential })
    const hangs = tickets.take().catch((thrown: unknown) => thrown)
    await eventually(() => expect(clock.pending).toEqual([15_000]))
    clock.advanceToNext()
    expect(await hangs).toMatchObject({ code: 'network_unreachable', detail: 'no ticket in 15 s' })
    expect(await tickets.take()).toBe(ticket(1))
    expect(clock.pending).toEqual([])
  })

  it('says which address is none of a ticket route, without what may be secret in it', async () => {
    server.ticketAnswers.push(problem(404, 'not_found'))
    const url = `${server.ticketUrl}?key=secret`
    const error = await source({ url }).take().catch(String)
    expect(error).toBe(`TicketError: not_found: is there a ticket route at ${server.ticketUrl}?`)
  })

  it('says that the JWT is wanted alone', async () => {
    await expect(source({ credential: () => 'Bearer the-jwt' }).take()).rejects.toThrow(
      'credential_unavailable: give the JWT alone, without "Bearer"',
    )
  })

  it('takes a ticket of sixty seconds with the user’s JWT', async () => {
    expect(await source().take()).toBe(ticket(1))
    expect(server.requests).toEqual([
      {
        method: 'POST',
        path: '/api/websocket/ticket',
        authorization: 'Bearer the-jwt',
        body: { ttl_seconds: 60, single_use: true },
      },
    ])
  })

  it('asks for what it was told to ask for', async () => {
    await source({ ttlSeconds: 30, audience: '/ws', permissions: ['read'], metadata: { room: 'r1' } }).take()
    expect(server.requests[0]?.body).toEqual({
      ttl_seconds: 30,
      single_use: true,
      audience: '/ws',
      permissions: ['read'],
      metadata: { room: 'r1' },
    })
  })

  it('gives the forms that other libraries take', async () => {
    const tickets = source()
    expect(await tickets.protocols('chat.v2', 'chat.v1')).toEqual([
      'wsticket.v1',
      `wsticket.${ticket(1)}`,
      'chat.v2',
      'chat.v1',
    ])
    expect(await tickets.url('wss://h/graphql?a=1')).toBe(`wss://h/graphql?a=1&ticket=${ticket(2)}`)
    expect(await tickets.url(new URL('https://h/events'))).toBe(`https://h/events?ticket=${ticket(3)}`)
  })

  it('gives each of many who ask at once a ticket of their own, and asks the application once', async () => {
    const credential = vi.fn(async () => 'jwt')
    const tickets = source({ credential })
    const taken = await Promise.all(Array.from({ length: 10 }, () => tickets.take()))
    expect(new Set(taken).size).toBe(10)
    expect(credential).toHaveBeenCalledTimes(1)
  })

  it('refuses a ticket that comes twice', async () => {
    const body = {
      ticket_id: ticket(9),
      ref: ticketNumber(9).ref,
      created_at: 0,
      expires_at: 60,
      ttl_seconds: 60,
      single_use: true,
      websocket_url: '',
    }
    server.ticketAnswers.push({ status: 201, body }, { status: 200, body })
    const tickets = source()
    await tickets.take()
    const error = await tickets.take().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'response_invalid', ref: ticketNumber(9).ref })
    expect(String(error)).not.toContain(ticket(9))
  })
})

describe('ticketSource, credentials', () => {
  it('refreshes an invalid credential once', async () => {
    const credential = vi.fn<CredentialCallback>(({ refresh }) => (refresh ? 'fresh' : 'stale'))
    server.ticketAnswers.push(problem(401, 'credential_invalid'))
    expect(await source({ credential }).take()).toBe(ticket(1))
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([
      'Bearer stale',
      'Bearer fresh',
    ])
  })

  it('gives up when the fresh one is invalid, too', async () => {
    const credential = vi.fn(() => 'jwt')
    server.ticketAnswers.push(problem(401, 'credential_invalid'), problem(401, 'credential_invalid'))
    await expect(source({ credential }).take()).rejects.toMatchObject({ code: 'credential_invalid' })
    expect(credential).toHaveBeenCalledTimes(2)
  })

  it('refreshes only after the delay that the server named', async () => {
    server.ticketAnswers.push(problem(401, 'credential_invalid', { retry_after: 1 }))
    const taken = source().take()
    await eventually(() => expect(clock.pending).toEqual([1000]))
    expect(server.requests).toHaveLength(1)
    clock.advance(1000)
    expect(await taken).toBe(ticket(1))
  })

  it('refreshes once for all whose credential was invalid at the same time', async () => {
    const credential = vi.fn<CredentialCallback>(async ({ refresh }) => (refresh ? 'fresh' : 'stale'))
    for (let count = 0; count < 3; count++) server.ticketAnswers.push(problem(401, 'credential_invalid'))
    const tickets = source({ credential })
    const taken = await Promise.all([tickets.take(), tickets.take(), tickets.take()])
    expect(new Set(taken).size).toBe(3)
    expect(credential.mock.calls.filter(([{ refresh }]) => refresh)).toHaveLength(1)
  })

  it('says that nobody is logged in without asking the server', async () => {
    await expect(source({ credential: () => '' }).take()).rejects.toMatchObject({
      code: 'credential_missing',
    })
    expect(server.requests).toEqual([])
  })

  it('tells what the application’s callback threw as the cause', async () => {
    const thrown = new Error('auth service down')
    const tickets = source({ credential: () => Promise.reject(thrown) })
    await expect(tickets.take()).rejects.toMatchObject({ code: 'credential_unavailable', cause: thrown })
  })

  it('lets the callback say itself what is wrong', async () => {
    const tickets = source({
      credential: () => {
        throw new TicketError('credential_revoked')
      },
    })
    await expect(tickets.take()).rejects.toMatchObject({ code: 'credential_revoked' })
  })

  it('refuses options without a callback', () => {
    expect(() => Reflect.apply(ticketSource, undefined, [{ url: '/ticket' }])).toThrow(
      /"credential" must be a function/,
    )
  })
})

describe('ticketSource, refusals', () => {
  it('tells code, delay, ref and detail of a problem', async () => {
    server.ticketAnswers.push(
      problem(429, 'rate_limited', { retry_after: 7, ref: 'the-ref', detail: 'issuePerUser' }),
    )
    const error = await source()
      .take()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TicketError)
    expect(error).toMatchObject({
      name: 'TicketError',
      code: 'rate_limited',
      retryAfterSeconds: 7,
      ref: 'the-ref',
      detail: 'issuePerUser',
      message: 'rate_limited: issuePerUser',
    })
  })

  it.each([
    ['12', 12],
    ['0', 0],
    [new Date(1_700_000_030_000).toUTCString(), 30],
    [new Date(1_600_000_000_000).toUTCString(), 0],
    ['soon', undefined],
    ['-1', undefined],
  ])('reads Retry-After: %s', async (header, seconds) => {
    server.ticketAnswers.push({ status: 503, body: '', headers: { 'retry-after': header } })
    const error = await source()
      .take()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'upstream_unreachable' })
    expect(isTicketError(error) && error.retryAfterSeconds).toBe(seconds)
  })

  it.each([
    [400, 'response_invalid'],
    [401, 'credential_invalid'],
    [403, 'response_invalid'],
    [404, 'response_invalid'],
    [429, 'rate_limited'],
    [500, 'upstream_unreachable'],
    [504, 'upstream_unreachable'],
  ])('makes the best of a bare %i', async (status, code) => {
    server.ticketAnswers.push({ status, body: 'no json' }, { status, body: 'no json' })
    await expect(source().take()).rejects.toMatchObject({ code })
  })

  it('follows no redirect, which would carry the credential away', async () => {
    server.ticketAnswers.push({ status: 307, body: '', headers: { location: '/api/websocket/elsewhere' } })
    await expect(source().take()).rejects.toMatchObject({ code: 'network_unreachable' })
    expect(server.requests).toHaveLength(1)
  })

  it('says that the server cannot be reached', async () => {
    await server.stop()
    await expect(source().take()).rejects.toMatchObject({ code: 'network_unreachable' })
  })
})

describe('ticketSource, clear()', () => {
  it('hands out no ticket that was asked for before, but one for the user of now', async () => {
    let user = 'ada'
    const tickets = source({
      credential: () => user,
      fetch: async (url, init) => {
        const response = await fetch(url, init)
        if (user === 'ada') {
          user = 'alan'
          tickets.clear()
        }
        return response
      },
    })
    expect(await tickets.take()).toBe(ticket(2))
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer ada', 'Bearer alan'])
  })

  it('forgets a refusal of the user before', async () => {
    let user = 'ada'
    const tickets = source({
      credential: async () => user,
      fetch: (url, init) => {
        if (user === 'ada') {
          user = 'alan'
          tickets.clear()
        }
        return fetch(url, init)
      },
    })
    server.ticketAnswers.push(problem(401, 'credential_revoked'))
    expect(await tickets.take()).toBe(ticket(1))
  })

  it('asks anew for a credential that was being asked for', async () => {
    const answers: ((jwt: string) => void)[] = []
    const tickets = source({
      credential: () =>
        new Promise((resolve) => {
          answers.push(resolve)
        }),
    })
    const first = tickets.take()
    tickets.clear()
    const second = tickets.take()
    expect(answers).toHaveLength(2)
    answers[1]?.('alan')
    await second
    answers[0]?.('ada')
    await eventually(() => expect(answers).toHaveLength(3))
    answers[2]?.('alan')
    await first
    const used = server.requests.map(({ authorization }) => authorization)
    expect(used.at(-1)).toBe('Bearer alan')
  })

  it('does not ask for ever where the callback itself clears', async () => {
    const credential = vi.fn(() => {
      tickets.clear()
      return 'jwt'
    })
    const tickets = source({ credential })
    await expect(tickets.take()).rejects.toMatchObject({ code: 'credential_unavailable' })
    expect(credential).toHaveBeenCalledTimes(5)
  })

  it('does not ask again for who gave up', async () => {
    const tickets = source({
      fetch: (url, init) => {
        tickets.clear()
        return fetch(url, init)
      },
    })
    await expect(tickets.grant({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'network_unreachable',
    })
    expect(server.requests).toEqual([])
  })
})

describe('ticketSource, grants', () => {
  it('tells what is known about a ticket, by this machine’s clock', async () => {
    const exp = clock.now() / 1000 + 900
    const grant = await source({ credential: () => jwt({ iss: 'id', sub: 'ada', exp }) }).grant()
    expect(grant).toEqual({
      ticket: ticket(1),
      ref: ticketNumber(1).ref,
      expiresAt: clock.now() + 60_000,
      credentialExpiresAt: exp * 1000,
      user: '0 ["id","ada"]',
    })
  })

  it('corrects for a clock that is wrong', async () => {
    server.now = () => clock.now() - 3_600_000
    const exp = server.now() / 1000 + 900
    const grant = await source({ credential: () => jwt({ exp }) }).grant()
    expect(grant.expiresAt).toBe(clock.now() + 60_000)
    expect(grant.credentialExpiresAt).toBe(clock.now() + 900_000)
  })

  it('asks once, and leaves it to the caller what comes next', async () => {
    server.ticketAnswers.push(problem(401, 'credential_invalid'))
    const credential = vi.fn(() => 'jwt')
    await expect(source({ credential }).grant({ refresh: true })).rejects.toMatchObject({
      code: 'credential_invalid',
    })
    expect(credential.mock.calls).toEqual([[{ refresh: true }]])
  })
})

describe('ticketSource, reusable tickets', () => {
  it('hands the same one out until 30 seconds before its end', async () => {
    const tickets = source({ reusable: true, ttlSeconds: 300 })
    expect(await tickets.take()).toBe(ticket(1))
    clock.advance(29_000)
    expect(await tickets.take()).toBe(ticket(1))
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]?.body).toMatchObject({ single_use: false, ttl_seconds: 300 })
    clock.advance(1000)
    expect(await tickets.take()).toBe(ticket(2))
  })

  it('forgets it when it was refused, when the user leaves, and when a fresh credential is asked for', async () => {
    const tickets = source({ reusable: true })
    await tickets.grant()
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    expect((await tickets.grant()).ticket).toBe(ticket(1))
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'ticket_unknown' } })
    expect((await tickets.grant()).ticket).toBe(ticket(2))
    tickets.clear()
    expect((await tickets.grant()).ticket).toBe(ticket(3))
    expect((await tickets.grant({ refresh: true })).ticket).toBe(ticket(4))
  })
})

describe('ticketSource, a JWT that is over', () => {
  it('is refreshed before it is refused', async () => {
    const ends = clock.now() / 1000 + 1
    const credential = vi.fn<CredentialCallback>(({ refresh }) => jwt({ exp: refresh ? ends + 900 : ends }))
    await source({ credential }).take()
    expect(credential.mock.calls.map(([{ refresh }]) => refresh)).toEqual([false, true])
    expect(server.requests).toHaveLength(1)
  })

  it('is used where nothing better is to be had', async () => {
    await source({ credential: () => jwt({ exp: clock.now() / 1000 - 5 }) }).take()
    expect(server.requests).toHaveLength(1)
  })
})

describe('ticketSource, credentials of other kinds', () => {
  it.each(['a credential', 'b64+/==', 'naïve'])('takes %j, which a header can carry', async (credential) => {
    expect(await source({ credential: () => credential }).take()).toBe(ticket(1))
  })

  it.each(['two\nlines', 'nul\0', 'snow☃'])('says of %j that no header can carry it', async (credential) => {
    const error = await source({ credential: () => credential })
      .take()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'credential_unavailable' })
    expect(error).not.toHaveProperty('cause')
    expect(String(error)).not.toContain(credential)
    expect(server.requests).toEqual([])
  })
})

describe('ticketSource, other routes', () => {
  it('are called with the credential', async () => {
    server.otherAnswers.set('/api/websocket/sessions', [{ status: 200, body: { sessions: [] } }])
    expect(await source().call?.('GET', '/api/websocket/sessions')).toEqual({ sessions: [] })
    expect(server.requests[0]).toMatchObject({ method: 'GET', authorization: 'Bearer the-jwt' })
  })
})

describe('ticketSource, renewal and configuration', () => {
  const ref = ticketNumber(1).ref
  const path = `/api/websocket/session/${ref}/renew`

  it('asks for a fresh JWT where the one at hand ends soon', async () => {
    const now = clock.now() / 1000
    const credential = vi.fn<CredentialCallback>(({ refresh }) => jwt({ exp: now + (refresh ? 900 : 29) }))
    server.otherAnswers.set(path, [{ status: 200, body: { session_id: ref, expires_at: now + 905 } }])
    const tickets = source({ credential })
    expect(await tickets.renew?.(ref)).toEqual({
      deadline: clock.now() + 905_000,
      credentialExpiresAt: clock.now() + 900_000,
    })
    expect(credential.mock.calls).toEqual([[{ refresh: false }], [{ refresh: true }]])
  })

  it('does not ask twice where it was told to refresh', async () => {
    const credential = vi.fn(() => jwt({ exp: clock.now() / 1000 + 5 }))
    server.otherAnswers.set(path, [
      { status: 200, body: { session_id: ref, expires_at: clock.now() / 1000 } },
    ])
    await source({ credential }).renew?.(ref, { refresh: true })
    expect(credential.mock.calls).toEqual([[{ refresh: true }]])
  })

  it('refuses answers that it does not understand', async () => {
    server.otherAnswers.set(path, [{ status: 200, body: {} }])
    server.otherAnswers.set('/api/websocket/config', [{ status: 200, body: {} }])
    const tickets = source()
    await expect(tickets.renew?.(ref)).rejects.toMatchObject({ code: 'response_invalid' })
    await expect(tickets.pathways?.()).rejects.toMatchObject({ code: 'response_invalid' })
  })

  it('reads the pathways that are open', async () => {
    server.otherAnswers.set('/api/websocket/config', [
      {
        status: 200,
        body: {
          pathways: ['ticket', 'cookie'],
          carriers: [],
          ttl_seconds: 1,
          max_ttl_seconds: 1,
          refresh_threshold_seconds: 1,
        },
      },
    ])
    expect(await source().pathways?.()).toEqual(['ticket', 'cookie'])
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      authorization: 'Bearer the-jwt',
      body: undefined,
    })
  })
})

describe('ticketSource by a way of your own', () => {
  it('gives what the callback gives, in every form', async () => {
    let count = 0
    const tickets = ticketSource({ take: async () => ticket(++count) })
    expect(await tickets.take()).toBe(ticket(1))
    expect(await tickets.protocols('chat')).toEqual(['wsticket.v1', `wsticket.${ticket(2)}`, 'chat'])
    expect(await tickets.url('wss://h/ws')).toBe(`wss://h/ws?ticket=${ticket(3)}`)
    expect(await tickets.grant()).toEqual({ ticket: ticket(4) })
    expect(tickets.clear()).toBeUndefined()
    expect([tickets.renew, tickets.pathways]).toEqual([undefined, undefined])
  })

  it('tells what the callback threw', async () => {
    const thrown = new Error('no')
    const tickets = ticketSource({ take: () => Promise.reject(thrown) })
    await expect(tickets.take()).rejects.toMatchObject({ code: 'credential_unavailable', cause: thrown })
  })
})
