import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../../test/eventually.js'
import { ManualClock } from '../../test/manual-clock.js'
import {
  type MisbehavingServer,
  problem,
  startMisbehavingServer,
  ticketNumber,
} from '../../test/misbehaving-server.js'
import { ticketSource } from '../ticket-source.js'
import { isFinal, mayReconnect, ticketWebSocket } from './index.js'

let server: MisbehavingServer
let clock: ManualClock

beforeEach(async () => {
  clock = new ManualClock()
  server = await startMisbehavingServer()
  server.now = () => clock.now()
})

afterEach(() => server.stop())

function open(protocols?: string | string[]) {
  const tickets = ticketSource({ url: server.ticketUrl, credential: () => 'opaque', clock })
  const TicketWebSocket = ticketWebSocket(tickets, { WebSocket, clock, random: () => 0.5 })
  const socket = new TicketWebSocket(server.url, protocols)
  onTestFinished(() => socket.close())
  const told: string[] = []
  socket.addEventListener('open', () => told.push('open'))
  socket.addEventListener('error', () => told.push('error'))
  socket.addEventListener('close', ({ code, reason }) =>
    told.push(`close ${code} ${reason}`.trim(), `while ${socket.readyState}`),
  )
  return { socket, told }
}

it('is one connection: it closes once, fires no error, and does not come back', async () => {
  server.upgrades.push({ admit: 'chat.v2' })
  const { socket, told } = open(['chat.v2'])
  await eventually(() => expect(told).toEqual(['open']))
  expect(socket.protocol).toBe('chat.v2')
  server.sockets[0]?.terminate()
  await eventually(() => expect(told).toEqual(['open', 'close 1006', 'while 3']))
  clock.advance(60_000)
  expect(server.presented).toEqual([ticketNumber(1).ticket])
})

it('waits while the ticket route is down, before it is open', async () => {
  server.ticketAnswers.push('cut', problem(503, 'store_unavailable'))
  const { socket, told } = open()
  for (let round = 0; round < 2; round++) {
    await eventually(() => expect(socket.state.name).toBe('waiting'))
    clock.advanceToNext()
  }
  await eventually(() => expect(told).toEqual(['open']))
})

it('tells a refusal by the code of its close', async () => {
  server.ticketAnswers.push(problem(401, 'credential_revoked'))
  const { told } = open()
  await eventually(() => expect(told).toEqual(['close 3003 credential_revoked', 'while 3']))
})

it('tells whether there is something to come back for', () => {
  expect([1006, 1012, 1013, 3008, 4000].map((code) => mayReconnect({ code }))).toEqual(Array(5).fill(true))
  expect([1000, 3000, 3003].map((code) => mayReconnect({ code }))).toEqual([false, false, false])
  for (const ended of [undefined, null, 'lost', new Error('lost')]) expect(mayReconnect(ended)).toBe(false)
})

it('tells codes that only a login or a deployment changes from those that pass', () => {
  const codes = [
    'credential_invalid',
    'credential_revoked',
    'origin_refused',
    'pathway_disabled',
    'not_found',
  ]
  for (const code of codes) expect(isFinal(code), code).toBe(true)
  for (const code of [
    'store_unavailable',
    'rate_limited',
    'ticket_used',
    'network_unreachable',
    'draining',
    'teapot',
  ])
    expect(isFinal(code), code).toBe(false)
})
