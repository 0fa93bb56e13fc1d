import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../test/eventually.js'
import { ManualClock } from '../test/manual-clock.js'
import {
  jwt,
  type MisbehavingServer,
  problem,
  startMisbehavingServer,
  ticketNumber,
} from '../test/misbehaving-server.js'
import type { Cause, ConnectionState } from './core/connection-types.js'
import { TicketError } from './core/ticket-error.js'
import type { PageSignal, PageSignals } from './page-signals.js'
import { sourceAround } from './source-around.js'
import { TicketSocket, type TicketSocketOptions } from './ticket-socket.js'
import {
  type CredentialCallback,
  type GrantOptions,
  type TicketGrant,
  type TicketSource,
  ticketSource,
} from './ticket-source.js'

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

function connect(
  options: Partial<TicketSocketOptions> & {
    readonly credential?: CredentialCallback
    readonly url?: string
  } = {},
): TicketSocket {
  const { credential = () => 'opaque', url = server.url, ...rest } = options
  const socket = new TicketSocket(url, {
    tickets: { url: server.ticketUrl, credential },
    WebSocket,
    clock,
    random: () => 0.5,
    ...rest,
  })
  onTestFinished(() => socket.close())
  return socket
}

/** Milliseconds until the socket's state moves by itself. */
function dueIn({ state }: TicketSocket): number {
  return (state.until ?? Number.NaN) - clock.now()
}

/** Waits for a state; rejects if the socket stops elsewhere. */
function reached(socket: TicketSocket, name: ConnectionState['name']): Promise<ConnectionState> {
  return new Promise((resolve, reject) => {
    if (socket.state.name === name) return resolve(socket.state)
    socket.addEventListener('statechange', function listener({ to }) {
      if (to.name === name) resolve(to)
      else if (to.name === 'stopped') reject(new Error(`stopped by ${to.cause.code}`))
      else return
      socket.removeEventListener('statechange', listener)
    })
  })
}

function next<Type extends 'open' | 'close' | 'message' | 'error'>(socket: TicketSocket, type: Type) {
  return new Promise<Parameters<NonNullable<TicketSocket[`on${Type}`]>>[0]>((resolve) => {
    socket.addEventListener(type, resolve, { once: true })
  })
}

/** Everything that a socket fires, in order, as short texts. */
function record(socket: TicketSocket): string[] {
  const log: string[] = []
  socket.addEventListener('statechange', ({ from, to, cause }) =>
    log.push(`${from.name} > ${to.name}: ${cause.code}`),
  )
  socket.addEventListener('open', () => log.push('open'))
  socket.addEventListener('error', () => log.push('error'))
  socket.addEventListener('close', ({ code, reason }) => log.push(`close ${code} ${reason}`.trim()))
  socket.addEventListener('message', ({ data }) => log.push(`message ${data}`))
  return log
}

describe('a TicketSocket that is admitted', () => {
  it('fetches a ticket, connects with it, and flushes what waited before it tells anybody', async () => {
    const socket = connect({ credential: () => 'the-jwt' })
    const log = record(socket)
    expect(socket.readyState).toBe(TicketSocket.CONNECTING)
    expect(socket.session).toBeUndefined()
    socket.send('first')
    socket.addEventListener('open', () => socket.send('second'))
    await next(socket, 'open')
    await eventually(() => expect(server.received).toEqual(['first', 'second']))

    expect(log).toEqual(['fetching > connecting: ticket_fetched', 'connecting > open: connected', 'open'])
    expect(server.requests).toEqual([
      {
        method: 'POST',
        path: '/api/websocket/ticket',
        authorization: 'Bearer the-jwt',
        body: { ttl_seconds: 60, single_use: true },
      },
    ])
    expect(server.offers).toEqual([['wsticket.v1', `wsticket.${ticketNumber(1).ticket}`, 'wsticket.refused']])
    expect(socket.readyState).toBe(TicketSocket.OPEN)
    expect(socket.session).toEqual({ ref: ticketNumber(1).ref, deadline: undefined })
  })

  it('dials the address it was given, whatever the ticket route answers', async () => {
    const socket = connect()
    expect(socket.url).toBe(server.url)
    await next(socket, 'open')
    expect(server.presented).toEqual([ticketNumber(1).ticket])
  })

  it('shows wsticket.v1 as no protocol, and the application’s own as it is', async () => {
    const plain = connect({ protocols: 'chat.v2' })
    expect(plain.protocol).toBe('')
    await next(plain, 'open')
    expect(plain.protocol).toBe('')
    server.upgrades.push({ admit: 'chat.v1' })
    const chat = connect({ protocols: ['chat.v2', 'chat.v1'] })
    await next(chat, 'open')
    expect(chat.protocol).toBe('chat.v1')
    expect(server.offers.map((offer) => offer.slice(3))).toEqual([['chat.v2'], ['chat.v2', 'chat.v1']])
  })

  it('receives texts, and binary messages in the form that was asked for', async () => {
    const received: unknown[] = []
    const socket = connect()
    socket.onmessage = ({ data }) => received.push(data)
    await next(socket, 'open')
    const [peer] = server.sockets
    expect(socket.binaryType).toBe('blob')
    peer?.send('text')
    peer?.send(Buffer.from([1, 2]))
    await eventually(() => expect(received).toHaveLength(2))
    socket.binaryType = 'arraybuffer'
    peer?.send(Buffer.from([3]))
    await eventually(() => expect(received).toHaveLength(3))
    expect(received[0]).toBe('text')
    expect(received[1]).toBeInstanceOf(Blob)
    expect(received[2]).toEqual(new Uint8Array([3]).buffer)
  })

  it('keeps binary messages as they were when they were sent', async () => {
    const socket = connect()
    const bytes = new Uint8Array([0, 65, 66, 0])
    socket.send(bytes.subarray(1, 3))
    socket.send(bytes.buffer)
    bytes.fill(120)
    expect(socket.bufferedAmount).toBe(6)
    await eventually(() => expect(server.received).toEqual(['AB', '\0AB\0']))
    expect(socket.bufferedAmount).toBe(0)
  })

  it('closes as a WebSocket does, once and for all', async () => {
    const socket = connect()
    const log = record(socket)
    await next(socket, 'open')
    const closed = next(socket, 'close')
    socket.close(4001, 'done')
    expect(socket.readyState).toBe(TicketSocket.CLOSING)
    expect(await closed).toMatchObject({ code: 4001, reason: 'done', wasClean: true })
    expect(socket.readyState).toBe(TicketSocket.CLOSED)
    socket.close()
    socket.send('into the void')
    expect(socket.bufferedAmount).toBe(13)
    expect(log.slice(-2)).toEqual(['open > stopped: closed_by_client', 'close 4001 done'])
    expect(clock.pending).toEqual([])
  })

  // After a logout it would be for nobody, or for the next user.
  it('gives nothing any more of what arrives while it closes, as a WebSocket does', async () => {
    const socket = connect()
    await next(socket, 'open')
    const log = record(socket)
    server.sockets[0]?.send('last words')
    socket.close()
    await next(socket, 'close')
    expect(log).toEqual(['open > stopped: closed_by_client', expect.stringMatching(/^close 10/)])
  })

  it('stops when the server says that all is said', async () => {
    server.upgrades.push({ admit: 'wsticket.v1', after: (peer) => peer.close(1000, 'thanks') })
    const socket = connect()
    const log = record(socket)
    await next(socket, 'close')
    expect(log.slice(-2)).toEqual(['open > stopped: closed_by_server', 'close 1000 thanks'])
    expect(socket.state).toMatchObject({
      name: 'stopped',
      cause: { code: 'closed_by_server', closeCode: 1000 },
    })
  })
})

