import { createServer } from 'node:net'
import { ticketProtocols } from '@wsticket/protocol'
import { beforeAll, describe, expect, it } from 'vitest'
import { afterAllTests } from '../../../../test/cleanups.js'
import { listen } from '../../../../test/listen.js'
import { aRedis, type RedisServer } from '../../../../test/redis/a-redis.js'
import { dial, dialRefused, type SocketProbe } from '../../../../test/socket-probe.js'
import { jsonOf, textOf } from '../../test/helpers.js'
import {
  post,
  type RunningChat,
  type SignedIn,
  signIn,
  startChat,
  tryStartChat,
} from '../../test/running-chat.js'

const cleanUp = afterAllTests()
/** Passwords are hashed at full cost, on two nodes, and Redis takes its time to come back. */
const SLOW = { timeout: 30_000 }
const BACK = { timeout: 15_000, interval: 100 }
const ADA = { email: 'ada@example.com', password: 'ada-demo' }

let redis: RedisServer

beforeAll(async () => {
  redis = await aRedis({}, cleanUp)
})

/** Starts two nodes of one system. */
async function twoNodes(
  { url }: RedisServer = redis,
  environment: Readonly<Record<string, string>> = {},
): Promise<[RunningChat, RunningChat]> {
  return await Promise.all([
    startChat({ REDIS_URL: url, NODE_NAME: 'node-1', ...environment }),
    startChat({ REDIS_URL: url, NODE_NAME: 'node-2', ...environment }),
  ])
}

async function takeTicket(chat: RunningChat, { bearer }: SignedIn): Promise<string> {
  return textOf(await jsonOf(await post(`${chat.address}/api/websocket/ticket`, {}, bearer)), 'ticket_id')
}

const socketUrl = (chat: RunningChat): string => `${chat.address.replace('http', 'ws')}/ws`

async function redeem(chat: RunningChat, ticket: string): Promise<SocketProbe> {
  return await dial(socketUrl(chat), { protocols: ticketProtocols(ticket, { refusals: true }) })
}

/** Takes a ticket on one node, and opens a socket with it on another. */
async function connect(issuing: RunningChat, holding: RunningChat, user: SignedIn): Promise<SocketProbe> {
  return await redeem(holding, await takeTicket(issuing, user))
}

async function refresh(chat: RunningChat, { refresh: token }: Pick<SignedIn, 'refresh'>): Promise<Response> {
  return await post(`${chat.address}/auth/refresh`, { refresh_token: token })
}

async function nextOf(socket: SocketProbe, type: string): Promise<unknown> {
  for (;;) {
    const message = await socket.nextJson()
    if (typeof message === 'object' && message !== null && 'type' in message && message.type === type) {
      return message
    }
  }
}

async function ask(socket: SocketProbe, text: string): Promise<unknown> {
  socket.sendJson({ type: 'user_message', id: text, text })
  return await nextOf(socket, 'agent_completed')
}

