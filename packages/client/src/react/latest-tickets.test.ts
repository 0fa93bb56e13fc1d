import { describe, expect, it } from 'vitest'
import { TicketSocket, type TicketSocketOptions, ticketSource } from '../index.js'
import { latestTickets } from './latest-tickets.js'

type Tickets = TicketSocketOptions['tickets']

const url = 'https://api.example.com/api/websocket/ticket'

/** Options whose latest form can be set later. */
function latestOf(tickets: Tickets): { readonly options: Tickets; latest: Tickets } {
  const box = { latest: tickets }
  return Object.assign(box, { options: latestTickets(tickets, () => box.latest) })
}

async function ask(options: Tickets): Promise<string> {
  if ('credential' in options && options.credential) return await options.credential({ refresh: false })
  return 'take' in options ? await options.take() : ''
}

describe('latestTickets', () => {
  it('asks the credential callback of now, and keeps everything else', async () => {
    const box = latestOf({ url, credential: () => 'first', ttlSeconds: 30 })
    expect(box.options).toMatchObject({ url, ttlSeconds: 30 })
    expect(await ask(box.options)).toBe('first')
    box.latest = { url, credential: () => 'second' }
    expect(await ask(box.options)).toBe('second')
  })

  it('asks the take callback of now', async () => {
    const box = latestOf({ take: () => 'first' })
    expect(await ask(box.options)).toBe('first')
    box.latest = { take: () => 'second' }
    expect(await ask(box.options)).toBe('second')
  })

  it('stays with the callback it has when the latest options have none like it', async () => {
    const route = latestOf({ url, credential: () => 'credential' })
    route.latest = { take: () => 'ticket' }
    expect(await ask(route.options)).toBe('credential')
    const own = latestOf({ take: () => 'ticket' })
    own.latest = { url, credential: () => 'credential' }
    expect(await ask(own.options)).toBe('ticket')
  })

  it('leaves a source as it is', () => {
    const source = ticketSource({ url, credential: () => 'jwt' })
    expect(latestTickets(source, () => source)).toBe(source)
  })

  it.each([
    ['nothing', undefined, /"tickets" is missing/],
    ['no callback', { url }, /"credential" must be a function/],
  ])('lets TicketSocket say what is wrong with %s', (_name, given, message) => {
    // What a page in JavaScript could write.
    const tickets: Tickets = JSON.parse(JSON.stringify({ given })).given
    const socket = (): unknown =>
      new TicketSocket('wss://api.example.com/ws', { tickets: latestTickets(tickets, () => tickets) })
    expect(socket).toThrow(message)
  })
})
