import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { type Listening, listen } from '../../../../test/listen.js'
import { rawHttp, requestText } from '../../../../test/raw-http.js'
import { attempt, dial, dialRefused } from '../../../../test/socket-probe.js'
import { within } from '../../../../test/within.js'
import { storeWith } from '../../test/broken-store.js'
import { ORIGIN, type Rig, type RigOptions, rig } from '../../test/rig.js'
import { manualClock } from '../conformance/manual-clock.js'
import type { Session } from '../sessions/session.js'
import { memoryStore } from '../stores/memory.js'
import { serverLimits, ticketRoutes } from './node-http.js'
import { type AdmitOptions, admitUpgrades } from './ws.js'

interface Under extends Listening {
  readonly of: Rig
  readonly server: Server
  /** The server's side of every connection. */
  readonly connections: Socket[]
  readonly served: { readonly socket: WebSocket; readonly session: Session; readonly heard: string[] }[]
  readonly stop: () => void
}

async function start(
  options: RigOptions & { readonly admit?: Partial<AdmitOptions>; readonly server?: Server } = {},
): Promise<Under> {
  const { admit = {}, server = createServer(serverLimits), ...more } = options
  const of = rig({ audiences: [], ...more })
  const served: Under['served'] = []
  const connections: Socket[] = []
  server.on('connection', (socket) => connections.push(socket))
  const stop = admitUpgrades(server, of.wsticket, { path: '/ws', ...admit }, (socket, session) => {
    const heard: string[] = []
    served.push({ socket, session, heard })
    socket.on('message', (data) => {
      heard.push(String(data))
      socket.send(`echo: ${String(data)}`)
    })
  })
  return { of, server, connections, served, stop, ...(await listen(server)) }
}

async function until(what: string, reached: () => boolean): Promise<void> {
  await within(
    what,
    (async () => {
      while (!reached()) await new Promise((resolve) => setImmediate(resolve))
    })(),
  )
}

function handshake(ticket: string, ...more: readonly string[]): string {
  return requestText(
    'GET /ws HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Origin: ${ORIGIN}`,
    `Sec-WebSocket-Protocol: wsticket.v1, wsticket.${ticket}`,
    ...more,
  )
}

const liveSessions = async (of: Rig): Promise<number> => {
  const { json } = await of.ask({ target: '/api/websocket/tickets/status' })
  const { counters } = json as { readonly counters: { readonly sessions_live: number } }
  return counters.sessions_live
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a socket that floods', () => {
  // A client that sent tiny messages in large chunks had all of a chunk handled in one go, and the process for itself.
  it('has its messages handled one a turn, so that others get theirs', async () => {
    const { port, of, served } = await start()
    const { ticket } = await of.ticketOf('ada')
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.write(handshake(ticket))
    await until('the socket', () => served.length === 1)
    let turn = 0
    let flooding = true
    const tick = (): void => {
      turn += 1
      if (flooding) setImmediate(tick)
    }
    tick()
    const turns: number[] = []
    served[0]?.socket.on('message', () => turns.push(turn))
    // A masked text frame of one byte.
    client.write(Buffer.concat(Array.from({ length: 500 }, () => Buffer.from('81810000000078', 'hex'))))
    await until('all messages', () => turns.length === 500)
    flooding = false
    client.destroy()
    expect(new Set(turns).size).toBeGreaterThan(400)
  })

  // 150 connections without any ticket made the server keep 150 MiB for them.
  it('is cut at once if it was let in only to be told a refusal', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { port, connections } = await start()
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.write(handshake(`wst1_${'a'.repeat(56)}`).replace('Protocol: ', 'Protocol: wsticket.refused, '))
    await once(client, 'data')
    // The beginning of a binary frame of 1 MiB.
    client.write(Buffer.from('82ff000000000010000000000000', 'hex'))
    await once(client, 'close')
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([true])
  })
})