describe('a TicketSocket that is closed early', () => {
  it('asks for nothing at all if it is closed where it was made', async () => {
    const credential = vi.fn(() => 'opaque')
    const socket = connect({ credential })
    socket.close()
    await new Promise((resolve) => setImmediate(resolve))
    expect(credential).not.toHaveBeenCalled()
    expect([socket.readyState, server.requests, clock.pending]).toEqual([TicketSocket.CLOSED, [], []])
  })

  // The state that had been decided on was entered after the end, and bought a ticket.
  it('buys nothing more when its source closes it on hearing of a refusal', async () => {
    const inner = ticketSource({ url: server.ticketUrl, credential: () => 'opaque' })
    server.upgrades.push({ refuse: 'ticket_unknown', code: 3000 })
    const socket: TicketSocket = connect({
      tickets: sourceAround(inner, { settled: ({ opened }) => opened || socket.close() }),
    })
    await reached(socket, 'stopped')
    await new Promise((resolve) => setImmediate(resolve))
    expect([server.requests.length, clock.pending]).toEqual([1, []])
  })

  it('asks for nothing more while a ticket is on its way', async () => {
    const socket = connect()
    const log = record(socket)
    socket.send('never')
    socket.close()
    expect(socket.readyState).toBe(TicketSocket.CLOSED)
    expect(socket.bufferedAmount).toBe(0)
    expect(log).toEqual(['fetching > stopped: closed_by_client', 'close 1000'])
    expect(clock.pending).toEqual([])
  })

  it('lets go of a handshake', async () => {
    server.upgrades.push('silence')
    const socket = connect()
    const log = record(socket)
    await reached(socket, 'connecting')
    socket.close(3999, 'changed my mind')
    expect(log.slice(1)).toEqual(['connecting > stopped: closed_by_client', 'close 3999 changed my mind'])
    expect(socket.readyState).toBe(TicketSocket.CLOSED)
  })

  it('may be closed by a listener of the very event that opens it', async () => {
    const socket = connect()
    const log = record(socket)
    socket.addEventListener('statechange', ({ to }) => {
      if (to.name === 'open') socket.close()
    })
    await next(socket, 'close')
    expect(log).toEqual([
      'fetching > connecting: ticket_fetched',
      'connecting > open: connected',
      'open',
      'open > stopped: closed_by_client',
      'close 1005',
    ])
  })

  it('is closed once, also by a listener of the loss of its connection', async () => {
    const socket = connect()
    const log = record(socket)
    await next(socket, 'open')
    socket.addEventListener('statechange', () => socket.close())
    server.sockets[0]?.terminate()
    await eventually(() => expect(socket.readyState).toBe(TicketSocket.CLOSED))
    expect(log.slice(3)).toEqual([
      'open > waiting: connection_lost',
      'error',
      'close 1006',
      'waiting > stopped: closed_by_client',
      'close 1000',
    ])
  })

  it.each([
    [1001, undefined, 'InvalidAccessError'],
    [2999, undefined, 'InvalidAccessError'],
    [5000, undefined, 'InvalidAccessError'],
    [1000, 'ä'.repeat(62), 'SyntaxError'],
  ])('refuses close(%s, %s) as a WebSocket does', (code, reason, name) => {
    const socket = connect()
    expect(() => socket.close(code, reason)).toThrow(expect.objectContaining({ name }))
    expect(socket.state.name).toBe('fetching')
  })
})

