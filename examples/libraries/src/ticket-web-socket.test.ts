import { setTimeout as pause } from 'node:timers/promises'
import { mayReconnect, ticketWebSocket } from '@wsticket/client/libraries'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../test/eventually.js'
import { ticketsAt } from '../test/here.js'
import { type DemoServer, newJournal, startDemoServer } from './demo/server.js'
import { chatService } from './demo/services/chat.js'

// Longer than the first wait of a socket that comes back by itself.
const A_WHILE_MS = 100

const journal = newJournal()

async function start(): Promise<DemoServer> {
  const demo = await startDemoServer(chatService, { journal })
  onTestFinished(() => demo.kill())
  return demo
}

/** Opens one, and keeps what it tells. */
function open({ http, ws }: DemoServer, credential?: string) {
  const TicketWebSocket = ticketWebSocket(ticketsAt(http, credential), { WebSocket, random: () => 0.05 })
  const socket = new TicketWebSocket(`${ws}/chat`, ['chat.v2'])
  onTestFinished(() => socket.close())
  const told: string[] = []
  for (const type of ['open', 'error'] as const) socket.addEventListener(type, () => told.push(type))
  socket.addEventListener('close', ({ code, reason }) => {
    told.push(`close ${code} ${reason}`.trim())
    told.push(`while ${socket.readyState}`)
  })
  return { socket, told }
}

it('is one connection: it closes once, says how, and does not come back', async () => {
  const demo = await start()
  const { socket, told } = open(demo)
  await eventually(() => expect(told).toEqual(['open']))
  expect(socket.protocol).toBe('chat.v2')
  demo.cut()
  await eventually(() => expect(told).toEqual(['open', 'close 1006', 'while 3']))
  const { asked } = journal
  await pause(A_WHILE_MS)
  expect(told).toHaveLength(3)
  expect(journal.asked).toBe(asked)
})

it('tells a refusal as a close with its code, without open or error', async () => {
  const demo = await start()
  await demo.wsticket.revoke({ subject: 'ada', login: 'home' })
  const { told } = open(demo)
  await eventually(() => expect(told).toEqual(['close 3003 credential_revoked', 'while 3']))
})

it('waits in CONNECTING while there is no ticket to be had, and opens when there is', async () => {
  const demo = await start()
  demo.outage = true
  const { asked } = journal
  const { socket, told } = open(demo)
  await eventually(() => expect(journal.asked).toBeGreaterThan(asked + 1))
  expect([told, socket.readyState]).toEqual([[], WebSocket.CONNECTING])
  demo.outage = false
  await eventually(() => expect(told).toEqual(['open']))
})

it('renews its session while it is open', async () => {
  const demo = await start()
  const renewed: string[] = []
  demo.wsticket.events.on('session.renewed', ({ ref }) => renewed.push(ref))
  const { socket, told } = open(demo)
  await eventually(() => expect(told).toEqual(['open']))
  await socket.renew()
  expect(renewed).toEqual([socket.session?.ref])
})

it('closes as a WebSocket does when the library closes it, open or not', async () => {
  const demo = await start()
  const one = open(demo)
  await eventually(() => expect(one.told).toEqual(['open']))
  one.socket.close(1000, 'enough')
  await eventually(() => expect(one.told).toEqual(['open', 'close 1000 enough', 'while 3']))
  const other = open(demo)
  other.socket.close()
  await eventually(() => expect(other.told).toEqual(['close 1000', 'while 3']))
})

it('has what libraries look for in a constructor', () => {
  const TicketWebSocket = ticketWebSocket(ticketsAt('http://any.example'), { WebSocket })
  const { CONNECTING, OPEN, CLOSING, CLOSED } = TicketWebSocket
  expect([CONNECTING, OPEN, CLOSING, CLOSED]).toEqual([0, 1, 2, 3])
  const replacement: typeof globalThis.WebSocket = TicketWebSocket
  expect(replacement).toBe(TicketWebSocket)
})

it.each([
  [{ code: 1006 }, true],
  [{ code: 1012 }, true],
  [{ code: 1013 }, true],
  [{ code: 3008 }, true],
  [{ code: 1000 }, false],
  [{ code: 3000 }, false],
  [{ code: 3003 }, false],
  [new Error('a bug'), false],
  [undefined, false],
])('mayReconnect(%o) is %s', (ended, expected) => {
  expect(mayReconnect(ended)).toBe(expected)
})