describe('registering routes', () => {
  it.each(['ws', '', '//ws', '/ws?x', 'http://localhost/ws'])('refuses the path %j', (path) => {
    const { wsticket } = rig()
    expect(() => admitUpgrades(createServer(), wsticket, { path }, () => {})).toThrow(
      /must begin with one slash/,
    )
  })

  it('refuses a path that is taken, on the same server only', () => {
    const { wsticket } = rig()
    const server = createServer()
    admitUpgrades(server, wsticket, { path: '/ws' }, () => {})
    expect(() => admitUpgrades(server, wsticket, { path: '/ws' }, () => {})).toThrow('/ws is taken')
    expect(() => admitUpgrades(createServer(), wsticket, { path: '/ws' }, () => {})).not.toThrow()
    expect(server.listenerCount('upgrade')).toBe(1)
  })

  it('makes the route the audience of tickets, by its path or its own name', async () => {
    const { of } = await start({ admit: { audience: 'chat' } })
    const { ref } = await of.ticketOf('ada')
    expect(await of.wsticket.inspect(ref)).toMatchObject({ record: { audience: 'chat' } })
  })

  it('can be taken back; sockets stay', async () => {
    const { of, ws, stop } = await start()
    const ticket = (await of.ticketOf('ada')).ticket
    const socket = await dial(`${ws}/ws?ticket=${ticket}`, { origin: ORIGIN })
    stop()
    expect(await dialRefused(`${ws}/ws`, { origin: ORIGIN })).toMatchObject({ status: 404 })
    socket.send('still here')
    expect(await socket.next()).toBe('echo: still here')
  })

  it('is taken back with its audience, for which no ticket is issued any more', async () => {
    const { of, stop } = await start()
    of.wsticket.binding.registerRoute({ audience: 'other', path: '/other' })
    stop()
    const { ref } = await of.ticketOf('ada')
    expect(await of.wsticket.inspect(ref)).toMatchObject({ record: { audience: 'other' } })
  })

  it('keeps an audience that another server has too', async () => {
    const { of, stop } = await start()
    admitUpgrades(createServer(), of.wsticket, { path: '/ws' }, () => {})
    stop()
    stop()
    const { ref } = await of.ticketOf('ada')
    expect(await of.wsticket.inspect(ref)).toMatchObject({ record: { audience: '/ws' } })
  })

  it('leaves an upgrade on a path of nobody to another listener, where there is one', async () => {
    const server = createServer()
    const others: string[] = []
    server.on('upgrade', (request: IncomingMessage, socket) => {
      if (request.url !== '/other') return
      others.push(request.url)
      socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')
    })
    const { ws } = await start({ server })
    expect(await dialRefused(`${ws}/other`)).toMatchObject({ status: 418 })
    expect(others).toEqual(['/other'])
  })

  it('answers 404 itself where there is none, and does not let the connection hang', async () => {
    // The guard of slow connections listened for upgrades too, and so looked like somebody else who would answer.
    const { of, ws } = await start()
    const refusal = await dialRefused(`${ws}/other`, { origin: ORIGIN })
    expect(refusal).toMatchObject({ status: 404, headers: { connection: 'close' } })
    expect(JSON.parse(refusal.body)).toMatchObject({ code: 'not_found' })
    expect(of.take('redeem.refused')).toMatchObject([
      { code: 'not_found', address: '127.0.0.1', origin: ORIGIN, reason: 'no route at /other; there is /ws' },
    ])
  })
})

describe('a handshake that is torn off', () => {
  it('at any byte crashes nothing, holds no place and burns no ticket that was not read whole', async () => {
    const { of, ws, port, served } = await start({ limits: { socketsPerAddress: 1 } })
    const { ticket, ref } = await of.ticketOf('ada')
    const bytes = Buffer.from(handshake(ticket))
    for (let length = 0; length < bytes.length; length += 1) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      await once(socket, 'connect')
      if (length > 0) await new Promise((resolve) => socket.write(bytes.subarray(0, length), resolve))
      socket.resetAndDestroy()
    }
    expect(await of.wsticket.inspect(ref)).toMatchObject({ state: 'outstanding' })
    const socket = await dial(`${ws}/ws?ticket=${ticket}`, { origin: ORIGIN })
    socket.send('alive')
    expect(await socket.next()).toBe('echo: alive')
    expect(served).toHaveLength(1)
    expect(of.take('handler.failed')).toEqual([])
  })

  it('after its last byte leaves no session behind, whenever the store answers', async () => {
    const clock = manualClock()
    const memory = memoryStore({ clock })
    let answer = (): void => {}
    const store = storeWith(memory, {
      redeem: async (...args) => {
        await new Promise<void>((resolve) => {
          answer = resolve
        })
        return memory.redeem(...args)
      },
    })
    const { of, port, connections, served } = await start({ clock, store, limits: { socketsPerAddress: 1 } })
    for (let count = 0; count < 3; count += 1) {
      const { ticket, ref } = await of.ticketOf('ada')
      answer = () => {}
      const waiting = answer
      const client = connect(port, '127.0.0.1')
      client.on('error', () => {})
      client.write(handshake(ticket))
      await until('the redeem', () => answer !== waiting)
      const here = connections.at(-1)
      client.resetAndDestroy()
      await until('the reset to be seen', () => here?.closed === true)
      answer()
      await until('the session to be given up', () =>
        of.heard.some((event) => event.name === 'session.closed' && event.ref === ref),
      )
      expect(await of.wsticket.inspect(ref)).toMatchObject({ state: 'used' })
      expect(await liveSessions(of)).toBe(0)
    }
    expect(served).toEqual([])
  })

  it('in the middle of a refusal crashes nothing', async () => {
    const { of, port, ws } = await start()
    for (const offer of ['wsticket.v1', 'wsticket.v1, wsticket.refused']) {
      const bytes = handshake('x').replace('wsticket.v1, wsticket.x', offer)
      for (let count = 0; count < 10; count += 1) {
        const client = connect(port, '127.0.0.1')
        client.on('error', () => {})
        client.write(bytes)
        client.once('data', () => client.resetAndDestroy())
        await once(client, 'close')
      }
    }
    const { ticket } = await of.ticketOf('ada')
    await dial(`${ws}/ws?ticket=${ticket}`, { origin: ORIGIN })
    expect(of.take('handler.failed')).toEqual([])
  })
})

