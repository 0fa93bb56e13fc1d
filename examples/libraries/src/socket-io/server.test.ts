import { type EventEmitter, once } from 'node:events'
import { ticketSource } from '@wsticket/client'
import { io, type Socket } from 'socket.io-client'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/eventually.js'
import { HeldUpStore } from '../../test/held-up-store.js'
import { ticketsAt } from '../../test/here.js'
import { type DemoServer, newJournal, type Service, startDemoServer } from '../demo/server.js'
import { socketIoService } from '../demo/services/socket-io.js'
import { connectSocketIo } from './client.js'
import { serveSocketIo } from './server.js'

async function start(
  options: Parameters<typeof startDemoServer>[1] = {},
  service: Service = socketIoService,
): Promise<DemoServer> {
  const demo = await startDemoServer(service, options)
  onTestFinished(() => demo.kill())
  return demo
}

/** A client that shows something, and keeps what it is told. */
function show(demo: DemoServer, auth: object, origin?: string): { socket: Socket; told: unknown[] } {
  const told: unknown[] = []
  const socket = io(demo.http, {
    auth: { ...auth },
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
    ...(origin === undefined ? {} : { extraHeaders: { origin } }),
  })
  onTestFinished(() => {
    socket.disconnect()
  })
  socket.on('connect', () => told.push('connect'))
  socket.on('connect_error', (error: Error & { data?: unknown }) => told.push(error.data))
  socket.on('wsticket:end', (end: unknown) => told.push(end))
  socket.on('disconnect', (reason) => told.push(reason))
  return { socket, told }
}

it('says why it refuses, and tells the audit log', async () => {
  const demo = await start()
  const refused: unknown[] = []
  demo.wsticket.events.on('redeem.refused', ({ code, carrier }) => refused.push([code, carrier]))
  const ticket = await ticketsAt(demo.http).take()
  const told = async (auth: object, origin?: string): Promise<unknown> => {
    const client = show(demo, auth, origin)
    await eventually(() => expect(client.told).toHaveLength(1))
    return client.told[0]
  }
  expect(await told({})).toEqual({ code: 'credential_missing' })
  expect(await told({ ticket: 7 })).toEqual({ code: 'credential_missing' })
  expect(await told({ ticket: 'wst1_no' })).toEqual({ code: 'ticket_unknown' })
  expect(await told({ ticket }, 'https://evil.example')).toEqual({ code: 'origin_refused' })
  // That did not burn it.
  expect(await told({ ticket }, demo.http)).toBe('connect')
  expect(await told({ ticket })).toMatchObject({ code: 'ticket_used' })
  expect(refused).toEqual([
    ['credential_missing', undefined],
    ['credential_missing', undefined],
    ['ticket_unknown', 'payload'],
    ['origin_refused', undefined],
    ['ticket_used', 'payload'],
  ])
})

it('tells a client why its session ends before it disconnects it', async () => {
  const demo = await start()
  const { told } = show(demo, { ticket: await ticketsAt(demo.http).take() })
  await eventually(() => expect(told).toEqual(['connect']))
  await demo.wsticket.revoke({ subject: 'ada' })
  await eventually(() =>
    expect(told).toEqual(['connect', { code: 'session_revoked' }, 'io server disconnect']),
  )
})

it('ends the session of a client that goes', async () => {
  const demo = await start()
  const closed: string[] = []
  demo.wsticket.events.on('session.closed', ({ ref }) => closed.push(ref))
  const { socket, told } = show(demo, { ticket: await ticketsAt(demo.http).take() })
  await eventually(() => expect(told).toEqual(['connect']))
  socket.disconnect()
  await eventually(() => expect(closed).toHaveLength(1))
})

it('ends the session of a client that went while its ticket was redeemed', async () => {
  const heldUp = new HeldUpStore()
  let gone: Promise<unknown> = Promise.resolve()
  const service: Service = {
    ...socketIoService,
    attach({ server, wsticket, origins }) {
      const { engine } = serveSocketIo(server, wsticket, origins, () => {})
      engine.once('connection', (conn: EventEmitter) => {
        gone = once(conn, 'close')
      })
      return undefined
    },
  }
  const demo = await start({ store: heldUp.store }, service)
  const ends: string[] = []
  demo.wsticket.events.on('session.opened', () => ends.push('opened'))
  demo.wsticket.events.on('session.closed', () => ends.push('closed'))
  const { told } = show(demo, { ticket: await ticketsAt(demo.http).take() })
  await heldUp.asked
  demo.cut()
  await gone
  heldUp.release()
  await eventually(() => expect(ends).toEqual(['opened', 'closed']))
  expect(told).not.toContain('connect')
})

it('keeps a client whose own heartbeat works, though it knows no other', async () => {
  const demo = await start({ sessions: { heartbeatSeconds: 2, heartbeatTimeoutSeconds: 1 } })
  const since = performance.now()
  const { told } = show(demo, { ticket: await ticketsAt(demo.http).take() })
  await eventually(() => expect(performance.now() - since).toBeGreaterThan(3500))
  expect(told).toEqual(['connect'])
})

it('is tried again by a client whose ticket was used, and left alone by one whose session was closed', async () => {
  const journal = newJournal()
  const demo = await start({ journal })
  const good = ticketsAt(demo.http)
  const used = await good.take()
  const first = show(demo, { ticket: used })
  await eventually(() => expect(first.told).toEqual(['connect']))

  const stopped: string[] = []
  let taken = 0
  const tickets = ticketSource({ take: () => (taken++ === 0 ? used : good.take()) })
  const { socket, close } = connectSocketIo(demo.http, tickets, {
    forceNew: true,
    firstWindowMs: 20,
    onStopped: (code) => stopped.push(code),
  })
  onTestFinished(close)
  await eventually(() => expect(socket.connected).toBe(true))
  expect(taken).toBe(2)
  await demo.wsticket.revoke({ session: journal.presented[2] ?? '' })
  await eventually(() => expect(stopped).toEqual(['session_closed']))
  expect(socket.active).toBe(false)
})
