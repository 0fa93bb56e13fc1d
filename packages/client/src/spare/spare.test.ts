import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { ManualClock } from '../../test/manual-clock.js'
import { startMisbehavingServer, ticketNumber } from '../../test/misbehaving-server.js'
import { ScriptedSource } from '../../test/scripted-source.js'
import { TicketError } from '../core/ticket-error.js'
import { TicketSocket } from '../ticket-socket.js'
import { type TicketSource, ticketSource } from '../ticket-source.js'
import { MOST_UNUSED_SPARES, type SpareOptions, withSpare } from './spare.js'
import type { Visibility } from './visibility.js'

class Page implements Visibility {
  hidden = false
  readonly listeners = new Set<() => void>()

  listen(changed: () => void): () => void {
    this.listeners.add(changed)
    return () => this.listeners.delete(changed)
  }

  turn(hidden: boolean): void {
    this.hidden = hidden
    for (const changed of this.listeners) changed()
  }
}

let clock: ManualClock
let source: ScriptedSource
let page: Page
let tickets: TicketSource

const make = (options: SpareOptions = {}): TicketSource =>
  withSpare(source, { clock, visibility: page, random: () => 0.5, ...options })

beforeEach(() => {
  clock = new ManualClock()
  source = new ScriptedSource(() => clock.now())
  page = new Page()
  tickets = make()
})

/** Lets everything happen that waits for nothing but its turn. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const advance = async (milliseconds: number): Promise<void> => {
  clock.advance(milliseconds)
  await settle()
}

/** Opens a connection and lets the spare come. */
async function open(): Promise<void> {
  tickets.settled?.({ opened: true, pathway: 'ticket' })
  await advance(2500)
}

/** Takes what a reconnect would present, as the number of its ticket. */
async function take(): Promise<number> {
  return Number((await tickets.grant()).ticket.slice(-8))
}