describe('nodes with one Redis', SLOW, () => {
  it('take each others logins, tickets and refresh tokens, and say which of them holds a socket', async () => {
    const [one, two] = await twoNodes()
    const ada = await signIn(one, 'ada')
    const ticket = await takeTicket(one, ada)
    const socket = await redeem(two, ticket)
    expect(await socket.nextJson()).toEqual({
      type: 'connected',
      at: expect.any(Number) as unknown,
      node: 'node-2',
    })
    expect(await ask(socket, '12*(7+5)')).toMatchObject({ text: '12*(7+5) = 144' })
    const again = await dialRefused(socketUrl(one), { protocols: ticketProtocols(ticket) })
    expect([again.status, again.body]).toEqual([403, expect.stringContaining('ticket_used')])
    expect((await fetch(`${two.address}/auth/me`, { headers: ada.bearer })).status).toBe(200)
    expect((await refresh(two, ada)).status).toBe(200)
    expect((await refresh(one, ada)).status).toBe(401)
    expect((await socket.end()).reason).toBe('session_revoked')
    for (const line of two.logged().trim().split('\n')) expect(line).toContain('"node":"node-2"')
  })

  it('end a login everywhere, whichever of them is told', async () => {
    const [one, two] = await twoNodes()
    const [ada, alan] = [await signIn(one, 'ada'), await signIn(two, 'alan')]
    const [hers, his] = [await connect(one, two, ada), await connect(one, two, alan)]
    const waiting = await takeTicket(two, ada)
    expect((await post(`${one.address}/auth/logout`, {}, ada.bearer)).status).toBe(200)
    expect(await hers.end()).toEqual({ code: 3003, reason: 'session_revoked' })
    expect((await refresh(two, ada)).status).toBe(401)
    expect((await post(`${two.address}/api/websocket/ticket`, {}, ada.bearer)).status).toBe(401)
    expect((await fetch(`${two.address}/auth/me`, { headers: ada.bearer })).status).toBe(401)
    const late = await dialRefused(socketUrl(two), { protocols: ticketProtocols(waiting) })
    expect(late.body).toContain('ticket_revoked')
    expect(await ask(his, '1+1')).toMatchObject({ text: '1+1 = 2' })
  })

  it('end all logins of a user, and those only', async () => {
    const [one, two] = await twoNodes()
    const logins = [await signIn(one, 'ada'), await signIn(two, 'ada')] as const
    const sockets = [await connect(one, two, logins[0]), await connect(two, one, logins[1])] as const
    await post(`${one.address}/api/websocket/logout`, { everywhere: true }, logins[0].bearer)
    for (const socket of sockets) expect((await socket.end()).code).toBe(3003)
    for (const login of logins) expect((await refresh(two, login)).status).toBe(401)
    const again = await signIn(two, 'ada')
    expect((await post(`${one.address}/api/websocket/ticket`, {}, again.bearer)).status).toBe(201)
  })

  it('have the same keys, also a node that comes later', async () => {
    const [one, two] = await twoNodes()
    const keysOf = async (chat: RunningChat): Promise<unknown> =>
      await jsonOf(await fetch(`${chat.address}/auth/jwks.json`))
    const keys = await keysOf(one)
    expect(await keysOf(two)).toEqual(keys)
    expect(await keysOf(await startChat({ REDIS_URL: redis.url }))).toEqual(keys)
  })

  it('count wrong passwords together, and let the right one in on neither when there were too many', async () => {
    const [one, two] = await twoNodes(await aRedis())
    const wrong = { ...ADA, password: 'wrong' }
    const statuses: number[] = []
    for (let times = 0; times < 20; times += 1) {
      const chat = times % 2 === 0 ? one : two
      statuses.push((await post(`${chat.address}/auth/login`, wrong)).status)
    }
    expect(new Set(statuses)).toEqual(new Set([401]))
    for (const chat of [one, two]) {
      const refused = await post(`${chat.address}/auth/login`, ADA)
      expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true])
    }
    const alan = { email: 'alan@example.com', password: 'alan-demo' }
    expect((await post(`${two.address}/auth/login`, alan)).status).toBe(200)
  })

  it('go on when one of them stops, which sends its sockets away', async () => {
    const [one, two] = await twoNodes()
    const ada = await signIn(one, 'ada')
    const [leaving, staying] = [await connect(two, one, ada), await connect(one, two, ada)]
    const stopped = one.stop()
    expect((await leaving.end()).code).toBe(1012)
    await stopped
    expect(await ask(staying, '1+1')).toMatchObject({ text: '1+1 = 2' })
    const renewed = await jsonOf(await refresh(two, ada))
    const bearer = { authorization: `Bearer ${textOf(renewed, 'access_token')}` }
    expect(await ask(await connect(two, two, { ...ada, bearer }), '2+2')).toMatchObject({ text: '2+2 = 4' })
  })

  it('give tickets for as long as they send sockets away, for use on another', async () => {
    const [one, two] = await twoNodes()
    const ada = await signIn(one, 'ada')
    // Closed one after the other: that is the time in which those who were closed come back.
    const sockets: SocketProbe[] = []
    for (let count = 0; count < 10; count += 1) sockets.push(await connect(two, one, ada))
    const ends = sockets.map((socket) => socket.end())
    const readiness = async (chat: RunningChat): Promise<number> =>
      (await fetch(`${chat.address}/readyz`)).status
    expect([await readiness(one), await readiness(two)]).toEqual([200, 200])
    const stopped = one.stop()
    await Promise.race(ends)
    expect([await readiness(one), await readiness(two)]).toEqual([503, 200])
    const ticket = await takeTicket(one, ada)
    const refused = await dialRefused(socketUrl(one), { protocols: ticketProtocols(ticket) })
    expect(refused.body).toContain('draining')
    expect(await ask(await redeem(two, ticket), '1+1')).toMatchObject({ text: '1+1 = 2' })
    for (const { code } of await Promise.all(ends)) expect(code).toBe(1012)
    await stopped
  })

  it('tell Redis no password, token or ticket', async () => {
    const [one, two] = await twoNodes()
    const monitor = await redis.monitor()
    const ada = await signIn(one, 'ada')
    const ticket = await takeTicket(one, ada)
    await ask(await redeem(two, ticket), 'What is a tenure fence?')
    const renewed = await jsonOf(await refresh(two, ada))
    await post(`${one.address}/auth/logout`, {}, ada.bearer)
    const seen = (await monitor.stop()).join('\n')
    expect(seen).toContain('chat:auth:logins:')
    expect(seen).toContain('wst:')
    const secrets = [ada.access, ada.refresh, textOf(renewed, 'refresh_token'), ticket, 'ada-demo']
    for (const secret of secrets) expect(seen).not.toContain(secret)
  })
})

