import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { afterAllTests } from '../../../../test/cleanups.js'
import { aRedis, type RedisServer } from '../../../../test/redis/a-redis.js'
import { authStoreCases } from '../../test/auth-store-cases.js'
import { rateLimitCases } from '../../test/rate-limit-cases.js'
import { LOGOUT_KEPT_MS, newLoginId } from './auth-store.js'
import { redisAuthStore } from './redis-auth-store.js'
import { redisRateLimits } from './redis-rate-limits.js'
import { generateAuthKeys } from './tokens.js'

const cleanUp = afterAllTests()
let server: RedisServer
let nodes: [Redis, Redis]

beforeAll(async () => {
  server = await aRedis({}, cleanUp)
  nodes = [clientOf(server), clientOf(server)]
})

let prefixes = 0
function freshPrefix(): string {
  prefixes += 1
  return `case-${prefixes}:`
}

function clientOf({ port }: RedisServer): Redis {
  const client = new Redis({ host: '127.0.0.1', port, enableOfflineQueue: true, maxRetriesPerRequest: 0 })
  client.on('error', () => undefined)
  cleanUp(() => client.disconnect())
  return client
}

const USER = { subject: 's', email: 'e@example.com', name: 'E', permissions: [], passwordHash: 'canary-hash' }

describe('users and logins in Redis', () => {
  test.each(authStoreCases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    const prefix = freshPrefix()
    await run(async () => ({
      nodes: [redisAuthStore(nodes[0], { prefix }), redisAuthStore(nodes[1], { prefix })],
    }))
  })

  it('leave by themselves, all but users and keys', async () => {
    const prefix = freshPrefix()
    const store = redisAuthStore(nodes[0], { prefix })
    const limiter = redisRateLimits(nodes[0], { prefix })('account', { burst: 20, perSecond: 1 / 15 })
    const now = Date.now()
    await store.adoptKeys(await generateAuthKeys())
    await store.addUser(USER)
    for (const deadline of [now + 60_000, now + 30_000]) {
      await store.openLogin({ id: newLoginId('s'), subject: 's', generation: 0, deadline }, now)
    }
    await store.noteLogout('s', now)
    for (let times = 0; times < 20; times += 1) await limiter.take('e@example.com')
    const lives = new Map<string, number>()
    for (const key of await nodes[0].keys(`${prefix}*`)) {
      const kind = key.slice(prefix.length).replace(/\{[\w-]{16,}\}/, '')
      lives.set(kind, await nodes[0].pttl(key))
    }
    const within = (most: number): unknown => expect.toSatisfy((ms) => ms > most - 5000 && ms <= most)
    expect(Object.fromEntries(lives)).toEqual({
      keys: -1,
      '{users}:by-email': -1,
      '{users}:by-subject': -1,
      // With the last of them.
      'logins:': within(60_000),
      'logout:': within(LOGOUT_KEPT_MS),
      'tries:account:': within(20 * 15_000),
    })
  })

  it('take no prefix that would say where keys belong', () => {
    for (const prefix of ['{x}', 'a b', 'x'.repeat(65)]) {
      expect(() => redisAuthStore(nodes[0], { prefix })).toThrow('Example: chat:auth:')
      expect(() => redisRateLimits(nodes[0], { prefix })).toThrow(TypeError)
    }
  })

  it('go on after Redis has forgotten the scripts', async () => {
    const store = redisAuthStore(nodes[0], { prefix: freshPrefix() })
    await store.addUser(USER)
    await server.command('SCRIPT', 'FLUSH')
    expect(await store.addUser(USER)).toBe(false)
  })

  it.each([
    ['no JSON', 'canary{'],
    ['something else', '{"canary":1}'],
  ])('are not mistaken for %s that another program wrote', async (_what, value) => {
    const prefix = freshPrefix()
    const store = redisAuthStore(nodes[0], { prefix })
    const id = newLoginId('s')
    await store.openLogin({ id, subject: 's', generation: 0, deadline: Date.now() + 60_000 }, Date.now())
    await nodes[0].set(`${prefix}keys`, value)
    await nodes[0].hset(`${prefix}{users}:by-email`, USER.email, value)
    await nodes[0].hset(`${prefix}{users}:by-subject`, USER.subject, value)
    const [logins = ''] = await nodes[0].keys(`${prefix}logins:*`)
    await nodes[0].hset(logins, id, value)
    const keys = await generateAuthKeys()
    for (const call of [
      () => store.adoptKeys(keys),
      () => store.findUserByEmail(USER.email),
      () => store.findUser(USER.subject),
      () => store.findLogin(id, Date.now()),
    ]) {
      const failure: unknown = await call().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'identity_unavailable', remedy: expect.any(String) as unknown })
      expect(String(failure)).not.toContain('canary')
    }
  })

  it('are unavailable, and told so without any argument, when a command is forbidden', async () => {
    const narrow = await aRedis({ args: ['--rename-command', 'EVALSHA', ''] })
    const store = redisAuthStore(clientOf(narrow), {})
    const failure: unknown = await store.addUser(USER).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'identity_unavailable' })
    expect(failure).toHaveProperty('message', expect.stringContaining("unknown command 'evalsha'"))
    expect(failure).not.toHaveProperty('cause')
    expect(String(failure)).not.toContain('canary')
  })

  it('are unavailable at once without Redis, and within a second when it hangs; then they are back', async () => {
    const own = await aRedis({ persistence: 'aof' })
    const store = redisAuthStore(clientOf(own), {})
    await store.addUser(USER)
    own.pause()
    const hung: unknown = await store.findUser('s').catch((error: unknown) => error)
    expect(hung).toMatchObject({ code: 'identity_unavailable' })
    expect(String(hung)).toContain('no answer in 1000 ms')
    own.resume()
    await expect.poll(() => store.findUser('s').catch(() => undefined)).toEqual(USER)
    await own.kill()
    await expect(store.findUser('s')).rejects.toMatchObject({ code: 'identity_unavailable' })
    await own.restart()
    await expect.poll(() => store.findUser('s').catch(() => undefined)).toEqual(USER)
  })
})

describe('limits in Redis', () => {
  test.each(rateLimitCases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    const prefix = freshPrefix()
    // The clock of a real Redis cannot be moved.
    const advance = async (ms: number): Promise<void> => await sleep(ms)
    await run({
      nodes: [redisRateLimits(nodes[0], { prefix }), redisRateLimits(nodes[1], { prefix })],
      advance,
    })
  })

  it('allow nothing that they cannot count', async () => {
    const own = await aRedis()
    const limiter = redisRateLimits(clientOf(own))('account', { burst: 1, perSecond: 1 })
    await own.kill()
    await expect(limiter.take('k')).rejects.toMatchObject({ code: 'identity_unavailable' })
  })
})