describe('withSpare()', () => {
  it('fetches the next ticket once the socket is open, and gives it without a request', async () => {
    expect(await take()).toBe(1)
    expect(source.issued).toBe(1)
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    await settle()
    expect(source.issued).toBe(1)
    await advance(2500)
    expect(source.issued).toBe(2)
    const asked = source.asked.length
    expect(await take()).toBe(2)
    expect(source.asked).toHaveLength(asked)
    expect(source.outcomes).toEqual([{ opened: true, pathway: 'ticket' }])
  })

  it('gives nothing twice', async () => {
    await open()
    const given = await Promise.all([take(), take(), take()])
    expect(new Set(given).size).toBe(3)
    expect(given).toContain(1)
  })

  it('lets who needs a ticket take over the one that is on its way', async () => {
    let answer = (): void => {}
    source.gate = new Promise((resolve) => {
      answer = resolve
    })
    await open()
    const [first, second] = [take(), take()]
    await settle()
    answer()
    expect(new Set(await Promise.all([first, second]))).toEqual(new Set([1, 2]))
    expect(source.issued).toBe(2)
    await open()
    expect(await take()).toBe(3)
  })

  it('asks itself when the one on its way fails', async () => {
    let answer = (): void => {}
    source.gate = new Promise((resolve) => {
      answer = resolve
    })
    source.failures.push('store_unavailable')
    await open()
    const taken = take()
    await settle()
    answer()
    expect(await taken).toBe(1)
    expect(clock.pending).toEqual([])
  })

  it('gives none where a fresh credential is asked for', async () => {
    await open()
    await tickets.grant({ refresh: true })
    expect(source.asked.at(-1)).toEqual({ refresh: true })
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    clock.advance(2500)
    await tickets.grant({ refresh: true })
    await settle()
    expect(await take()).toBe(source.issued)
  })

  it('drops it when its time is nearly over, and fetches another', async () => {
    await open()
    await advance(49_999)
    expect(source.issued).toBe(1)
    await advance(1)
    expect(source.issued).toBe(2)
    expect(await take()).toBe(2)
  })

  it('does not present one that grew old while the machine slept', async () => {
    await open()
    clock.sleep(3_600_000)
    expect(await take()).toBe(2)
  })

  it('does not fetch for ever in a tab where nothing happens', async () => {
    await open()
    for (let hours = 0; hours < 5; hours++) await advance(3_600_000)
    expect(source.issued).toBe(MOST_UNUSED_SPARES)
    expect(clock.pending).toEqual([])
    expect(page.listeners.size).toBe(0)
    await open()
    expect(source.issued).toBe(MOST_UNUSED_SPARES + 1)
  })

  it('drops it when the page is hidden, and fetches another when it is looked at', async () => {
    await open()
    page.turn(true)
    expect(clock.pending).toEqual([])
    expect(await take()).toBe(2)
    await open()
    expect(source.issued).toBe(2)
    page.turn(false)
    await advance(2500)
    expect(source.issued).toBe(3)
    page.turn(false)
    expect(await take()).toBe(3)
  })

  it('stops what is on its way when the page is hidden', async () => {
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    clock.advance(2500)
    page.turn(true)
    await settle()
    expect(await take()).toBe(source.issued)
    expect(source.asked[0]?.signal?.aborted).toBe(true)
  })

  it('drops it at clear(), also what is on its way', async () => {
    await open()
    tickets.clear()
    expect(source.cleared).toBe(1)
    expect(clock.pending).toEqual([])
    expect(page.listeners.size).toBe(0)
    expect(await take()).toBe(2)
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    clock.advance(2500)
    tickets.clear()
    await settle()
    expect(await take()).toBe(source.issued)
  })

  // Tickets went on being asked for, with the JWT of somebody who had left.
  it('asks for nothing after the socket has stopped, until there is another connection', async () => {
    await open()
    const { issued } = source
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'closed_by_client' }, final: true })
    expect(page.listeners.size).toBe(0)
    expect(clock.pending).toEqual([])
    page.turn(true)
    page.turn(false)
    await advance(600_000)
    expect(source.issued).toBe(issued)
    await open()
    expect(source.issued).toBe(issued + 1)
  })

  it('gives nothing that was cleared while it was looked at', async () => {
    await open()
    const taken = take()
    tickets.clear()
    expect(await taken).toBe(2)
  })

  it('gives none that was bought with another credential', async () => {
    await open()
    source.jwt = 'of another user'
    expect(await take()).toBe(2)
  })

  it('keeps none if the credential changed while it was fetched', async () => {
    let answer = (): void => {}
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    clock.advance(2500)
    source.gate = new Promise((resolve) => {
      answer = resolve
    })
    await settle()
    source.jwt = 'of another user'
    answer()
    await settle()
    expect(await take()).toBe(2)
    expect(clock.pending).toEqual([])
  })

  it('leaves it to the request what is wrong with the credential', async () => {
    await open()
    source.currentCredential = () => Promise.reject(new TicketError('credential_missing'))
    expect(await take()).toBe(2)
  })

  it('drops it when an attempt fails', async () => {
    await open()
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'ticket_voided' } })
    expect(await take()).toBe(2)
  })

  it('tries again with patience what was refused, and says nothing', async () => {
    source.failures.push('store_unavailable', 'network_unreachable')
    await open()
    expect(source.asked).toHaveLength(1)
    expect(clock.pending).toEqual([11_000])
    await advance(11_000)
    expect(clock.pending).toEqual([12_000])
    await advance(12_000)
    expect(source.issued).toBe(1)
    expect(await take()).toBe(1)
  })

  it('gives up after as many refusals as unused spares', async () => {
    source.failures.push(...Array(20).fill('rate_limited'))
    await open()
    await advance(3_600_000)
    for (let more = 0; more < 10; more++) await advance(60_000)
    expect(source.asked).toHaveLength(MOST_UNUSED_SPARES)
  })

  it('does not ask again who was refused for good', async () => {
    source.failures.push('credential_revoked')
    await open()
    expect(source.asked).toHaveLength(1)
    expect(clock.pending).toEqual([])
    expect(page.listeners.size).toBe(0)
  })

  it('keeps no spare for a lesser pathway', async () => {
    tickets.settled?.({ opened: true, pathway: 'jwt_subprotocol' })
    await advance(5000)
    expect(source.asked).toHaveLength(0)
    source.grant = async () => ({ ticket: '', pathway: 'jwt_subprotocol' })
    await open()
    expect(await tickets.grant()).toEqual({ ticket: '', pathway: 'jwt_subprotocol' })
    expect(clock.pending).toEqual([])
  })

  it('fetches one spare for several sockets that open', async () => {
    await open()
    await open()
    expect(source.issued).toBe(1)
  })

  it('fetches none if none may come to nothing', async () => {
    tickets = make({ mostUnused: 0 })
    await open()
    expect(source.issued).toBe(0)
  })

  it('takes tickets by a way of your own for as short-lived as a ticket can be', async () => {
    let taken = 0
    tickets = withSpare(ticketSource({ take: () => ticketNumber(++taken).ticket }), {
      clock,
      random: () => 0,
    })
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    await advance(0)
    expect(taken).toBe(1)
    expect(clock.pending).toEqual([20_000])
    expect(await take()).toBe(1)
  })
})

it('lets a socket come back without asking for a ticket', async () => {
  const server = await startMisbehavingServer()
  onTestFinished(() => server.stop())
  const socket = new TicketSocket(server.url, {
    tickets: withSpare(ticketSource({ url: server.ticketUrl, credential: () => 'jwt' }), { random: () => 0 }),
    WebSocket,
    random: () => 0,
  })
  onTestFinished(() => socket.close())
  await expect.poll(() => server.requests.length).toBe(2)
  server.sockets[0]?.terminate()
  await expect.poll(() => server.presented.length).toBe(2)
  expect(server.presented[1]).toBe(ticketNumber(2).ticket)
})