describe('a client that is slow', () => {
  it('to say what it wants is cut off after ten seconds, whoever is served meanwhile is not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { of, port, connections } = await start({ server: createServer() })
    const slow = connect(port, '127.0.0.1')
    await once(slow, 'connect')
    slow.write('GET /ws HTTP/1.1\r\nHost: loc')
    const { ticket } = await of.ticketOf('ada')
    const client = connect(port, '127.0.0.1')
    client.write(handshake(ticket))
    const [head] = (await once(client, 'data')) as [Buffer]
    expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /)
    await until('both connections', () => connections.length === 2)
    vi.advanceTimersByTime(9999)
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([false, false])
    vi.advanceTimersByTime(1)
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([true, false])
    await once(slow, 'close')
    client.destroy()
  })

  it('to read its refusal is cut off after five seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { port, connections } = await start({ server: createServer() })
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    client.write(handshake('none').replace('wsticket.none', 'x'))
    await once(client.resume(), 'end')
    expect(connections[0]?.destroyed).toBe(false)
    vi.advanceTimersByTime(5000)
    expect(connections[0]?.destroyed).toBe(true)
    client.destroy()
  })

  it('to say all that it has to say reads its refusal, and its connection ends with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { port, connections } = await start({ server: createServer() })
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let text = ''
    client.on('data', (chunk) => {
      text += chunk.toString()
    })
    client.write(
      Buffer.concat([Buffer.from(handshake('none').replace('wsticket.none', 'x')), Buffer.alloc(1_000_000)]),
    )
    await once(client, 'end')
    expect(text).toMatch(/^HTTP\/1\.1 401 .*"code":"credential_missing".*}$/s)
    client.end()
    await until('the connection to end', () => connections[0]?.closed === true)
  })

  it('to close a socket that was opened to be refused counts as one of its address until it is gone', async () => {
    const { of, port, ws } = await start({ limits: { socketsPerAddress: 1 } })
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.write(handshake('none').replace('wsticket.none', 'wsticket.refused'))
    await once(client, 'data')
    const { ticket } = await of.ticketOf('ada')
    const dialled = `${ws}/ws?ticket=${ticket}`
    expect(await dialRefused(dialled, { origin: ORIGIN })).toMatchObject({ status: 429 })
    client.destroy()
    await within(
      'its place to be free',
      (async () => {
        while ('status' in (await attempt(dialled, { origin: ORIGIN }))) {
          // Until the server has seen the close.
        }
      })(),
    )
  })

  it('to close a socket that was opened to be refused is cut off after five seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { port, connections } = await start({ server: createServer() })
    const client = connect(port, '127.0.0.1')
    client.write(handshake('none').replace('wsticket.none', 'wsticket.refused'))
    const [head] = (await once(client, 'data')) as [Buffer]
    expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /)
    vi.advanceTimersByTime(4999)
    expect(connections[0]?.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(connections[0]?.destroyed).toBe(true)
    client.destroy()
  })
})