describe('a TicketSocket that is refused', () => {
  it('emits no open and flushes nothing into a socket that was opened to refuse it', async () => {
    server.upgrades.push({ refuse: 'ticket_revoked', code: 3003 })
    const socket = connect()
    const log = record(socket)
    socket.send('secret')
    const { code, reason } = await next(socket, 'close')
    expect([code, reason]).toEqual([3003, 'ticket_revoked'])
    expect(log).toEqual([
      'fetching > connecting: ticket_fetched',
      'connecting > stopped: ticket_revoked',
      'error',
      'close 3003 ticket_revoked',
    ])
    expect(server.received).toEqual([])
    expect(socket.bufferedAmount).toBe(0)
    expect(socket.readyState).toBe(TicketSocket.CLOSED)
  })

  it('takes a fresh ticket at once for a stale one, then backs off, and never presents one twice', async () => {
    server.upgrades.push(
      { refuse: 'ticket_used', code: 3000 },
      { refuse: 'ticket_used', code: 3000 },
      { refuse: 'ticket_used', code: 3000 },
    )
    const socket = connect()
    const log = record(socket)
    await reached(socket, 'waiting')
    expect(server.presented).toHaveLength(2)
    expect(clock.pending).toEqual([1000])
    clock.advanceToNext()
    await reached(socket, 'fetching')
    await reached(socket, 'waiting')
    expect(clock.pending).toEqual([2000])
    clock.advanceToNext()
    await next(socket, 'open')
    expect(server.presented).toEqual([1, 2, 3, 4].map((number) => ticketNumber(number).ticket))
    expect(log.filter((line) => line.startsWith('close'))).toEqual([])
  })

  it('honours the delay in the close reason', async () => {
    server.upgrades.push({ refuse: 'session_limit;retry_after=20', code: 1013 })
    const socket = connect()
    expect(await reached(socket, 'waiting')).toMatchObject({
      cause: { code: 'session_limit', retryAfterSeconds: 20, closeCode: 1013 },
      until: clock.now() + 20_500,
    })
    clock.advance(20_499)
    expect(socket.state.name).toBe('waiting')
    clock.advance(1)
    await next(socket, 'open')
  })

  it('refreshes an invalid credential once, and stops if the fresh one is invalid, too', async () => {
    server.upgrades.push(
      { refuse: 'credential_invalid', code: 3000 },
      { refuse: 'credential_invalid', code: 3000 },
    )
    const credential = vi.fn<CredentialCallback>(({ refresh }) => (refresh ? 'fresh' : 'stale'))
    const socket = connect({ credential })
    const close = await next(socket, 'close')
    expect([close.code, close.reason]).toEqual([3000, 'credential_invalid'])
    expect(credential.mock.calls).toEqual([[{ refresh: false }], [{ refresh: true }]])
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([
      'Bearer stale',
      'Bearer fresh',
    ])
  })

  it('asks which pathways are open, once, when the ticket pathway is said to be closed', async () => {
    const config = {
      pathways: ['ticket'],
      carriers: ['subprotocol'],
      ttl_seconds: 300,
      max_ttl_seconds: 3600,
      refresh_threshold_seconds: 30,
    }
    server.otherAnswers.set('/api/websocket/config', [{ status: 200, body: config }])
    server.upgrades.push({ refuse: 'pathway_disabled', code: 3003 })
    await next(connect(), 'open')

    server.otherAnswers.set('/api/websocket/config', [
      { status: 200, body: { ...config, pathways: ['cookie'] } },
    ])
    server.upgrades.push({ refuse: 'pathway_disabled', code: 3003 })
    const refused = connect()
    expect((await next(refused, 'close')).reason).toBe('pathway_disabled')
  })

  it('goes on with a ticket when nobody can say which pathways are open', async () => {
    server.otherAnswers.set('/api/websocket/config', ['cut'])
    server.upgrades.push({ refuse: 'pathway_disabled', code: 3003 })
    const socket = connect()
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'network_unreachable' } })
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('backs off from a bare HTTP refusal, which browsers do not explain', async () => {
    server.upgrades.push({ http: 403 }, { http: 502 })
    const socket = connect()
    const log = record(socket)
    expect(await reached(socket, 'waiting')).toMatchObject({
      cause: { code: 'connection_failed', closeCode: 1006 },
    })
    clock.advanceToNext()
    await reached(socket, 'fetching')
    await reached(socket, 'waiting')
    clock.advanceToNext()
    await next(socket, 'open')
    expect(log).not.toContain('error')
    expect(new Set(server.presented).size).toBe(3)
  })

  it('backs off when the connection is cut in the midst of the handshake', async () => {
    server.upgrades.push('cut')
    const socket = connect()
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'connection_failed' } })
  })

  it('gives up a handshake that takes too long', async () => {
    server.upgrades.push('silence')
    const socket = connect()
    await eventually(() => expect(server.offers).toHaveLength(1))
    clock.advance(15_000)
    expect(socket.state).toMatchObject({ name: 'waiting', cause: { code: 'connection_failed' } })
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('treats an address that the page’s policy forbids as a failed handshake', async () => {
    class Forbidden extends WebSocket {
      constructor(url: string, protocols: string[]) {
        if (server.requests.length === 1) throw new DOMException('mixed content', 'SecurityError')
        super(url, protocols)
      }
    }
    const socket = connect({ WebSocket: Forbidden })
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'connection_failed' } })
    clock.advanceToNext()
    await next(socket, 'open')
  })

  // It was tried again for ever, as a failed handshake.
  it('stops where the runtime takes a subprotocol for none', async () => {
    class Strict extends WebSocket {
      constructor(url: string, protocols: string[]) {
        if (url !== '') throw new DOMException(`no: ${protocols.join()}`, 'SyntaxError')
        super(url, protocols)
      }
    }
    const socket = connect({ WebSocket: Strict })
    const ended = next(socket, 'close')
    expect((await reached(socket, 'stopped')).cause).toEqual({ code: 'request_invalid' })
    expect(await ended).toMatchObject({ code: 3003, reason: 'request_invalid', wasClean: false })
  })
})

describe('a TicketSocket without a ticket', () => {
  it.each([
    [
      '429 with Retry-After',
      { ...problem(429, 'rate_limited'), headers: { 'retry-after': '12' } },
      'rate_limited',
      12_500,
    ],
    [
      '503 with retry_after in its body',
      problem(503, 'store_unavailable', { retry_after: 3 }),
      'store_unavailable',
      3500,
    ],
    ['503 from a proxy', { status: 503, body: '<html>' }, 'upstream_unreachable', 500],
    ['a cut connection', 'cut', 'network_unreachable', 500],
    ['a page of a captive portal', { status: 200, body: '<html>' }, 'response_invalid', 500],
  ] as const)('waits after %s, then tries again', async (_, answer, code, delay) => {
    server.ticketAnswers.push(answer)
    const socket = connect()
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code } })
    expect(clock.pending).toEqual([delay])
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('comes up when the network does', async () => {
    let down = true
    const socket = connect({
      fetch: (url, init) => fetch(down ? url.replace(/:\d+/, ':1') : url, init),
    })
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'network_unreachable' } })
    down = false
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('gives up a request that takes too long, and ignores its late end', async () => {
    server.ticketAnswers.push('silence')
    const socket = connect()
    await eventually(() => expect(server.requests).toHaveLength(1))
    clock.advance(15_000)
    expect(socket.state).toMatchObject({ name: 'waiting', cause: { code: 'network_unreachable' } })
    clock.advanceToNext()
    await next(socket, 'open')
    expect(server.presented).toEqual([ticketNumber(1).ticket])
  })

  it('stops with a typed cause and a close that is no bare 1006', async () => {
    server.ticketAnswers.push(problem(403, 'permissions_exceeded', { detail: 'permissions' }))
    const socket = connect()
    const log = record(socket)
    await next(socket, 'close')
    expect(log).toEqual([
      'fetching > stopped: permissions_exceeded',
      'error',
      'close 3003 permissions_exceeded',
    ])
    expect(socket.state.cause).toEqual({ code: 'permissions_exceeded', detail: 'permissions' })
  })

  it('stops when nobody is logged in', async () => {
    const socket = connect({ credential: () => '' })
    expect((await next(socket, 'close')).reason).toBe('credential_missing')
    expect(server.requests).toEqual([])
  })

  it('tries again when the application’s callback fails', async () => {
    let calls = 0
    const socket = connect({
      credential: () => {
        if (calls++ === 0) throw new Error('the auth service is down')
        return 'jwt'
      },
    })
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'credential_unavailable' } })
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('keeps messages and throws when the outbox is full', () => {
    const socket = connect()
    for (let count = 0; count < 256; count++) socket.send('x')
    expect(() => socket.send('one too many')).toThrow(expect.objectContaining({ code: 'outbox_full' }))
    expect(socket.bufferedAmount).toBe(256)
  })
})

