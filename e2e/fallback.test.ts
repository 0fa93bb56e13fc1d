import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { TicketSocket, ticketSource } from '@wsticket/client'
import { type Downgrade, type FallbackOptions, withFallback } from '@wsticket/client/fallback'
import { createWsticket, jwt, memoryStore, type Wsticket, type WsticketOptions } from '@wsticket/server'
import { ticketRoutes } from '@wsticket/server/node-http'
import { admitUpgrades } from '@wsticket/server/ws'
import { SignJWT } from 'jose'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { afterThisTest } from '../test/cleanups.js'
import { listen } from '../test/listen.js'

const ISSUER = 'https://id.example'
const AUDIENCE = 'chat'
const secret = randomBytes(32).toString('base64url')

interface Node {
  readonly wsticket: Wsticket
  readonly port: number
  /** Who connected, and the messages that came: `ada: hello`. */
  readonly heard: string[]
  readonly admitted: string[]
}

/** A node as an application would start one. */
async function aNode(options: Partial<WsticketOptions>): Promise<Node> {
  const wsticket = createWsticket({
    store: memoryStore(),
    authenticate: jwt({ secret, issuer: ISSUER, audience: AUDIENCE }),
    origins: [],
    ...options,
  })
  afterThisTest(() => wsticket.close())
  const server = createServer(ticketRoutes(wsticket))
  const heard: string[] = []
  const admitted: string[] = []
  admitUpgrades(server, wsticket, { path: '/ws' }, (socket, { principal }) => {
    const who = principal.subject.startsWith('anonymous') ? 'anonymous' : principal.subject
    socket.on('message', (data) => heard.push(`${who}: ${String(data)}`))
  })
  wsticket.events.on('session.opened', ({ pathway }) => admitted.push(pathway))
  const { port } = await listen(server)
  return { wsticket, port, heard, admitted }
}

/** A load balancer that leads connections to where it is told, and can cut those that it has. */
async function aRelay(port: number): Promise<{ port: number; readonly at: number; cut(): void }> {
  const open = new Set<() => void>()
  const relay = {
    port,
    at: 0,
    cut() {
      for (const end of open) end()
    },
  }
  const server = createTcpServer((client) => {
    const onward = connect(relay.port, '127.0.0.1')
    const end = (): void => {
      open.delete(end)
      client.destroy()
      onward.destroy()
    }
    open.add(end)
    client.on('error', end).on('close', end)
    onward.on('error', end).on('close', end)
    client.pipe(onward).pipe(client)
  })
  const listening = await listen(server)
  return Object.assign(relay, { at: listening.port })
}

