import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { ticketSource } from '@wsticket/client'
import { createWsticket, memoryStore, type Wsticket, type WsticketOptions } from '@wsticket/server'
import { ticketRoutes } from '@wsticket/server/node-http'
import { admitUpgrades } from '@wsticket/server/ws'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { listen } from '../../../../../test/listen.js'
import { within } from '../../../../../test/within.js'
import { ChatConnection, type ConnectionSnapshot } from './chat-connection.js'

interface World {
  readonly connection: ChatConnection
  readonly wsticket: Wsticket
  readonly seen: string[]
}

/** A real server that says back what it hears, and a connection to it that has not started yet. */
async function makeWorld(
  facts: {
    readonly url?: string
    readonly nodes?: readonly string[]
    readonly pathways?: WsticketOptions['pathways']
    /** Whether something in front lets no upgrade through. */
    readonly blocked?: boolean
  } = {},
): Promise<World> {
  const wsticket = createWsticket({
    store: memoryStore(),
    authenticate: async () => ({
      subject: 'ada',
      permissions: [],
      claims: {},
      expiresAt: Math.floor(Date.now() / 1000) + 900,
    }),
    origins: [],
    pathways: facts.pathways,
  })
  const server = createServer(ticketRoutes(wsticket))
  const seen: string[] = []
  // The nodes that hold the sockets, one after the other.
  const nodes = [...(facts.nodes ?? [])]
  const blocked = (_request: unknown, socket: Duplex): void => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
  }
  const admitted = (socket: WebSocket): void => {
    const node = nodes.shift()
    if (node !== undefined) socket.send(JSON.stringify({ type: 'connected', at: Date.now() / 1000, node }))
    socket.on('message', (data) => {
      seen.push(String(data))
      socket.send(String(data))
    })
  }
  admitUpgrades(server, wsticket, { path: '/ws' }, admitted)
  if (facts.blocked === true) server.removeAllListeners('upgrade').on('upgrade', blocked)
  const at = await listen(server)
  // Where the page came from.
  vi.stubGlobal('location', { href: `${at.http}/` })
  const connection = new ChatConnection({
    url: facts.url ?? `${at.ws}/ws`,
    tickets: ticketSource({ url: `${at.http}/api/websocket/ticket`, credential: () => 'opaque' }),
    WebSocket,
    now: () => Date.now(),
    // As long a wait as there is where somebody is to look around meanwhile, else none.
    random: () => (facts.blocked === true ? 0.99 : 0),
  })
  onTestFinished(async () => {
    vi.unstubAllGlobals()
    connection.stop()
    await wsticket.close()
  })
  return { connection, wsticket, seen }
}

function until(
  connection: ChatConnection,
  is: (snapshot: ConnectionSnapshot) => boolean,
): Promise<ConnectionSnapshot> {
  const reached = new Promise<ConnectionSnapshot>((resolve) => {
    const look = (): void => {
      if (!is(connection.snapshot())) return
      forget()
      resolve(connection.snapshot())
    }
    const forget = connection.subscribe(look)
    look()
  })
  return within(is.toString(), reached)
}

const isOpen = ({ state }: ConnectionSnapshot): boolean => state?.name === 'open'
const titles = ({ timeline }: ConnectionSnapshot): string[] => timeline.map(({ title }) => title)