describe('a TicketSocket that loses its connection', () => {
  it('comes back with a fresh ticket, telling close and open once a connection', async () => {
    const socket = connect()
    const log = record(socket)
    await next(socket, 'open')
    clock.advance(60_000)
    server.sockets[0]?.terminate()
    await reached(socket, 'waiting')
    expect(socket.readyState).toBe(TicketSocket.CONNECTING)
    expect(socket.session).toBeUndefined()
    socket.send('while away')
    clock.advanceToNext()
    await next(socket, 'open')
    await eventually(() => expect(server.received).toEqual(['while away']))
    expect(log).toEqual([
      'fetching > connecting: ticket_fetched',
      'connecting > open: connected',
      'open',
      'open > waiting: connection_lost',
      'error',
      'close 1006',
      'waiting > fetching: wait_over',
      'fetching > connecting: ticket_fetched',
      'connecting > open: connected',
      'open',
    ])
    expect(new Set(server.presented).size).toBe(2)
  })

  it.each([
    ['draining', 1012, 'waiting'],
    ['session_expired', 3008, 'fetching'],
    ['session_idle', 3008, 'waiting'],
    ['session_revoked', 3003, 'stopped'],
    ['session_closed', 3003, 'stopped'],
  ] as const)('after %s (%i): %s', async (reason, code, name) => {
    server.upgrades.push({ admit: 'wsticket.v1', after: (peer) => peer.close(code, reason) })
    const socket = connect()
    const changed = new Promise<string>((resolve) => {
      socket.addEventListener('statechange', ({ from, to }) => {
        if (from.name === 'open') resolve(to.name)
      })
    })
    const { code: closeCode, reason: closeReason } = await next(socket, 'close')
    expect([closeCode, closeReason]).toEqual([code, reason])
    expect(await changed).toBe(name)
  })

  it('sleeps after an idle session until there is something to say', async () => {
    server.upgrades.push({ admit: 'wsticket.v1', after: (peer) => peer.close(3008, 'session_idle') })
    const socket = connect()
    await reached(socket, 'waiting')
    expect(clock.pending).toEqual([])
    socket.send('back again')
    await next(socket, 'open')
    await eventually(() => expect(server.received).toEqual(['back again']))
  })

  it('keeps what is sent into a connection that closes already, where it would be lost without a word', async () => {
    let closing = false
    class ClosingOnDemand extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        const get = (): unknown => (closing ? 2 : Reflect.get(WebSocket.prototype, 'readyState', this))
        Object.defineProperty(this, 'readyState', { get })
      }
    }
    const socket = connect({ WebSocket: ClosingOnDemand })
    await next(socket, 'open')
    closing = true
    expect(socket.readyState).toBe(TicketSocket.CLOSING)
    expect(socket.state.name).toBe('open')
    socket.send('just in time')
    closing = false
    server.sockets[0]?.close(1012, 'draining')
    await reached(socket, 'waiting')
    clock.advanceToNext()
    await eventually(() => expect(server.received).toEqual(['just in time']))
  })

  it('forgets what one user wrote when the next connection is another’s', async () => {
    let user = 'ada'
    const socket = connect({ credential: () => jwt({ iss: 'id', sub: user }) })
    await next(socket, 'open')
    server.sockets[0]?.terminate()
    await reached(socket, 'waiting')
    socket.send('by ada')
    user = 'alan'
    clock.advanceToNext()
    await next(socket, 'open')
    socket.send('by alan')
    await eventually(() => expect(server.received).toEqual(['by alan']))
  })
})

describe('a TicketSocket that renews', () => {
  const path = `/api/websocket/session/${ticketNumber(1).ref}/renew`
  const seconds = (): number => clock.now() / 1000
  const renewed = (inSeconds: number) => ({
    status: 200,
    body: { session_id: ticketNumber(1).ref, expires_at: seconds() + inSeconds },
  })

  it('renews shortly before its JWT ends, with a fresh one, without reconnecting', async () => {
    const ends = seconds() + 900
    const credential = vi.fn<CredentialCallback>(({ refresh }) =>
      jwt({ sub: 'ada', exp: refresh ? ends + 900 : ends }),
    )
    const socket = connect({ credential })
    const log = record(socket)
    await next(socket, 'open')
    expect(socket.session).toEqual({ ref: ticketNumber(1).ref, deadline: ends * 1000 })
    expect(dueIn(socket)).toBe(877_500)
    server.otherAnswers.set(path, [
      { status: 200, body: { session_id: ticketNumber(1).ref, expires_at: ends + 905 } },
    ])
    clock.advance(877_500)
    await reached(socket, 'renewing')
    expect(socket.readyState).toBe(TicketSocket.OPEN)
    socket.send('meanwhile')
    await reached(socket, 'open')
    expect(log.slice(3)).toEqual(['open > renewing: renewal_due', 'renewing > open: renewed'])
    // Not the server's, which allows for its clock skew: the end of the JWT, as before.
    expect(socket.session?.deadline).toBe((ends + 900) * 1000)
    expect(credential.mock.calls.map(([{ refresh }]) => refresh)).toEqual([false, false, true])
    expect(server.requests.at(-1)).toEqual({
      method: 'POST',
      path,
      authorization: `Bearer ${jwt({ sub: 'ada', exp: ends + 900 })}`,
      body: undefined,
    })
    expect(dueIn(socket)).toBe(900_000)
    await eventually(() => expect(server.received).toEqual(['meanwhile']))
    expect(server.presented).toHaveLength(1)
  })

  it('renews on demand, once for all who ask at the same time', async () => {
    const socket = connect()
    await next(socket, 'open')
    server.otherAnswers.set(path, [renewed(600)])
    const both = await Promise.all([socket.renew(), socket.renew()])
    const session = { ref: ticketNumber(1).ref, deadline: clock.now() + 600_000 }
    expect(both).toEqual([session, session])
    expect(server.requests).toHaveLength(2)
    expect(dueIn(socket)).toBe(577_500)
  })

  it('leaves it to the application where it is asked to', async () => {
    const socket = connect({ autoRenew: false, credential: () => jwt({ exp: seconds() + 900 }) })
    await next(socket, 'open')
    expect(socket.state.until).toBeUndefined()
    expect(socket.session?.deadline).toBe(clock.now() + 900_000)
  })

  it('says why a renewal was refused, and stays open', async () => {
    const socket = connect()
    await next(socket, 'open')
    await expect(socket.renew()).rejects.toMatchObject({ name: 'TicketError', code: 'not_found' })
    expect(socket.readyState).toBe(TicketSocket.OPEN)
    server.otherAnswers.set(path, ['cut', renewed(60)])
    await expect(socket.renew()).rejects.toMatchObject({ code: 'network_unreachable' })
    clock.advanceToNext()
    await reached(socket, 'renewing')
    expect(await reached(socket, 'open')).toMatchObject({ cause: { code: 'renewed' } })
  })

  // It renewed by the token that the application still had, and moved nothing.
  it('asks for a fresh credential when it is renewed by hand', async () => {
    const credential = vi.fn<CredentialCallback>(({ refresh }) => (refresh ? 'fresh' : 'stale'))
    const socket = connect({ credential })
    await next(socket, 'open')
    server.otherAnswers.set(path, [renewed(60)])
    await socket.renew()
    expect(server.requests.slice(1).map(({ authorization }) => authorization)).toEqual(['Bearer fresh'])
  })

  it('tells when the server finds even the fresh one invalid, and stays open', async () => {
    const socket = connect()
    await next(socket, 'open')
    server.otherAnswers.set(path, [problem(401, 'credential_invalid')])
    await expect(socket.renew()).rejects.toMatchObject({ code: 'credential_invalid' })
    expect(socket.state.name).toBe('open')
  })

  it('gives up a renewal that takes too long, and takes no notice of its late end', async () => {
    const socket = connect()
    await next(socket, 'open')
    server.otherAnswers.set(path, ['silence', renewed(60)])
    const renewal = socket.renew()
    await eventually(() => expect(server.requests).toHaveLength(2))
    clock.advance(15_000)
    await expect(renewal).rejects.toMatchObject({ code: 'network_unreachable' })
    expect(socket.state.name).toBe('open')
  })

  it('takes the session with it when the connection ends meanwhile', async () => {
    const socket = connect()
    await next(socket, 'open')
    server.otherAnswers.set(path, ['silence'])
    const renewal = socket.renew()
    server.sockets[0]?.terminate()
    await expect(renewal).rejects.toMatchObject({ code: 'session_over' })
  })

  it('refuses to renew what is not there, or what it has no route for', async () => {
    await expect(connect().renew()).rejects.toThrow(TypeError)
    const own = connect({ tickets: { take: () => ticketNumber(7).ticket } })
    await next(own, 'open')
    expect(own.session).toEqual({ ref: undefined, deadline: undefined })
    expect(server.presented).toEqual([ticketNumber(7).ticket])
    await expect(own.renew()).rejects.toThrow('only an open connection')
  })
})