const aJwt = (subject: string): Promise<string> =>
  new SignJWT({ permissions: [], sid: 'login' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(secret))

/** A client of somebody, with its waits as short as chance can make them. */
function aClient(
  { routes, sockets }: { readonly routes: number; readonly sockets: number },
  options: FallbackOptions = {},
): {
  readonly socket: TicketSocket
  readonly downgrades: Downgrade[]
  readonly recovered: string[]
  skip(ms: number): void
} {
  const downgrades: Downgrade[] = []
  const recovered: string[] = []
  let skipped = 0
  const source = ticketSource({
    url: `http://127.0.0.1:${routes}/api/websocket/ticket`,
    credential: () => aJwt('ada'),
  })
  const tickets = withFallback(source, {
    onDowngrade: (downgrade) => downgrades.push(downgrade),
    onRecover: ({ from }) => recovered.push(from),
    clock: {
      now: () => Date.now() + skipped,
      after(milliseconds, callback) {
        const timer = setTimeout(callback, milliseconds)
        return () => clearTimeout(timer)
      },
    },
    ...options,
  })
  const socket = new TicketSocket(`ws://127.0.0.1:${sockets}/ws`, { tickets, WebSocket, random: () => 0 })
  onTestFinished(() => socket.close())
  return {
    socket,
    downgrades,
    recovered,
    skip(ms) {
      skipped += ms
    },
  }
}

const eventually = { timeout: 15_000 }

it('A server with tickets switched off is served by the JWT at once', async () => {
  const node = await aNode({ pathways: { ticket: 'off', jwtSubprotocol: 'on' } })
  const { socket, downgrades } = aClient({ routes: node.port, sockets: node.port })
  socket.send('hello')
  await expect.poll(() => node.heard, eventually).toEqual(['ada: hello'])
  expect(socket.state).toMatchObject({ name: 'open', pathway: 'jwt_subprotocol', history: { failures: 0 } })
  expect(socket.session?.deadline).toBeGreaterThan(Date.now())
  expect(downgrades).toMatchObject([
    { from: 'ticket', to: 'jwt_subprotocol', cause: { code: 'pathway_disabled' } },
  ])
  expect(node.admitted).toEqual(['jwt_subprotocol'])
})

it('Tickets that are unknown again and again give way to the JWT, and come back when their time has come', async () => {
  // Two nodes, each with a store of its own: what one issues, the other has never seen.
  const pathways = { jwtSubprotocol: 'warn' } as const
  const [issuing, forgetful] = [await aNode({ pathways }), await aNode({ pathways })]
  const relay = await aRelay(forgetful.port)
  const { socket, downgrades, recovered, skip } = aClient({ routes: issuing.port, sockets: relay.at })
  const refused: string[] = []
  forgetful.wsticket.events.on('redeem.refused', ({ code }) => refused.push(code))
  socket.send('hello')
  await expect.poll(() => forgetful.heard, eventually).toEqual(['ada: hello'])
  expect(refused).toEqual(['ticket_unknown', 'ticket_unknown', 'ticket_unknown'])
  expect(socket.state).toMatchObject({ name: 'open', pathway: 'jwt_subprotocol' })
  expect(downgrades).toMatchObject([
    { from: 'ticket', to: 'jwt_subprotocol', cause: { code: 'ticket_unknown' } },
  ])

  // Within the time it stays with the JWT, after it with what is best.
  relay.port = issuing.port
  relay.cut()
  await expect.poll(() => issuing.admitted, eventually).toEqual(['jwt_subprotocol'])
  skip(300_000)
  relay.cut()
  await expect.poll(() => issuing.admitted, eventually).toEqual(['jwt_subprotocol', 'ticket'])
  await expect.poll(() => recovered, eventually).toEqual(['jwt_subprotocol'])
  expect(socket.state).toMatchObject({ name: 'open', pathway: 'ticket' })
  expect(downgrades).toHaveLength(1)
})

it('Where the server allows nothing but tickets, no JWT is ever presented', async () => {
  const [issuing, forgetful] = [await aNode({}), await aNode({})]
  const { socket, downgrades } = aClient(
    { routes: issuing.port, sockets: forgetful.port },
    { anonymous: true },
  )
  let refusals = 0
  forgetful.wsticket.events.on('redeem.refused', ({ code }) => {
    if (code === 'ticket_unknown') refusals++
  })
  await expect.poll(() => refusals, eventually).toBeGreaterThan(5)
  expect(downgrades).toEqual([])
  expect(forgetful.admitted).toEqual([])
  expect(socket.state.name).not.toBe('stopped')
})

it('What a user wrote is not sent without a name', async () => {
  const named = await aNode({})
  const nameless = await aNode({ pathways: { ticket: 'off', anonymous: 'on' } })
  const relay = await aRelay(named.port)
  const { socket, downgrades } = aClient({ routes: relay.at, sockets: relay.at }, { anonymous: true })
  await expect.poll(() => named.admitted, eventually).toEqual(['ticket'])
  await expect.poll(() => socket.state.name, eventually).toBe('open')
  socket.addEventListener('statechange', ({ from }) => {
    if (from.name === 'open' && from.pathway === 'ticket') socket.send('by ada')
  })
  relay.port = nameless.port
  relay.cut()
  await expect.poll(() => socket.state, eventually).toMatchObject({ name: 'open', pathway: 'anonymous' })
  socket.send('by nobody')
  await expect.poll(() => nameless.heard, eventually).toEqual(['anonymous: by nobody'])
  expect(downgrades).toMatchObject([{ from: 'ticket', to: 'anonymous' }])
})

it('Who was logged out is out, by every pathway', async () => {
  const node = await aNode({ pathways: { jwtSubprotocol: 'on', anonymous: 'on' } })
  const { socket, downgrades } = aClient(
    { routes: node.port, sockets: node.port },
    { anonymous: true, after: 1 },
  )
  await expect.poll(() => node.admitted, eventually).toEqual(['ticket'])
  const response = await fetch(`http://127.0.0.1:${node.port}/api/websocket/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await aJwt('ada')}` },
  })
  expect(response.status).toBe(200)
  await expect
    .poll(() => socket.state, eventually)
    .toMatchObject({
      name: 'stopped',
      cause: { code: 'session_revoked' },
    })
  const again = aClient({ routes: node.port, sockets: node.port }, { anonymous: true, after: 1 })
  await expect
    .poll(() => again.socket.state, eventually)
    .toMatchObject({
      name: 'stopped',
      cause: { code: 'credential_revoked' },
    })
  expect([...downgrades, ...again.downgrades]).toEqual([])
  expect(node.admitted).toEqual(['ticket'])
})

it('With tickets switched off in the client, none is asked for', async () => {
  const node = await aNode({ pathways: { jwtSubprotocol: 'on' } })
  const issued: string[] = []
  node.wsticket.events.on('ticket.issued', ({ ref }) => issued.push(ref))
  const { socket, downgrades } = aClient({ routes: node.port, sockets: node.port }, { useTicketAuth: false })
  await expect
    .poll(() => socket.state, eventually)
    .toMatchObject({ name: 'open', pathway: 'jwt_subprotocol' })
  expect(issued).toEqual([])
  expect(downgrades).toEqual([])
})
