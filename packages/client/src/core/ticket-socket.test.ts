import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../../test/eventually.js'
import { ManualClock } from '../../test/manual-clock.js'
import {
  jwt,
  type MisbehavingServer,
  problem,
  startMisbehavingServer,
  ticketNumber,
} from '../../test/misbehaving-server.js'
import type { CredentialCallback } from './grants.js'
import { type CoreTicketSocketOptions, TicketSocket } from './ticket-socket.js'

let server: MisbehavingServer
let clock: ManualClock

beforeEach(async () => {
  clock = new ManualClock()
  server = await startMisbehavingServer()
})

afterEach(async () => {
  await server.stop()
})

function connect(
  credential: CredentialCallback = () => 'opaque',
  options: Partial<CoreTicketSocketOptions> = {},
): TicketSocket {
  const socket = new TicketSocket(server.url, {
    tickets: { url: server.ticketUrl, credential },
    WebSocket,
    clock,
    random: () => 0.5,
    ...options,
  })
  onTestFinished(() => socket.close())
  return socket
}

const become = (socket: TicketSocket, name: string): Promise<void> =>
  eventually(() => expect(socket.state.name).toBe(name))
const received = (...texts: string[]): Promise<void> =>
  eventually(() => expect(server.received).toEqual(texts))

describe('the core’s TicketSocket', () => {
  it('connects with a ticket, sends what waited, and comes back with a fresh one', async () => {
    const socket = connect()
    socket.send('hello')
    await received('hello')
    server.sockets.at(-1)?.terminate()
    await become(socket, 'waiting')
    socket.send('again')
    clock.advanceToNext()
    await received('hello', 'again')
    expect(socket.readyState).toBe(TicketSocket.OPEN)
    expect(new Set(server.presented).size).toBe(2)
  })

  it('asks its own route, with the JWT and what it was told', async () => {
    const tickets = {
      url: server.ticketUrl,
      credential: () => 'the-jwt',
      ttlSeconds: 90,
      audience: 'chat',
      permissions: ['read'],
      metadata: { page: 'home' },
    }
    await become(connect(undefined, { tickets }), 'open')
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      authorization: 'Bearer the-jwt',
      body: {
        ttl_seconds: 90,
        single_use: true,
        audience: 'chat',
        permissions: ['read'],
        metadata: { page: 'home' },
      },
    })
  })

  it('takes a source as well', async () => {
    const { ticket } = ticketNumber(9)
    await become(connect(undefined, { tickets: { grant: async () => ({ ticket }) } }), 'open')
    expect(server.presented).toEqual([ticket])
  })

  it('refreshes a JWT that is refused, once, and stops with what no frame said', async () => {
    server.ticketAnswers.push(problem(401, 'credential_invalid'), problem(401, 'credential_invalid'))
    const asked: boolean[] = []
    const socket = connect(({ refresh }) => {
      asked.push(refresh)
      return 'jwt'
    })
    const closes: string[] = []
    socket.onclose = ({ code, reason }) => closes.push(`${code} ${reason}`)
    await become(socket, 'stopped')
    expect(asked).toEqual([false, true])
    expect(closes).toEqual(['3000 credential_invalid'])
  })

  it.each([
    ['credential_invalid', { status: 401, body: '<html>' }],
    ['response_invalid', { status: 429, body: '<html>' }],
    ['response_invalid', { status: 200, body: '<html>' }],
    ['response_invalid', { status: 200, body: { ticket_id: 7 } }],
    ['response_invalid', { status: 200, body: { ticket_id: 'no ref' } }],
    ['network_unreachable', 'cut' as const],
  ])('comes back from %s of something in between', async (code, answer) => {
    server.ticketAnswers.push(answer)
    const socket = connect()
    const codes: string[] = []
    socket.addEventListener('statechange', ({ cause }) => codes.push(cause.code))
    await eventually(() => expect(codes).toContain(code))
    if (socket.state.name === 'waiting') clock.advanceToNext()
    await become(socket, 'open')
  })

  it('presents no ticket twice, whatever a cache in between does', async () => {
    const { ticket, ref } = ticketNumber(9)
    const body = { ticket_id: ticket, ref }
    server.ticketAnswers.push({ status: 200, body }, { status: 200, body })
    const socket = connect()
    await become(socket, 'open')
    server.sockets.at(-1)?.terminate()
    await become(socket, 'waiting')
    clock.advanceToNext()
    await eventually(() => expect(socket.state.cause.code).toBe('response_invalid'))
    clock.advanceToNext()
    await become(socket, 'open')
    expect(server.presented).toEqual([ticket, ticketNumber(1).ticket])
  })

  it('waits for as long as the server said', async () => {
    server.ticketAnswers.push(problem(503, 'store_unavailable', { retry_after: 3 }))
    const socket = connect()
    await become(socket, 'waiting')
    expect(socket.state).toMatchObject({ until: clock.now() + 3500, cause: { retryAfterSeconds: 3 } })
  })

  it('tells a socket that was opened to be refused from a connection, and loses nothing', async () => {
    server.upgrades.push({ refuse: 'ticket_used', code: 3000 })
    const socket = connect()
    let opened = 0
    socket.onopen = () => opened++
    socket.send('kept')
    await received('kept')
    expect(opened).toBe(1)
  })

  it('asks no config: a pathway that is closed is the end', async () => {
    server.ticketAnswers.push(problem(403, 'pathway_disabled'))
    const socket = connect()
    await become(socket, 'stopped')
    expect(socket.state.cause.code).toBe('pathway_disabled')
    expect(server.requests.length).toBe(1)
  })

  it('sends nothing that one user wrote as another', async () => {
    let sub = 'ada'
    const socket = connect(() => jwt({ sub }))
    await become(socket, 'open')
    server.sockets.at(-1)?.terminate()
    await become(socket, 'waiting')
    socket.send('by ada')
    sub = 'bob'
    clock.advanceToNext()
    await become(socket, 'open')
    socket.send('by bob')
    await received('by bob')
  })

  it('takes a credential that is no JWT for another user’s', async () => {
    let credential = jwt({ sub: 'ada' })
    const socket = connect(() => credential)
    await become(socket, 'open')
    server.sockets.at(-1)?.terminate()
    await become(socket, 'waiting')
    socket.send('by ada')
    credential = 'opaque token of bob'
    clock.advanceToNext()
    await become(socket, 'open')
    socket.send('by bob')
    await received('by bob')
  })

  it.each([
    ['an empty JWT', () => '', 'credential_missing'],
    ['a callback that throws', () => Promise.reject(new Error('logged out')), 'credential_unavailable'],
  ])('has a code for %s', async (_, credential, code) => {
    const socket = connect(credential)
    await eventually(() => expect(socket.state.cause.code).toBe(code))
  })

  it('stops for a subprotocol that the runtime forbids', async () => {
    const socket = connect(undefined, { protocols: ['my chat'] })
    await become(socket, 'stopped')
    expect(socket.state.cause).toEqual({ code: 'request_invalid' })
  })

  it.each([
    ['nothing', undefined],
    ['no address', { credential: () => 'jwt' }],
    ['no function', { url: '/ticket', credential: 'jwt' }],
  ])('says what "tickets" must be, given %s', (_, tickets) => {
    expect(() => connect(undefined, { tickets } as object)).toThrow('"tickets" must be { url, credential() }')
  })
})