describe('a TicketSocket with a source of its own kind', () => {
  it('takes no notice of a ticket that comes after it gave up waiting for it', async () => {
    const answers: ((grant: TicketGrant) => void)[] = []
    const renewed: string[] = []
    const tickets: TicketSource = {
      ...ticketSource({ take: () => ticketNumber(0).ticket }),
      grant: () =>
        new Promise((resolve) => {
          answers.push(resolve)
        }),
      renew: async (ref) => {
        renewed.push(ref)
        return { deadline: clock.now() + 60_000 }
      },
    }
    const socket = connect({ tickets })
    await eventually(() => expect(answers).toHaveLength(1))
    clock.advance(15_000)
    clock.advanceToNext()
    await eventually(() => expect(answers).toHaveLength(2))
    answers[1]?.(ticketNumber(2))
    await next(socket, 'open')
    answers[0]?.(ticketNumber(1))
    // Everything that follows from it has happened before the next turn of the event loop.
    await new Promise(setImmediate)
    await socket.renew()
    expect(renewed).toEqual([ticketNumber(2).ref])
    expect(server.presented).toEqual([ticketNumber(2).ticket])
  })
})

describe('a TicketSocket, its options', () => {
  it('finds the runtime’s own fetch, WebSocket, clock and chance when it is made', async () => {
    vi.stubGlobal('WebSocket', WebSocket)
    const socket = new TicketSocket(server.url, {
      tickets: { url: server.ticketUrl, credential: () => 'jwt' },
    })
    onTestFinished(() => socket.close())
    await next(socket, 'open')
  })

  it('says what is missing where the runtime has no WebSocket', () => {
    vi.stubGlobal('WebSocket', undefined)
    expect(() => new TicketSocket(server.url, { tickets: { take: () => 'x' } })).toThrow(
      /has no WebSocket; give one as the option "WebSocket"/,
    )
  })

  it('has the constants of a WebSocket, on the class and on each socket', () => {
    const names = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const
    const socket = connect()
    expect(names.map((name) => TicketSocket[name])).toEqual([0, 1, 2, 3])
    expect(names.map((name) => socket[name])).toEqual([0, 1, 2, 3])
    expect(socket.extensions).toBe('')
  })

  it('ignores a binary type that there is not, as a WebSocket does', () => {
    const socket = connect()
    Reflect.set(socket, 'binaryType', 'nodebuffer')
    expect(socket.binaryType).toBe('blob')
  })

  it('does not run the application’s callback inside the constructor', () => {
    const credential = vi.fn(() => 'jwt')
    connect({ credential })
    expect(credential).not.toHaveBeenCalled()
  })
})