describe('nodes whose Redis dies', SLOW, () => {
  it('keep their sockets, refuse with a clear sentence, and recover by themselves', async () => {
    const own = await aRedis({ persistence: 'aof' })
    const [one, two] = await twoNodes(own)
    const ada = await signIn(one, 'ada')
    const socket = await connect(one, two, ada)
    await own.kill()
    expect(await ask(socket, '1+1')).toMatchObject({ text: '1+1 = 2' })
    const login = await post(`${one.address}/auth/login`, ADA)
    expect([login.status, login.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await jsonOf(login)).toMatchObject({
      code: 'identity_unavailable',
      detail: expect.stringContaining('Who is connected stays connected') as unknown,
    })
    const ticket = await post(`${two.address}/api/websocket/ticket`, {}, ada.bearer)
    expect([ticket.status, (await jsonOf(ticket)).code]).toEqual([503, 'store_unavailable'])
    expect((await refresh(two, ada)).status).toBe(503)
    expect((await post(`${two.address}/auth/logout`, {}, ada.bearer)).status).toBe(503)

    await own.restart()
    await expect.poll(async () => (await post(`${one.address}/auth/login`, ADA)).status, BACK).toBe(200)
    await expect
      .poll(async () => (await post(`${two.address}/api/websocket/ticket`, {}, ada.bearer)).status, BACK)
      .toBe(201)
    expect(await ask(socket, '2+2')).toMatchObject({ text: '2+2 = 4' })
    expect((await refresh(two, ada)).status).toBe(200)
    await post(`${one.address}/auth/logout`, {}, ada.bearer)
    expect(await socket.end()).toEqual({ code: 3003, reason: 'session_revoked' })
    const told = [one, two].map((chat) => chat.logged()).join('')
    expect(told).toContain('"event":"redis.lost"')
    expect(told).toContain('"event":"redis.back"')
    expect(told).not.toMatch(/"level":"fatal"|"stack"/)
  })

  it('put keys and users back into one that comes back empty', async () => {
    const own = await aRedis()
    const [one, two] = await twoNodes(own)
    const keysOf = async (chat: RunningChat): Promise<unknown> =>
      await jsonOf(await fetch(`${chat.address}/auth/jwks.json`))
    const keys = await keysOf(one)
    const before = await signIn(one, 'ada')
    await own.restart()
    await expect.poll(async () => (await post(`${two.address}/auth/login`, ADA)).status, BACK).toBe(200)
    const newcomer = await startChat({ REDIS_URL: own.url })
    for (const chat of [one, two, newcomer]) expect(await keysOf(chat)).toEqual(keys)
    const ada = await signIn(newcomer, 'ada')
    await expect
      .poll(async () => (await post(`${one.address}/api/websocket/ticket`, {}, ada.bearer)).status, BACK)
      .toBe(201)
    expect(await ask(await connect(one, two, ada), '1+1')).toMatchObject({ text: '1+1 = 2' })
    // What was lost is over, and not good for ever.
    expect((await refresh(two, before)).status).toBe(401)
  })

  it('answer within seconds while it hangs', async () => {
    const own = await aRedis()
    const [one, two] = await twoNodes(own)
    const ada = await signIn(one, 'ada')
    const socket = await connect(one, two, ada)
    own.pause()
    const began = performance.now()
    expect((await post(`${one.address}/auth/login`, ADA)).status).toBe(503)
    expect((await post(`${one.address}/api/websocket/ticket`, {}, ada.bearer)).status).toBe(503)
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await ask(socket, '1+1')).toMatchObject({ text: '1+1 = 2' })
    own.resume()
    await expect.poll(async () => (await post(`${one.address}/auth/login`, ADA)).status, BACK).toBe(200)
    expect(await ask(socket, '2+2')).toMatchObject({ text: '2+2 = 4' })
  })
})