describe('ChatConnection', () => {
  it('fetches a ticket, connects with it and tells each step', async () => {
    const { connection } = await makeWorld()
    expect(connection.snapshot()).toMatchObject({
      state: undefined,
      stub: { phase: 'blank' },
      replay: 'none',
    })
    connection.start()
    const snapshot = await until(connection, isOpen)
    expect(titles(snapshot)).toEqual(['Admitted', 'Connecting', 'Ticket fetched', 'Asking for a ticket'])
    expect(snapshot.stub.phase).toBe('torn')
    expect(snapshot.replay).toBe('ready')
    expect(JSON.stringify(snapshot)).not.toContain('wst1_')
  })

  it('keeps what is said before there is a connection, and hands it over then', async () => {
    const { connection, seen } = await makeWorld()
    expect(connection.send('too early')).toBe('over')
    connection.start()
    expect(connection.send('early')).toBe('waiting')
    const heard = new Promise((resolve) => connection.onMessage(resolve))
    await until(connection, isOpen)
    expect(connection.send('now')).toBe('sent')
    expect(await within('the answer', heard)).toBe('early')
    expect(seen[0]).toBe('early')
  })

  it('comes back with a fresh ticket after it was dropped', async () => {
    const { connection } = await makeWorld()
    connection.start()
    const before = await until(connection, isOpen)
    connection.drop()
    await until(connection, ({ state }) => state?.name !== 'open')
    const after = await until(connection, isOpen)
    expect(after.stub).toMatchObject({ phase: 'torn' })
    expect('ref' in after.stub && 'ref' in before.stub && after.stub.ref !== before.stub.ref).toBe(true)
    expect(titles(after)).toContain('Dropped (4000)')
    expect(titles(after)).toContain('Asking for a fresh ticket, attempt 2')
  })

  it('tells which node holds its socket, and how long there was none', async () => {
    const { connection } = await makeWorld({ nodes: ['node-2', 'node-3', 'node-3'] })
    connection.start()
    const held = await until(connection, ({ node }) => node === 'node-2')
    expect(held.timeline[0]).toMatchObject({ kind: 'node', title: 'Held by node-2' })
    connection.drop()
    const moved = await until(connection, ({ node }) => node === 'node-3')
    expect(moved.timeline[0]?.title).toMatch(/^Back on node-3 after [\d.]+ m?s$/)
    expect(moved.timeline[0]?.detail).toBe('With a fresh ticket. It was node-2 before.')
    connection.drop()
    const again = await until(connection, ({ timeline }) => timeline[0]?.detail === 'With a fresh ticket.')
    expect(again.timeline[0]?.title).toMatch(/^Back on node-3 after/)
  })

  it('looks for the name of a node in the first message of a socket only', async () => {
    const { connection } = await makeWorld()
    connection.start()
    await until(connection, isOpen)
    const heard = new Promise((resolve) => connection.onMessage(resolve))
    connection.send('{"type":"hello"}')
    await within('the first answer', heard)
    const said = '{"type":"connected","at":1,"node":"node-9"}'
    const echoed = new Promise((resolve) => connection.onMessage(resolve))
    connection.send(said)
    expect(await within('the second answer', echoed)).toBe(said)
    expect(connection.snapshot().node).toBeUndefined()
  })

  it('finds out that upgrades are blocked, and says what can be done', async () => {
    const { connection } = await makeWorld({ blocked: true })
    connection.start()
    const isBlocked = ({ state }: ConnectionSnapshot): boolean =>
      state?.name === 'waiting' && state.cause.code === 'websocket_blocked'
    const snapshot = await until(connection, isBlocked)
    expect(snapshot.trouble).toMatchObject({ code: 'websocket_blocked' })
    expect(snapshot.timeline[0]).toMatchObject({ kind: 'blocked', code: 'websocket_blocked' })
    expect(snapshot.stub).toMatchObject({ phase: 'refused' })
  })

  it('connects with the access token where the server takes no tickets, and says so', async () => {
    const { connection } = await makeWorld({ pathways: { ticket: 'off', jwtSubprotocol: 'on' } })
    connection.start()
    const snapshot = await until(connection, isOpen)
    expect(titles(snapshot)).toEqual([
      'Admitted',
      'Connecting',
      'Stepping down to the access token itself',
      'Asking for a ticket',
    ])
    expect(snapshot).toMatchObject({
      state: { pathway: 'jwt_subprotocol' },
      downgrade: { from: 'ticket', to: 'jwt_subprotocol', cause: { code: 'pathway_disabled' } },
      stub: { phase: 'absent' },
      replay: 'none',
    })
  })

  it('shows that a used ticket is refused, and stays connected', async () => {
    const { connection } = await makeWorld()
    await connection.replay()
    expect(connection.snapshot().timeline).toEqual([])
    connection.start()
    await until(connection, isOpen)
    await within('the replay', connection.replay())
    expect(connection.snapshot().timeline[0]).toMatchObject({ title: 'Replay refused', code: 'ticket_used' })
    expect(connection.snapshot()).toMatchObject({ replay: 'ready', state: { name: 'open' } })
  })

  it('finds its server beside the page, for the replay too', async () => {
    const { connection } = await makeWorld({ url: '/ws' })
    connection.start()
    await until(connection, isOpen)
    await within('the replay', connection.replay())
    expect(connection.snapshot().timeline[0]).toMatchObject({ title: 'Replay refused', code: 'ticket_used' })
  })

  it('renews the session, and tells a later end', async () => {
    const { connection } = await makeWorld()
    connection.start()
    await until(connection, isOpen)
    await within('the renewal', connection.renew())
    expect(titles(connection.snapshot()).slice(0, 2)).toEqual(['Renewed', 'Asking to renew the session'])
    expect(connection.snapshot().endsAt).toBeGreaterThan(Date.now())
  })

  it('stops when its login is revoked, voids the paper, and tells the own logout from that of others', async () => {
    const { connection, wsticket } = await makeWorld()
    connection.start()
    await until(connection, isOpen)
    connection.announceLogout('everywhere')
    await wsticket.revoke({ subject: 'ada' })
    const own = await until(connection, ({ state }) => state?.name === 'stopped')
    expect(titles(own).slice(0, 2)).toEqual(['Logged out (3003)', 'Asking to log out everywhere'])
    expect(own.stub).toMatchObject({ phase: 'void', code: 'session_revoked' })
    expect(connection.send('late')).toBe('over')
  })

  it('starts again after its session was closed', async () => {
    const { connection, wsticket } = await makeWorld()
    connection.start()
    const { state } = await until(connection, isOpen)
    if (state?.name !== 'open' || state.ref === undefined) throw new Error('expected a session')
    await wsticket.revoke({ session: state.ref })
    const stopped = await until(connection, (snapshot) => snapshot.state?.name === 'stopped')
    expect(stopped.timeline[0]).toMatchObject({ title: 'Closed (3003)', code: 'session_closed' })
    connection.start()
    expect((await until(connection, isOpen)).stub.phase).toBe('torn')
  })

  it('tells its listeners nothing more once it was stopped', async () => {
    const { connection } = await makeWorld()
    connection.start()
    await until(connection, isOpen)
    let changes = 0
    connection.onChange(() => changes++)
    connection.stop()
    expect(changes).toBe(0)
    await connection.replay()
    expect(titles(connection.snapshot())[0]).toBe('Admitted')
  })
})