describe('input that crashed others', () => {
  it('CVE-2024-37890: more headers than the server reads are refused, and the server lives', async () => {
    const server = createServer({ maxHeaderSize: 1_000_000 })
    server.maxHeadersCount = 5
    const { of, port, ws } = await start({ server })
    const { ticket } = await of.ticketOf('ada')
    const many = Array.from({ length: 2500 }, (_, index) => `X-${index}: y`)
    // The Upgrade header is beyond those that are read, as in the attack on ws.
    const bytes = requestText('GET /ws HTTP/1.1', ...many, ...handshake(ticket).trim().split('\r\n').slice(1))
    const answer = await rawHttp({ port, bytes })
    expect([400, 426, 431]).toContain(answer.status)
    server.maxHeadersCount = 2000
    await dial(`${ws}/ws?ticket=${ticket}`, { origin: ORIGIN })
  })

  it('more than 16 KiB of headers are 431 where node lets them through', async () => {
    const { of, port } = await start({ server: createServer({ maxHeaderSize: 1_000_000 }) })
    const { ticket, ref } = await of.ticketOf('ada')
    const answer = await rawHttp({ port, bytes: handshake(ticket, `X-Big: ${'y'.repeat(17_000)}`) })
    expect(answer.status).toBe(431)
    expect(await of.wsticket.inspect(ref)).toMatchObject({ state: 'outstanding' })
  })

  it.each([
    ['one protocol a thousand times', Array.from({ length: 1000 }, () => 'a').join(', ')],
    ['a thousand empty protocols', ','.repeat(1000)],
    ['CVE-2021-32640: a long run of spaces', `a${' '.repeat(10_000)}b`],
    ['no tokens', '"quoted", (comment)'],
  ])('%s are 400 in no time', async (_what, offer) => {
    const { port } = await start()
    const bytes = handshake('x').replace(/Sec-WebSocket-Protocol: .*/, `Sec-WebSocket-Protocol: ${offer}`)
    const before = performance.now()
    expect((await rawHttp({ port, bytes })).status).toBe(400)
    expect(performance.now() - before).toBeLessThan(2000)
  })

  it('the protocol header twice is read as one list', async () => {
    const { of, port } = await start({ admit: { selectProtocol: (offered) => offered[0] } })
    const { ticket } = await of.ticketOf('ada')
    const bytes = handshake(ticket, 'Sec-WebSocket-Protocol: chat.v2')
    const answer = await rawHttp({ port, bytes, until: (text) => text.includes('\r\n\r\n') })
    expect(answer.status).toBe(101)
    expect(answer.headers.filter(([name]) => name === 'sec-websocket-protocol')).toEqual([
      ['sec-websocket-protocol', 'chat.v2'],
    ])
  })

  it('frames that are none end their own socket and nothing else', async () => {
    const { of, port, ws, served } = await start()
    const good = await dial(`${ws}/ws?ticket=${(await of.ticketOf('ada')).ticket}`, { origin: ORIGIN })
    const { ticket } = await of.ticketOf('ada')
    await rawHttp({ port, bytes: Buffer.concat([Buffer.from(handshake(ticket)), Buffer.alloc(4000, 0xff)]) })
    await until('the session to end', () => served.some(({ session }) => session.signal.aborted))
    good.send('alive')
    expect(await good.next()).toBe('echo: alive')
  })

  it('a message larger than 1 MiB ends its own socket with 1009', async () => {
    const { of, ws } = await start()
    const socket = await dial(`${ws}/ws?ticket=${(await of.ticketOf('ada')).ticket}`, { origin: ORIGIN })
    socket.send(new Uint8Array(1024 * 1024 + 1))
    expect(await socket.end()).toMatchObject({ code: 1009 })
  })
})

