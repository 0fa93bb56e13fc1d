import { ticketProtocols } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { afterThisTest } from '../test/cleanups.js'
import { aRedis, type RedisServer } from '../test/redis/a-redis.js'
import { dial, type SocketProbe } from '../test/socket-probe.js'
import {
  type ChatProcess,
  type Login,
  logIn,
  post,
  startChat,
  startChatInVain,
  takeTicket,
} from './chat-process.js'

// Processes start, and passwords are hashed at full cost.
const TEST_MS = 60_000
const BACK = { timeout: 20_000, interval: 100 }

async function twoNodes({ url }: RedisServer): Promise<[ChatProcess, ChatProcess]> {
  return await Promise.all([
    startChat(afterThisTest, { REDIS_URL: url, NODE_NAME: 'node-1' }),
    startChat(afterThisTest, { REDIS_URL: url, NODE_NAME: 'node-2' }),
  ])
}

/** Takes a ticket on one node, and opens a socket with it on another. */
async function connect(issuing: ChatProcess, holding: ChatProcess, login: Login): Promise<SocketProbe> {
  const { ticket_id } = await takeTicket(issuing, login.access_token)
  return await dial(`${holding.ws}/ws`, { protocols: ticketProtocols(ticket_id, { refusals: true }) })
}

async function ask(socket: SocketProbe, text: string): Promise<string> {
  socket.sendJson({ type: 'user_message', id: text, text })
  for (;;) {
    const message = await socket.next()
    if (message.includes('"agent_completed"')) return message
  }
}

async function refresh(
  chat: ChatProcess,
  { refresh_token }: Pick<Login, 'refresh_token'>,
): Promise<Response> {
  return await post(chat, '/auth/refresh', { refresh_token })
}

describe('Nodes of the chat, each a process, with one Redis', { timeout: TEST_MS }, () => {
  it('are one system, and each goes on without the other', async () => {
    const [one, two] = await twoNodes(await aRedis())
    const ada = await logIn(one, 'ada')
    const [lost, kept] = [await connect(two, one, ada), await connect(one, two, ada)]
    expect(await kept.next()).toContain('"node":"node-2"')
    expect(await lost.next()).toContain('"node":"node-1"')

    await one.end('SIGKILL')
    expect((await lost.end()).code).toBe(1006)
    expect(await ask(kept, '12*(7+5)')).toContain('144')
    const renewed = await refresh(two, ada)
    expect(renewed.status).toBe(200)
    const { access_token } = (await renewed.json()) as Login
    expect(await ask(await connect(two, two, { ...ada, access_token }), '1+1')).toContain('1+1 = 2')
    expect((await post(two, '/auth/logout', {}, access_token)).status).toBe(200)
    expect(await kept.end()).toEqual({ code: 3003, reason: 'session_revoked' })

    expect(await two.end('SIGTERM')).toBe(0)
    for (const { output } of [one, two]) expect(output()).not.toContain(ada.refresh_token)
  })

  it('live through a Redis that is killed and comes back', async () => {
    const redis = await aRedis({ persistence: 'aof' })
    const [one, two] = await twoNodes(redis)
    const ada = await logIn(one, 'ada')
    const socket = await connect(one, two, ada)
    await redis.kill()
    expect(await ask(socket, '1+1')).toContain('1+1 = 2')
    const wanted = { email: 'alan@example.com', password: 'alan-demo' }
    expect((await post(one, '/auth/login', wanted)).status).toBe(503)
    expect((await post(two, '/api/websocket/ticket', {}, ada.access_token)).status).toBe(503)
    await redis.restart()
    await expect.poll(async () => (await post(one, '/auth/login', wanted)).status, BACK).toBe(200)
    await expect
      .poll(async () => (await post(two, '/api/websocket/ticket', {}, ada.access_token)).status, BACK)
      .toBe(201)
    expect(await ask(socket, '2+2')).toContain('2+2 = 4')
    expect((await refresh(two, ada)).status).toBe(200)
  })

  it('end with a code and one clear sentence when Redis does not let them in', async () => {
    const redis = await aRedis({ args: ['--requirepass', 'right-word'], password: 'right-word' })
    const { code, output } = await startChatInVain({
      REDIS_URL: `redis://:canary-word@127.0.0.1:${redis.port}`,
      LOG_LEVEL: 'silent',
    })
    expect(code).toBe(1)
    expect(output).toMatch(
      /^wsticket: Redis \(127\.0\.0\.1:\d+\) does not let this server in: WRONGPASS.+\n$/,
    )
    expect(output).not.toContain('canary')
  })

  it('end with a code and one clear sentence when REDIS_URL cannot be read', async () => {
    const { code, output } = await startChatInVain({ REDIS_URL: 'redis:/canary-word' })
    expect(code).toBe(1)
    expect(output).toMatch(/^wsticket: REDIS_URL is not usable \(its value is not shown\); .+\n$/)
    expect(output).not.toContain('canary')
  })
})