describe('a page that sleeps, hides, or changes networks', () => {
  /** A page that says what it is told to. */
  class Page implements PageSignals {
    online = true
    readonly #listeners = new Set<(signal: PageSignal) => void>()

    get listeners(): number {
      return this.#listeners.size
    }

    listen(heard: (signal: PageSignal) => void): () => void {
      this.#listeners.add(heard)
      return () => this.#listeners.delete(heard)
    }

    tell(signal: PageSignal): void {
      for (const heard of this.#listeners) heard(signal)
    }
  }

  const ref = ticketNumber(1).ref
  const path = `/api/websocket/session/${ref}/renew`
  const credential: CredentialCallback = ({ refresh }) =>
    jwt({ sub: 'ada', exp: clock.now() / 1000 + (refresh ? 1800 : 900) })
  const alive = () => ({
    status: 200,
    body: { session_id: ref, expires_at: Math.round(clock.now() / 1000) + 900 },
  })

  it('tries at once what it waited for, when somebody looks at it again', async () => {
    const page = new Page()
    server.ticketAnswers.push('cut', 'cut', 'cut', 'cut', 'cut')
    const socket = connect({ page, random: () => 0.999 })
    await reached(socket, 'waiting')
    for (let round = 0; round < 4; round++) {
      clock.advanceToNext()
      await reached(socket, 'fetching')
      await reached(socket, 'waiting')
    }
    expect(dueIn(socket)).toBe(14_985)
    page.tell('wake')
    expect(dueIn(socket)).toBe(999)
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('does not bother the server when a tab is only looked at again', async () => {
    const page = new Page()
    const socket = connect({ page, credential })
    await next(socket, 'open')
    const { length } = server.requests
    for (let round = 0; round < 5; round++) {
      page.tell('wake')
      clock.advance(20_000)
    }
    expect(socket.state.name).toBe('open')
    expect(server.requests).toHaveLength(length)
  })

  it('asks after a sleep whether the session still is there', async () => {
    const page = new Page()
    const socket = connect({ page, credential })
    const log = record(socket)
    await next(socket, 'open')
    server.otherAnswers.set(path, [alive()])
    clock.sleep(120_000)
    page.tell('wake')
    await eventually(() =>
      expect(log.slice(3)).toEqual(['open > renewing: woke', 'renewing > open: renewed']),
    )
  })

  it('notices a sleep by the clock alone', async () => {
    const socket = connect({ credential })
    const log = record(socket)
    await next(socket, 'open')
    server.otherAnswers.set(path, [alive()])
    clock.sleep(120_000)
    clock.advance(0)
    await eventually(() =>
      expect(log.slice(3)).toEqual(['open > renewing: woke', 'renewing > open: renewed']),
    )
  })

  it.each([
    ['the server says that it is over', 120_000, problem(409, 'session_over')],
    ['nobody remembers it any more', 7_200_000, problem(404, 'not_found')],
  ])('comes back with a fresh ticket, for one that was slept through: %s', async (_, sleep, answer) => {
    const page = new Page()
    const socket = connect({ page, credential })
    const log = record(socket)
    await next(socket, 'open')
    server.otherAnswers.set(path, [answer])
    clock.sleep(sleep)
    page.tell('wake')
    await reached(socket, 'renewing')
    await eventually(() => expect(server.requests).toHaveLength(2))
    // The close frame, which would say why, may still be on its way.
    await eventually(() => expect(clock.pending).toContain(2000))
    clock.advance(2000)
    await reached(socket, 'waiting')
    clock.advanceToNext()
    await next(socket, 'open')
    expect(log.slice(4)).toEqual([
      'renewing > waiting: connection_lost',
      'error',
      'close 1006',
      'waiting > fetching: wait_over',
      'fetching > connecting: ticket_fetched',
      'connecting > open: connected',
      'open',
    ])
    expect(server.presented).toEqual([ticketNumber(1).ticket, ticketNumber(2).ticket])
  })

  it('believes the close frame where that comes after all', async () => {
    const page = new Page()
    const socket = connect({ page, credential })
    const log = record(socket)
    await next(socket, 'open')
    server.otherAnswers.set(path, [problem(409, 'session_over')])
    clock.sleep(120_000)
    page.tell('wake')
    await eventually(() => expect(clock.pending).toContain(2000))
    server.sockets[0]?.close(3003, 'session_closed')
    await next(socket, 'close')
    expect(log.slice(4)).toEqual(['renewing > stopped: session_closed', 'close 3003 session_closed'])
    clock.advance(2000)
    expect(socket.state.cause.code).toBe('session_closed')
  })

  it('does not wait for hours when the clock is put back', async () => {
    server.ticketAnswers.push('cut')
    const socket = connect()
    await reached(socket, 'waiting')
    clock.putBack(3_600_000)
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('asks at once after a change of networks, and again when the server must have noticed', async () => {
    const page = new Page()
    const socket = connect({ page, credential })
    await next(socket, 'open')
    server.otherAnswers.set(path, [alive(), alive()])
    page.tell('online')
    await reached(socket, 'renewing')
    await reached(socket, 'open')
    expect(dueIn(socket)).toBe(60_000)
    clock.advance(60_000)
    await reached(socket, 'renewing')
    await reached(socket, 'open')
    expect(dueIn(socket)).toBeGreaterThan(60_000)
  })

  it('leaves an open connection alone where nothing can be asked', async () => {
    const page = new Page()
    const socket = connect({ page, tickets: { take: () => ticketNumber(1).ticket } })
    await next(socket, 'open')
    page.tell('online')
    clock.sleep(120_000)
    page.tell('wake')
    expect(socket.state.name).toBe('open')
  })

  it('tells being offline from a server that does not answer', async () => {
    const page = new Page()
    page.online = false
    server.ticketAnswers.push('cut', 'cut')
    const socket = connect({ page })
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'offline' } })
    page.online = true
    page.tell('online')
    clock.advanceToNext()
    await reached(socket, 'fetching')
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'network_unreachable' } })
  })

  it('lets go of the page when it stops', async () => {
    const page = new Page()
    const socket = connect({ page })
    expect(page.listeners).toBe(1)
    socket.close()
    expect(page.listeners).toBe(0)
  })
})

describe('a diagnosis', () => {
  it('finds out why nobody answers, while the next try waits', async () => {
    const asked: unknown[] = []
    server.upgrades.push({ http: 403 }, { http: 403 })
    const socket = connect({
      diagnose: ({ url, ref, cause }) => {
        asked.push([url, ref, cause.code])
        return Promise.resolve(
          asked.length === 1 ? { code: 'websocket_blocked', detail: 'a proxy' } : undefined,
        )
      },
    })
    const log = record(socket)
    await reached(socket, 'waiting')
    await eventually(() => expect(log.at(-1)).toBe('waiting > waiting: websocket_blocked'))
    expect(socket.state).toMatchObject({ name: 'waiting', cause: { detail: 'a proxy' } })
    expect(dueIn(socket)).toBe(500)
    clock.advanceToNext()
    await reached(socket, 'connecting')
    await reached(socket, 'waiting')
    await eventually(() => expect(asked).toHaveLength(2))
    expect(asked).toEqual([
      [server.url, ticketNumber(1).ref, 'connection_failed'],
      [server.url, ticketNumber(2).ref, 'connection_failed'],
    ])
    expect(socket.state.cause.code).toBe('connection_failed')
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('is not asked where somebody says why, and may fail', async () => {
    const diagnose = vi.fn(() => Promise.reject(new Error('no idea')))
    server.ticketAnswers.push(problem(503, 'store_unavailable'))
    server.upgrades.push('cut')
    const socket = connect({ diagnose })
    await reached(socket, 'waiting')
    expect(diagnose).not.toHaveBeenCalled()
    clock.advanceToNext()
    await reached(socket, 'connecting')
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'connection_failed' } })
    await eventually(() => expect(diagnose).toHaveBeenCalled())
    clock.advanceToNext()
    await next(socket, 'open')
  })
})