describe('what the application brings', () => {
  it('and that breaks while a subprotocol is selected ends in no session', async () => {
    const { of, ws } = await start({
      admit: {
        selectProtocol: () => {
          throw new Error('the application broke')
        },
      },
    })
    const { ticket } = await of.ticketOf('ada')
    await expect(attempt(`${ws}/ws?ticket=${ticket}`, { origin: ORIGIN })).rejects.toThrow(
      /hang up|ECONNRESET/,
    )
    expect(of.take('handler.failed')).toMatchObject([{ where: 'ws', message: 'the application broke' }])
    expect(await liveSessions(of)).toBe(0)
  })

  it('and that refuses by its own check ends in no session', async () => {
    const { of, ws } = await start({ admit: { ws: { verifyClient: () => false } } })
    const { ticket } = await of.ticketOf('ada')
    expect(await dialRefused(`${ws}/ws?ticket=${ticket}`, { origin: ORIGIN })).toMatchObject({ status: 401 })
    await until('the session to be given up', () => of.heard.some(({ name }) => name === 'session.closed'))
    expect(await liveSessions(of)).toBe(0)
  })

  it('and that throws is told to the operator, not to the client', async () => {
    const of = rig({ audiences: [] })
    const server = createServer()
    admitUpgrades(server, of.wsticket, { path: '/ws' }, async () => {
      await Promise.reject(new Error('the password is hunter2'))
    })
    const { ws } = await listen(server)
    const socket = await dial(`${ws}/ws?ticket=${(await of.ticketOf('ada')).ticket}`, { origin: ORIGIN })
    expect(await socket.end()).toEqual({ code: 1011, reason: '' })
    expect(of.take('handler.failed')).toMatchObject([
      { where: 'socket handler', message: 'the password is hunter2' },
    ])
  })

  it('is not called for a session that was revoked before its socket was there', async () => {
    const clock = manualClock()
    const memory = memoryStore({ clock })
    const store = storeWith(memory, {
      redeem: async (ref, ...rest) => {
        const outcome = await memory.redeem(ref, ...rest)
        await memory.revoke({ kind: 'session', ref, code: 'session_revoked' })
        return outcome
      },
    })
    const { of, ws, served } = await start({ clock, store })
    const socket = await dial(`${ws}/ws?ticket=${(await of.ticketOf('ada')).ticket}`, { origin: ORIGIN })
    expect(await socket.end()).toEqual({ code: 3003, reason: 'session_revoked' })
    expect(served).toEqual([])
  })

  it('may go on sending after the close; nothing of it arrives and nothing breaks', async () => {
    const { of, ws, served } = await start()
    const socket = await dial(`${ws}/ws?ticket=${(await of.ticketOf('ada')).ticket}`, { origin: ORIGIN })
    await until('the application', () => served.length === 1)
    const [first] = served
    first?.session.close()
    first?.socket.send('too late', () => {})
    first?.socket.ping('', undefined, () => {})
    expect(await socket.end()).toEqual({ code: 3003, reason: 'session_closed' })
    expect(socket.waiting).toBe(0)
  })
})

describe('signs of life', () => {
  it('are pongs, pings and messages', async () => {
    const { of, ws, served } = await start()
    const socket = await dial(`${ws}/ws?ticket=${(await of.ticketOf('ada')).ticket}`, { origin: ORIGIN })
    await until('the application', () => served.length === 1)
    // The client answers each ping by itself; three beats pass.
    for (let beat = 0; beat < 3; beat += 1) {
      const answered = once(served[0]?.socket ?? unreached(), 'pong')
      await of.clock.run(beat === 0 ? 25_000 : 15_000)
      await answered
      await of.clock.run(10_000)
    }
    socket.send('alive')
    expect(await socket.next()).toBe('echo: alive')
  })

  it('keep a socket from being idle only if they are messages', async () => {
    const { of, ws, served } = await start({ sessions: { idleSeconds: 40 } })
    const socket = await dial(`${ws}/ws?ticket=${(await of.ticketOf('ada')).ticket}`, { origin: ORIGIN })
    await until('the application', () => served.length === 1)
    await of.clock.run(20_000)
    socket.send('alive')
    expect(await socket.next()).toBe('echo: alive')
    const answered = once(served[0]?.socket ?? unreached(), 'pong')
    await of.clock.run(5_000)
    await answered
    await of.clock.run(34_999)
    expect(served[0]?.session.signal.aborted).toBe(false)
    await of.clock.run(1)
    expect(await socket.end()).toEqual({ code: 3008, reason: 'session_idle' })
  })
})

describe('routes and sockets on one server', () => {
  it('work together: a ticket over HTTP opens a socket', async () => {
    const of = rig({ audiences: [] })
    const server = createServer(serverLimits, ticketRoutes(of.wsticket))
    admitUpgrades(server, of.wsticket, { path: '/ws' }, (socket, session) =>
      socket.send(`hello ${session.principal.subject}`),
    )
    const { http } = await listen(server)
    const answer = await fetch(`${http}/api/websocket/ticket`, {
      method: 'POST',
      headers: { authorization: `Bearer ${of.tokenOf('ada')}` },
    })
    const { websocket_url } = (await answer.json()) as { readonly websocket_url: string }
    const socket = await dial(websocket_url, { origin: ORIGIN })
    expect(await socket.next()).toBe('hello ada')
  })
})

function unreached(): never {
  throw new Error('the application was not reached')
}