describe('a node behind a balancer', SLOW, () => {
  it('gives tickets for the public address, to its origin, and knows the client', async () => {
    const chat = await startChat({
      REDIS_URL: redis.url,
      PUBLIC_ORIGIN: 'https://chat.example.com',
      TRUSTED_PROXIES: '127.0.0.0/8,::1',
    })
    const forwarded = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-forwarded-proto': 'https' }
    const origin = { origin: 'https://chat.example.com' }
    const login = await post(`${chat.address}/auth/login`, ADA, { ...forwarded, ...origin })
    expect(login.headers.get('access-control-allow-origin')).toBe('https://chat.example.com')
    const bearer = { authorization: `Bearer ${textOf(await jsonOf(login), 'access_token')}` }
    const headers = { ...bearer, ...forwarded, ...origin }
    const ticket = await jsonOf(await post(`${chat.address}/api/websocket/ticket`, {}, headers))
    expect(textOf(ticket, 'websocket_url')).toMatch(/^wss:\/\/chat\.example\.com\/ws\?/)
    const socket = await dial(socketUrl(chat), {
      protocols: ticketProtocols(textOf(ticket, 'ticket_id')),
      headers: forwarded,
      ...origin,
    })
    expect(await ask(socket, '1+1')).toMatchObject({ text: '1+1 = 2' })
    for (const event of ['login.opened', 'ticket.issued', 'session.opened']) {
      const line = chat
        .logged()
        .split('\n')
        .find((each) => each.includes(`"event":"${event}"`))
      expect(line).toContain('"address":"203.0.113.7"')
    }
    expect((await post(`${chat.address}/auth/login`, ADA, { origin: chat.address })).status).toBe(403)
  })

  it('takes nobody’s word for an address unless it is told to', async () => {
    const chat = await startChat({ REDIS_URL: redis.url })
    await post(`${chat.address}/auth/login`, ADA, { 'x-forwarded-for': '203.0.113.7' })
    expect(chat.logged()).not.toContain('203.0.113.7')
  })
})

describe('a node without its Redis', SLOW, () => {
  it('does not start, and says where it looked and what to do', async () => {
    const closed = createServer()
    const { port } = await listen(closed)
    closed.close()
    const environment = { REDIS_URL: `redis://:canary-word@127.0.0.1:${port}` }
    const { server, printed, complaints, logged } = await tryStartChat(environment, { redisStartMs: 300 })
    expect([server, printed]).toEqual([undefined, []])
    expect(complaints).toHaveLength(1)
    expect(complaints[0]).toMatch(
      new RegExp(
        `^wsticket: Redis \\(127\\.0\\.0\\.1:${port}\\) could not be reached within 0\\.3 s: .+REDIS_URL`,
      ),
    )
    expect(complaints.join() + logged.join()).not.toContain('canary')
  })

  it('does not start with one that other programs use in its place', async () => {
    const own = await aRedis()
    await own.command('SET', 'chat:auth:keys', 'something else')
    const { server, complaints } = await tryStartChat({ REDIS_URL: own.url })
    expect(server).toBeUndefined()
    expect(complaints).toEqual([
      'wsticket: the chat could not start: Redis holds something that this auth service did not write. Give the chat a Redis, or a database of it, that no other program writes to.',
    ])
  })

  it('does not start with one that cannot keep tickets single-use, and says what to allow', async () => {
    const own = await aRedis()
    await own.command('ACL', 'SETUSER', 'chat', 'on', '>canary-word', '~*', '&*', '+@all', '-info')
    const REDIS_URL = `redis://chat:canary-word@127.0.0.1:${own.port}`
    const { server, complaints } = await tryStartChat({ REDIS_URL })
    expect(server).toBeUndefined()
    expect(complaints).toHaveLength(1)
    expect(complaints[0]).toMatch(/^wsticket: the chat could not start: .+INFO/)
    expect(complaints[0]).not.toContain('canary')
  })

  it('leaves no connection open when it cannot start', async () => {
    const own = await aRedis()
    const taken = createServer()
    const { port } = await listen(taken)
    const { complaints } = await tryStartChat({ REDIS_URL: own.url, PORT: String(port) })
    expect(complaints[0]).toContain('is taken by another program')
    const clients = async (): Promise<string> => String(await own.command('CLIENT', 'LIST'))
    await expect.poll(async () => (await clients()).trim().split('\n').length).toBe(1)
  })
})
