import { once } from 'node:events'
import { createServer } from 'node:http'
import { anonymousProtocols, jwtProtocols, PATHS, ticketProtocols } from '@wsticket/protocol'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { afterThisTest } from '../../../test/cleanups.js'
import { listen } from '../../../test/listen.js'
import { aRedis } from '../../../test/redis/a-redis.js'
import { ioRedisClient, nodeRedisClient } from '../test/redis/clients.js'
import { AUDIENCE, ISSUER, makeToken, SECRET } from '../test/tokens.js'
import { ticketRoutes } from './adapters/node-http.js'
import { admitUpgrades } from './adapters/ws.js'
import { jwt } from './identity/jwt.js'
import { type RedisClient, redisStore } from './stores/redis/index.js'
import { createWsticket, type Wsticket } from './wsticket.js'

interface Node {
  readonly http: string
  readonly wsticket: Wsticket
}

async function aNode(client: RedisClient): Promise<Node> {
  const wsticket = createWsticket({
    store: redisStore(client),
    authenticate: jwt({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE }),
    origins: ['https://app.example.com'],
    skewSeconds: 0,
    sessions: { drainSeconds: 0 },
    pathways: { jwtSubprotocol: 'on', anonymous: 'on' },
  })
  await wsticket.ready()
  const server = createServer(ticketRoutes(wsticket))
  admitUpgrades(server, wsticket, { path: '/ws' }, () => {})
  const { http } = await listen(server)
  afterThisTest(() => wsticket.close())
  return { http, wsticket }
}

/** Opens a socket on a node. */
async function connect(
  { http }: Node,
  protocols: readonly string[],
): Promise<{ readonly socket: WebSocket; readonly closed: Promise<string> }> {
  const socket = new WebSocket(`${http.replace('http', 'ws')}/ws`, [...protocols])
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, reason) => resolve(`${code} ${String(reason)}`))
  })
  await once(socket, 'open')
  return { socket, closed }
}

function tokenFor(seconds: number): string {
  const now = Math.floor(Date.now() / 1000)
  return makeToken({ iss: ISSUER, aud: AUDIENCE, sub: 'ada', sid: 'login-1', iat: now, exp: now + seconds })
}

async function post(url: string, token: string): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  expect(answer.ok, `${url} answered ${answer.status}`).toBe(true)
  return (await answer.json()) as Record<string, unknown>
}

it('a renewal on one node moves the deadline of a socket on another, which sees nothing; a logout closes it', async () => {
  const redis = await aRedis()
  const here = await aNode(await ioRedisClient(redis.port, afterThisTest))
  const there = await aNode(await nodeRedisClient(redis.port, afterThisTest))
  const { ticket_id: ticket, ref } = await post(`${here.http}${PATHS.ticket}`, tokenFor(3))
  const { socket, closed } = await connect(there, ticketProtocols(String(ticket)))
  const seen: string[] = []
  for (const event of ['message', 'ping', 'error'] as const) socket.on(event, () => seen.push(event))
  const openedAt = Date.now()
  await post(`${here.http}/api/websocket/session/${String(ref)}/renew`, tokenFor(600))
  // Past the deadline that it had, by more than the node needs to look it up.
  await expect.poll(() => Date.now() - openedAt, { timeout: 10_000 }).toBeGreaterThan(5000)
  expect([socket.readyState, seen]).toEqual([WebSocket.OPEN, []])
  await post(`${here.http}/api/websocket/logout`, tokenFor(600))
  expect(await closed).toBe('3003 session_revoked')
  expect(seen).toEqual([])
}, 30_000)

it('a logout on one node closes a socket on another that came by JWT, and nobody comes back by that JWT', async () => {
  const redis = await aRedis()
  const here = await aNode(await ioRedisClient(redis.port, afterThisTest))
  const there = await aNode(await nodeRedisClient(redis.port, afterThisTest))
  const token = tokenFor(600)
  const { closed } = await connect(there, jwtProtocols(token))
  const headers = { authorization: `Bearer ${token}` }
  const listed = await fetch(`${here.http}${PATHS.sessions}`, { headers })
  expect(await listed.json()).toMatchObject({ sessions: [{ sockets: 1, audience: '/ws' }] })
  await post(`${here.http}${PATHS.logout}`, token)
  expect(await closed).toBe('3003 session_revoked')
  for (const node of [here, there]) {
    const { socket, closed: refused } = await connect(node, [...jwtProtocols(token), 'wsticket.refused'])
    expect([socket.protocol, await refused]).toEqual(['wsticket.refused', '3003 credential_revoked'])
  }
})

it('a JWT’s end and the session of nobody are kept by Redis as those of a ticket are', async () => {
  const redis = await aRedis()
  const here = await aNode(await ioRedisClient(redis.port, afterThisTest))
  const there = await aNode(await nodeRedisClient(redis.port, afterThisTest))
  const opened: { readonly ref: string; readonly pathway: string }[] = []
  there.wsticket.events.on('session.opened', (event) => opened.push(event))
  const [short, nobody] = [
    await connect(there, jwtProtocols(tokenFor(2))),
    await connect(there, anonymousProtocols),
  ]
  expect(await short.closed).toBe('3008 session_expired')
  expect(nobody.socket.readyState).toBe(WebSocket.OPEN)
  const { ref = '' } = opened.find(({ pathway }) => pathway === 'anonymous') ?? {}
  expect(await here.wsticket.revoke({ session: ref })).toBe(true)
  expect(await nobody.closed).toBe('3003 session_closed')
})