describe('what others answer, and what the user before left', () => {
  it('diagnoses once a wait, though the diagnosis says the same again', async () => {
    server.ticketAnswers.push('cut')
    const diagnose = vi.fn(async () => ({ code: 'network_unreachable', detail: 'silent' }) as const)
    const socket = connect({ diagnose })
    const log = record(socket)
    await eventually(() => expect(log.at(-1)).toBe('waiting > waiting: network_unreachable'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(diagnose).toHaveBeenCalledTimes(1)
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('goes on diagnosing when the page is looked at meanwhile', async () => {
    server.ticketAnswers.push('cut')
    let find: ((cause: Cause) => void) | undefined
    const page: PageSignals & { heard?: (signal: PageSignal) => void } = {
      online: true,
      listen(heard) {
        page.heard = heard
        return () => {}
      },
    }
    const socket = connect({
      page,
      random: () => 0.9,
      diagnose: () =>
        new Promise((resolve) => {
          find = resolve
        }),
    })
    await reached(socket, 'waiting')
    await eventually(() => expect(find).toBeDefined())
    page.heard?.('wake')
    find?.({ code: 'websocket_blocked' })
    await eventually(() => expect(socket.state.cause.code).toBe('websocket_blocked'))
  })

  // Ada wrote while there was no server; Alan logged in, and it went out as his.
  it('sends nothing of the user before, though that one never had a ticket', async () => {
    server.ticketAnswers.push('cut')
    let user = 'ada'
    const tickets = ticketSource({ url: server.ticketUrl, clock, credential: () => jwt({ sub: user }) })
    const socket = connect({ tickets })
    socket.send('by ada')
    await reached(socket, 'waiting')
    tickets.clear()
    user = 'alan'
    clock.advanceToNext()
    await next(socket, 'open')
    socket.send('by alan')
    await eventually(() => expect(server.received).toEqual(['by alan']))
  })

  it('keeps what the next user wrote before there was a ticket', async () => {
    server.ticketAnswers.push('cut')
    const tickets = ticketSource({ url: server.ticketUrl, clock, credential: () => 'opaque' })
    const socket = connect({ tickets })
    socket.send('by ada')
    await reached(socket, 'waiting')
    tickets.clear()
    socket.send('by alan')
    expect(socket.bufferedAmount).toBe(7)
    clock.advanceToNext()
    await eventually(() => expect(server.received).toEqual(['by alan']))
    expect(socket.bufferedAmount).toBe(0)
  })

  it('tells the source when it stops, and of what', async () => {
    const outcomes: unknown[] = []
    const inner = ticketSource({ url: server.ticketUrl, credential: () => 'opaque' })
    const tickets = sourceAround(inner, { settled: (outcome) => outcomes.push(outcome) })
    const socket = connect({ tickets })
    await next(socket, 'open')
    socket.close()
    await next(socket, 'close')
    expect(outcomes).toEqual([
      { by: socket, opened: true, pathway: 'ticket' },
      { by: socket, opened: false, pathway: 'ticket', cause: { code: 'closed_by_client' }, final: true },
    ])
  })

  // It spun: hundreds of calls a second, or none ever again.
  it.each([Number.NaN, -1e9, Number.NEGATIVE_INFINITY])(
    'backs off from a delay of %s that the application made up',
    async (retryAfterSeconds) => {
      const socket = connect({
        credential: () => Promise.reject(new TicketError('rate_limited', { retryAfterSeconds })),
      })
      await reached(socket, 'waiting')
      expect(dueIn(socket)).toBe(500)
    },
  )

  it('sends nothing without a name that was written before there was a connection, or after clear()', async () => {
    let era = 0
    const anonymous = { ticket: '', pathway: 'anonymous', carriedBy: ['wsticket.v1'] } as const
    const inner = ticketSource({ take: () => Promise.reject(new Error('not asked for')) })
    const tickets: TicketSource = {
      ...sourceAround(inner, { grant: async () => ({ ...anonymous, user: 'anonymous' }) }),
      get era() {
        return era
      },
    }
    const socket = connect({ tickets })
    socket.send('written by ada')
    await next(socket, 'open')
    socket.send('by nobody')
    await eventually(() => expect(server.received).toEqual(['by nobody']))
    server.sockets[0]?.terminate()
    await reached(socket, 'waiting')
    socket.send('by nobody, later')
    clock.advanceToNext()
    await eventually(() => expect(server.received).toEqual(['by nobody', 'by nobody, later']))
    server.sockets[1]?.terminate()
    await reached(socket, 'waiting')
    era++
    socket.send('by bob after clear()')
    clock.advanceToNext()
    await next(socket, 'open')
    expect(socket.bufferedAmount).toBe(0)
    expect(server.received).not.toContain('by bob after clear()')
  })

  it('goes on, and closes, though its source throws at what became of it', async () => {
    const thrown: unknown[] = []
    const note = (error: unknown): number => thrown.push(error)
    process.on('uncaughtException', note)
    onTestFinished(() => void process.off('uncaughtException', note))
    const inner = ticketSource({ url: server.ticketUrl, credential: () => 'opaque' })
    const settled = (): never => {
      throw new Error('settled')
    }
    const socket = connect({ tickets: sourceAround(inner, { settled }) })
    await next(socket, 'open')
    server.sockets[0]?.terminate()
    await reached(socket, 'waiting')
    clock.advanceToNext()
    await next(socket, 'open')
    socket.close()
    await next(socket, 'close')
    await eventually(() => expect(server.sockets.every(({ readyState }) => readyState === 3)).toBe(true))
    expect(thrown.length).toBe(3)
  })

  it.each([undefined, null, {}, { ticket: Symbol('ticket') }])(
    'tries again after a source of somebody’s own gave %o',
    async (granted) => {
      const inner = ticketSource({ url: server.ticketUrl, credential: () => 'opaque' })
      let asked = 0
      const grant = async (options?: GrantOptions): Promise<TicketGrant> =>
        ++asked === 1 ? (granted as unknown as TicketGrant) : await inner.grant(options)
      const socket = connect({ tickets: sourceAround(inner, { grant }) })
      expect((await reached(socket, 'waiting')).cause).toMatchObject({
        code: 'response_invalid',
        detail: 'the source gave no ticket',
      })
      clock.advanceToNext()
      await next(socket, 'open')
    },
  )

  it('closes with a code that is a text', async () => {
    const socket = connect()
    await next(socket, 'open')
    // @ts-expect-error who writes JavaScript may give anything
    socket.close('4000')
    expect(await next(socket, 'close')).toMatchObject({ code: 4000 })
    // @ts-expect-error the same
    expect(() => connect().close('soon')).toThrow(DOMException)
  })

  it('tells the end last, also of a socket that is closed by its source on hearing of a failure', async () => {
    const inner = ticketSource({ url: server.ticketUrl, credential: () => 'opaque' })
    server.upgrades.push('cut')
    const socket: TicketSocket = connect({
      tickets: sourceAround(inner, { settled: ({ opened }) => opened || socket.close() }),
    })
    const log = record(socket)
    await next(socket, 'close')
    expect(log.slice(-3)).toEqual([
      'connecting > waiting: connection_failed',
      'waiting > stopped: closed_by_client',
      'close 1000',
    ])
  })

  it('asks for nothing when a listener closes it on hearing that the session ended', async () => {
    const credential = vi.fn(() => 'opaque')
    server.upgrades.push({ admit: 'wsticket.v1', after: (peer) => peer.close(3000, 'session_expired') })
    const socket = connect({ credential })
    socket.addEventListener('statechange', ({ from }) => {
      if (from.name === 'open') socket.close()
    })
    await next(socket, 'close')
    await new Promise((resolve) => setImmediate(resolve))
    expect(credential).toHaveBeenCalledTimes(1)
  })

  it('names itself to its source, when it asks and when it tells', async () => {
    const names: unknown[] = []
    const inner = ticketSource({ url: server.ticketUrl, credential: () => 'opaque' })
    const socket = connect({
      tickets: sourceAround(inner, {
        grant: (options) => {
          names.push(options?.by)
          return inner.grant(options)
        },
        settled: ({ by }) => names.push(by),
      }),
    })
    await next(socket, 'open')
    expect(names).toEqual([socket, socket])
  })

  it('sends what the message was when it was given, open or not', async () => {
    const socket = connect()
    const shared = new SharedArrayBuffer(2)
    for (const when of ['waiting', 'open']) {
      const bytes = new TextEncoder().encode(when)
      socket.send(bytes)
      bytes.fill(0)
      socket.send(shared)
      // @ts-expect-error who writes JavaScript may send anything
      socket.send({})
      if (when === 'waiting') await next(socket, 'open')
      await eventually(() => expect(server.received.slice(-3)).toEqual([when, '\0\0', '[object Object]']))
    }
  })

  it('sends as a text what is neither text nor bytes, as a WebSocket does', async () => {
    const socket = connect()
    // @ts-expect-error who writes JavaScript may send anything
    socket.send(5)
    // @ts-expect-error the same
    socket.send({})
    expect(socket.bufferedAmount).toBe(16)
    await eventually(() => expect(server.received).toEqual(['5', '[object Object]']))
  })

  it('is open, and says so, though a WebSocket throws at a message that waited', async () => {
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
    class Throwing extends WebSocket {
      override send(data: string): void {
        if (data === 'bad') throw new Error('cannot be sent')
        super.send(data)
      }
    }
    const socket = connect({ WebSocket: Throwing })
    const log = record(socket)
    socket.send('good')
    socket.send('bad')
    await next(socket, 'open')
    expect(log.at(-2)).toBe('connecting > open: connected')
    expect(await thrown).toMatchObject({ message: 'cannot be sent' })
    expect(socket.bufferedAmount).toBe(3)
    await eventually(() => expect(server.received).toEqual(['good']))
  })

  it.each([
    ['a delay that is no number', { retry_after: '30s' }],
    ['a delay that is negative', { retry_after: -1000 }],
    ['a detail that is no text', { detail: { why: 'so' } }],
  ])('waits as after any such status: %s', async (_, more) => {
    server.ticketAnswers.push(problem(429, 'rate_limited', more))
    const socket = connect()
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'rate_limited' } })
    expect(dueIn(socket)).toBe(500)
  })

  it('does not wait longer than an hour, whatever it is told', async () => {
    server.ticketAnswers.push({ status: 503, headers: { 'retry-after': '999999999' } })
    const socket = connect()
    await reached(socket, 'waiting')
    expect(dueIn(socket)).toBe(3_600_500)
  })

  // A proxy has nothing but a 404 while no server is up.
  it('comes back after a 404 that is not ours', async () => {
    server.ticketAnswers.push({ status: 404, body: 'page not found' })
    const socket = connect()
    expect(await reached(socket, 'waiting')).toMatchObject({ cause: { code: 'response_invalid' } })
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('asks again for a credential after one that never came', async () => {
    let calls = 0
    const socket = connect({
      credential: () => (++calls === 1 ? new Promise<string>(() => {}) : 'the-jwt'),
    })
    await eventually(() => expect(calls).toBe(1))
    clock.advance(15_000)
    expect(socket.state.name).toBe('waiting')
    clock.advanceToNext()
    await next(socket, 'open')
  })

  it('shows nothing of a credential that no header can carry', async () => {
    const socket = connect({ credential: () => 'SECRET\nJWT' })
    const { cause } = await reached(socket, 'waiting')
    expect(cause.code).toBe('credential_unavailable')
    expect(JSON.stringify(cause)).not.toContain('SECRET')
  })
})

describe('a source that presents something else', () => {
  it('has it carried as it says, named in the state, and hears what became of each attempt', async () => {
    const outcomes: unknown[] = []
    const inner = ticketSource({ url: server.ticketUrl, credential: () => 'opaque' })
    const tickets: TicketSource = {
      take: () => inner.take(),
      protocols: () => inner.protocols(),
      url: (url) => inner.url(url),
      clear: () => inner.clear(),
      renew: () => Promise.reject(new Error('there is no ref to renew by')),
      grant: () =>
        Promise.resolve({
          ticket: '',
          pathway: 'jwt_subprotocol',
          carriedBy: ['wsticket.v1', 'jwt.a.b.c'],
          credentialExpiresAt: clock.now() + 900_000,
        }),
      settled: (outcome) => {
        const cause: Cause | undefined = outcome.opened ? undefined : outcome.cause
        outcomes.push([outcome.opened, outcome.pathway, cause?.code])
      },
    }
    server.upgrades.push('cut')
    const socket = connect({ tickets, protocols: 'chat.v2' })
    await reached(socket, 'waiting')
    clock.advanceToNext()
    await next(socket, 'open')
    expect(socket.state).toMatchObject({ pathway: 'jwt_subprotocol', ref: undefined, until: undefined })
    expect(server.offers[1]).toEqual(['wsticket.v1', 'jwt.a.b.c', 'wsticket.refused', 'chat.v2'])
    expect(outcomes).toEqual([
      [false, 'jwt_subprotocol', 'connection_failed'],
      [true, 'jwt_subprotocol', undefined],
    ])
  })
})
