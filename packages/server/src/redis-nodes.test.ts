import { createServer } from 'node:http'
import { PATHS } from '@wsticket/protocol'
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
import { createWsticket } from './wsticket.js'

async function aNode(client: RedisClient): Promise<string> {
  const wsticket = createWsticket({
    store: redisStore(client),
    authenticate: jwt({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE }),
    origins: ['https://app.example.com'],
    skewSeconds: 0,
    sessions: { drainSeconds: 0 },
  })
  await wsticket.ready()
  const server = createServer(ticketRoutes(wsticket))
  admitUpgrades(server, wsticket, { path: '/ws' }, () => {})
  const { http } = await listen(server)
  afterThisTest(() => wsticket.close())
  return http
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
  const { ticket_id: ticket, ref } = await post(`${here}${PATHS.ticket}`, tokenFor(3))
  const socket = new WebSocket(`${there.replace('http', 'ws')}/ws`, [
    'wsticket.v1',
    `wsticket.${String(ticket)}`,
  ])
  const seen: string[] = []
  for (const event of ['message', 'ping', 'error'] as const) socket.on(event, () => seen.push(event))
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, reason) => resolve(`${code} ${String(reason)}`))
  })
  await expect.poll(() => socket.readyState).toBe(WebSocket.OPEN)
  const openedAt = Date.now()
  await post(`${here}/api/websocket/session/${String(ref)}/renew`, tokenFor(600))
  // Past the deadline that it had, by more than the node needs to look it up.
  await expect.poll(() => Date.now() - openedAt, { timeout: 10_000 }).toBeGreaterThan(5000)
  expect([socket.readyState, seen]).toEqual([WebSocket.OPEN, []])
  await post(`${here}/api/websocket/logout`, tokenFor(600))
  expect(await closed).toBe('3003 session_revoked')
  expect(seen).toEqual([])
}, 30_000)
