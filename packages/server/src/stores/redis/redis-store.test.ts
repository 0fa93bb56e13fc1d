import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { afterThisTest } from '../../../../../test/cleanups.js'
import { aRedis, type RedisServer, type RedisServerOptions } from '../../../../../test/redis/a-redis.js'
import { ioRedisClient } from '../../../test/redis/clients.js'
import { freshPrefix, keptKeys } from '../../../test/redis/redis-harness.js'
import {
  ADA,
  ADAS_PHONE,
  attempt,
  holder,
  ISSUE,
  issued,
  issueKind,
  LONG_MS,
  opened,
  REDEEM,
  record,
  redeemKind,
  renewal,
  stateOf,
} from '../../conformance/store/given.js'
import type { IssueTerms } from '../store.js'
import { type RedisStoreOptions, type RedisTicketStore, redisStore } from './index.js'

interface Given {
  readonly redis: RedisServer
  readonly client: Redis
  readonly store: RedisTicketStore
  readonly prefix: string
}

/** A Redis of this test's own, with a store over it. */
async function given(
  options: RedisStoreOptions = {},
  server: RedisServerOptions = {},
  as: { readonly username?: string; readonly password?: string } = {},
): Promise<Given> {
  const redis = await aRedis(server)
  const client = await ioRedisClient(redis.port, afterThisTest, as)
  const prefix = freshPrefix()
  const store = redisStore(client, { prefix, ...options })
  afterThisTest(() => store.close())
  return { redis, client, store, prefix }
}

/** A second node: another client and store over the same Redis. */
async function another({ redis, prefix }: Given, options: RedisStoreOptions = {}): Promise<RedisTicketStore> {
  const store = redisStore(await ioRedisClient(redis.port, afterThisTest), { prefix, ...options })
  afterThisTest(() => store.close())
  return store
}

function never(): AbortSignal {
  return new AbortController().signal
}

describe('one round trip', () => {
  test('an issue is one command, and a redeem is one', async () => {
    const { redis, store } = await given()
    await opened(store)
    const { ref } = await issued(store)
    const monitor = await redis.monitor()
    await store.issue(record({ singleUse: false, holder: holder(ADA, { login: ADAS_PHONE }) }), ISSUE)
    await store.redeem(ref, attempt(), { ...REDEEM, liveNodes: ['node-a'] })
    const lines = await monitor.stop()
    // Redis marks with `lua` what a script calls.
    const sent = lines
      .filter((line) => !/ \[\d+ lua\] /.test(line))
      .map((line) => line.split('"')[1]?.toLowerCase())
    expect(sent).toEqual(['evalsha', 'evalsha'])
    expect(lines.length).toBeGreaterThan(10)
  })

  test('a forgotten script is sent anew, and nobody notices', async () => {
    const { redis, store } = await given()
    const { ref } = await issued(store)
    await redis.command('SCRIPT', 'FLUSH')
    expect(await redeemKind(store, ref)).toBe('admitted')
    await redis.command('SCRIPT', 'FLUSH')
    expect(await issueKind(store, holder())).toBe('issued')
  })
})

describe('what is kept', () => {
  test('keys begin with the prefix and the shard, all of a user on one slot', async () => {
    const { redis, client, store, prefix } = await given()
    const { ref } = await opened(store, { holder: holder(ADA, { login: ADAS_PHONE }) })
    await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS })
    await store.keepNode('node-a')
    await store.sealKeys()
    const shard = ADA.slice(0, 2)
    expect((await client.keys('*')).sort()).toEqual(
      [
        `${prefix}:{${shard}}:t:${ref}`,
        `${prefix}:{${shard}}:u:${ADA}`,
        `${prefix}:{${shard}}:x`,
        `${prefix}:nodes`,
        `${prefix}:notices`,
        `${prefix}:seal`,
      ].sort(),
    )
    // What decides upon the slot is the text in the first braces.
    const tags = (await client.keys(`*${ADA}*`)).concat(await client.keys(`*${ref}*`))
    expect(tags.map((key) => /\{(.*?)\}/.exec(key)?.[1])).toEqual([shard, shard])
    expect(await redis.command('TTL', `${prefix}:{${shard}}:u:${ADA}`)).toBeGreaterThan(0)
  })

  test('two prefixes know nothing of each other', async () => {
    const all = await given()
    const other = await another(all, { prefix: freshPrefix() })
    const { ref } = await issued(all.store)
    expect(await redeemKind(other, ref)).toBe('unknown')
    await other.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    expect(await redeemKind(all.store, ref)).toBe('admitted')
  })

  test('an hour of tickets in fast motion leaves nothing behind', async () => {
    const { redis, store, prefix } = await given({ graceMs: 100 })
    await store.health()
    const clients = Number((await redis.info('clients')).connected_clients)
    const shortLife = { ttlMs: 50 }
    for (let round = 0; round < 20; round += 1) {
      const refs = await Promise.all(
        Array.from({ length: 30 }, async (_, user) => {
          const of = holder(`${user.toString(16).padStart(2, '0')}${ADA.slice(2)}`)
          const kept = await issued(store, { ...shortLife, holder: of, singleUse: user % 2 === 0 })
          return { ref: kept.ref, used: user % 3 !== 0 }
        }),
      )
      await Promise.all(
        refs
          .filter(({ used }) => used)
          .map(({ ref }) => store.redeem(ref, attempt(), { ...REDEEM, maxSessionMs: 50 })),
      )
    }
    expect((await keptKeys([redis], prefix)).length).toBeGreaterThan(0)
    await expect.poll(() => keptKeys([redis], prefix), { timeout: 5000 }).toEqual([])
    expect(Number((await redis.info('clients')).connected_clients)).toBe(clients)
    // What stays: one counter a shard. Redis takes its time to sweep what nobody looks at.
    await expect.poll(() => redis.command('DBSIZE'), { timeout: 5000 }).toBe(30)
  })

  test('memory comes back to what it was after an hour of tickets in fast motion', async () => {
    const { redis, store, prefix } = await given({ graceMs: 100 })
    const minutes = async (count: number): Promise<void> => {
      for (let minute = 0; minute < count; minute += 1) {
        await Promise.all(
          Array.from({ length: 60 }, async (_, user) => {
            const of = holder(`${user.toString(16).padStart(2, '0')}${ADA.slice(2)}`)
            const { ref } = await issued(store, { ttlMs: 50, holder: of })
            await store.redeem(ref, attempt(), { ...REDEEM, maxSessionMs: 50 })
          }),
        )
      }
      await expect.poll(() => keptKeys([redis], prefix), { timeout: 10_000 }).toEqual([])
      await expect.poll(() => redis.command('DBSIZE'), { timeout: 10_000 }).toBe(60)
    }
    const used = async (): Promise<number> => Number((await redis.info('memory')).used_memory)
    await minutes(5)
    const before = await used()
    await minutes(60)
    // Buffers of connections and of Lua come and go.
    await expect.poll(async () => (await used()) / before, { timeout: 10_000 }).toBeLessThan(1.1)
  }, 60_000)

  test('a user who takes tickets without end occupies no more than burst, rate and grace allow', async () => {
    const { redis, store, prefix } = await given({ graceMs: 200 })
    const terms = { rate: { burst: 5, perSecond: 20 }, outstanding: 4 }
    let most = 0
    const until = performance.now() + 1500
    while (performance.now() < until) {
      await store.issue(record({ ttlMs: 300 }), terms)
      most = Math.max(most, (await keptKeys([redis], prefix)).length)
    }
    // Burst, rate times life and grace, the subject itself; half as much again, for time that passes between the two.
    expect(most).toBeGreaterThan(6)
    expect(most).toBeLessThanOrEqual(1.5 * (5 + 20 * (0.3 + 0.2) + 1))
  })
})

describe('a user who has gone', () => {
  const GRACE = 1000
  const DAY_MS = 86_400_000
  const terms = { ...REDEEM, maxSessionMs: DAY_MS }

  async function leave(
    all: Given,
    before: (store: RedisTicketStore) => Promise<unknown> = async () => {},
    by: Partial<IssueTerms> = {},
  ): Promise<number> {
    const { redis, store, prefix } = all
    await before(store)
    const { ref } = await issued(store, { ttlMs: 100 }, by)
    const own = attempt()
    expect((await store.redeem(ref, own, terms)).kind).toBe('admitted')
    const key = `${prefix}:{${ADA.slice(0, 2)}}:u:${ADA}`
    expect(await redis.command('PTTL', key)).toBeGreaterThan(DAY_MS - 10_000)
    await store.closeSocket(ref, own.id)
    return Number(await redis.command('PTTL', key))
  }

  // Clients that come without a credential are each a user of their own. Kept until the session maximum, those of one address
  // took a hundred megabytes.
  test('is not kept until the session would have ended', async () => {
    const all = await given({ graceMs: GRACE })
    expect(await leave(all)).toBeLessThanOrEqual(100 + GRACE)
    await expect.poll(() => keptKeys([all.redis], all.prefix), { timeout: 5000 }).toEqual([])
  })

  test('is kept for what is left: another socket, a ticket, a rate, a logout', async () => {
    const other = await given({ graceMs: GRACE })
    expect(await leave(other, (store) => opened(store, {}, terms))).toBeGreaterThan(DAY_MS - 10_000)

    const ticket = await given({ graceMs: GRACE })
    const left = await leave(ticket, (store) => issued(store, { ttlMs: 60_000 }))
    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(60_000 + GRACE)

    const rate = await given({ graceMs: GRACE })
    const slow = { rate: { burst: 5, perSecond: 0.01 } }
    expect(await leave(rate, undefined, slow)).toBeGreaterThan(90_000)

    const everywhere = await given({ graceMs: GRACE })
    const subject = { kind: 'subject', subject: ADA, rememberMs: LONG_MS } as const
    expect(await leave(everywhere, (store) => store.revoke(subject))).toBeGreaterThan(LONG_MS - 10_000)

    const login = await given({ graceMs: GRACE })
    const phone = { kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS } as const
    expect(await leave(login, (store) => store.revoke(phone))).toBeGreaterThan(LONG_MS - 10_000)
    expect(await issueKind(login.store, holder(ADA, { login: ADAS_PHONE }))).toBe('revoked')
  })
})

describe('the count of tickets that nobody used', () => {
  test('takes no room, though nobody asks for it', async () => {
    const { redis, store, prefix } = await given({ graceMs: 100 })
    const key = `${prefix}:{${ADA.slice(0, 2)}}:x`
    // As if there had been one in each of very many spans.
    await redis.command(
      'HSET',
      key,
      ...Array.from({ length: 20_000 }, (_, span) => (span % 2 === 0 ? span : 1)),
    )
    await issued(store, { ttlMs: 1 })
    expect(await redis.command('HLEN', key)).toBe(2)
    await expect.poll(async () => (await store.health()).expired).toBe(10_001)
  })
})

describe('seal keys', () => {
  test('are the same on all nodes, and come back from a node that has them', async () => {
    const all = await given()
    const other = await another(all)
    const keys = await all.store.sealKeys()
    expect(await other.sealKeys()).toEqual(keys)
    await all.redis.command('DEL', `${all.prefix}:seal`)
    expect(await other.sealKeys()).toEqual(keys)
    expect(await all.store.sealKeys()).toEqual(keys)
  })

  test('a key that another node made meanwhile is taken over, and the former one still accepted', async () => {
    const all = await given()
    const [former] = await all.store.sealKeys()
    await all.redis.command('DEL', `${all.prefix}:seal`)
    const [present] = await (await another(all)).sealKeys()
    expect(present).not.toEqual(former)
    expect(await all.store.sealKeys()).toEqual([present, former])
    expect(await (await another(all)).sealKeys()).toEqual([present, former])
  })

  test('change when they are old', async () => {
    const all = await given({ sealRotationSeconds: 60 })
    const [former] = await all.store.sealKeys()
    expect(await all.store.sealKeys()).toEqual([former])
    const key = `${all.prefix}:seal`
    const kept = String(await all.redis.command('GET', key))
    await all.redis.command(
      'SET',
      key,
      kept.replace(/:(\d+):0$/, (_, since) => `:${Number(since) - 60_000}:0`),
    )
    const [present, ...accepted] = await all.store.sealKeys()
    expect(present).not.toEqual(former)
    expect(accepted).toEqual([former])
    // A former one is forgotten once no ticket can carry it any more.
    const rotated = String(await all.redis.command('GET', key))
    await all.redis.command('SET', key, rotated.replace(/:(\d{2,})$/, ':1'))
    expect(await (await another(all)).sealKeys()).toEqual([present])
  })
})

describe('single use', () => {
  test('a ticket of before a restart is voided, also if the data survived', async () => {
    const { redis, store } = await given({}, { persistence: 'aof' })
    const outstanding = await issued(store)
    const reusable = await issued(store, { singleUse: false })
    await redis.kill()
    await redis.restart()
    await expect.poll(() => redeemKind(store, outstanding.ref), { timeout: 5000 }).toBe('voided')
    expect(await stateOf(store, outstanding.ref)).toBe('voided')
    expect(await redeemKind(store, reusable.ref)).toBe('admitted')
    expect(await redeemKind(store, (await issued(store)).ref)).toBe('admitted')
  })

  test('an attempt that won before a restart is admitted again, and no other is', async () => {
    const { redis, store } = await given({}, { persistence: 'aof' })
    const { ref, by } = await opened(store)
    await redis.kill()
    await redis.restart()
    await expect
      .poll(async () => (await store.redeem(ref, by, REDEEM)).kind, { timeout: 5000 })
      .toBe('admitted')
    expect(await redeemKind(store, ref)).toBe('used')
  })

  test('a master that became a replica that serves writes consumes and issues nothing', async () => {
    const all = await given()
    const { redis, store, prefix } = all
    const { ref } = await issued(store)
    const { ref: reusable } = await issued(store, { singleUse: false })
    const key = `${prefix}:{${ref.slice(0, 2)}}:t:${ref}`
    const before = await redis.command('GET', key)
    await redis.command('CONFIG', 'SET', 'replica-read-only', 'no')
    // Of one that it never reaches: it keeps its data, and takes writes.
    const away = await aRedis()
    await away.kill()
    await redis.command('REPLICAOF', '127.0.0.1', String(away.port))
    await redis.command('SET', 'serves', 'writes')
    expect(await redeemKind(store, ref)).toBe('voided')
    await expect(store.issue(record(), ISSUE)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await redis.command('GET', key)).toBe(before)
    expect(await redeemKind(store, reusable)).toBe('admitted')
    // One that begins there asks first what this is.
    await expect(redeemKind(await another(all), ref)).rejects.toThrow(/replica of Redis and not a master/)
  })

  test("a redeem with guarantee 'wait' counts only once a replica has it", async () => {
    const all = await given({ guarantee: 'wait' })
    expect((await all.store.health()).promises.single_use).toBe('wait')
    const { ref } = await issued(all.store)
    await expect(all.store.redeem(ref, attempt(), REDEEM)).rejects.toThrow(/only 0 of 1 replicas/)
    await aRedis({ args: ['--replicaof', `127.0.0.1 ${all.redis.port}`] })
    const again = await issued(all.store)
    await expect
      .poll(
        async () =>
          (await all.store.redeem(again.ref, attempt({ id: 'same' }), REDEEM).catch(() => undefined))?.kind,
        { timeout: 10_000 },
      )
      .toBe('admitted')
  })
})

describe('what this Redis can promise', () => {
  test('is told by health', async () => {
    const { store } = await given()
    expect(await store.health()).toMatchObject({
      kind: 'redis',
      reachable: true,
      promises: { single_use: 'absolute', revocation: 'bounded', shared: 'nodes' },
      warnings: [],
    })
  })

  test('without INFO nothing is issued or redeemed, unless that is chosen', async () => {
    const redis = await aRedis()
    await redis.command('ACL', 'SETUSER', 'narrow', 'on', '>secret-word', '~*', '+@all', '-info')
    const as = { username: 'narrow', password: 'secret-word' }
    const client = await ioRedisClient(redis.port, afterThisTest, as)
    const store = redisStore(client)
    afterThisTest(() => store.close())
    const refused = store.issue(record(), ISSUE)
    await expect(refused).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('INFO is not allowed'),
      remedy: expect.stringContaining('Allow INFO'),
    })
    await expect(store.health()).rejects.toThrow(/does not tell its replication id/)
    const weaker = redisStore(client, { guarantee: 'none' })
    afterThisTest(() => weaker.close())
    expect(await redeemKind(weaker, (await issued(weaker)).ref)).toBe('admitted')
    const health = await weaker.health()
    expect(health.promises).toEqual({ single_use: 'none', revocation: 'none', shared: 'nodes' })
    expect(health.warnings.join(' ')).toMatch(/not kept through a failover.*INFO is not allowed/)
    expect(health.warnings.join(' ')).not.toContain('secret-word')
  })

  test('is withdrawn for revocations where keys can be evicted', async () => {
    const { redis, store } = await given()
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const health = await store.health()
    expect(health.promises.revocation).toBe('none')
    expect(health.warnings).toEqual([expect.stringContaining('maxmemory-policy is allkeys-lru')])
    expect(await redeemKind(store, (await issued(store)).ref)).toBe('admitted')
  })

  test('is withdrawn for revocations where a master that was cut off goes on writing', async () => {
    const { redis, store } = await given()
    await aRedis({ args: ['--replicaof', `127.0.0.1 ${redis.port}`] })
    await expect.poll(async () => (await store.health()).promises.revocation, { timeout: 5000 }).toBe('none')
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1')
    expect((await store.health()).promises.revocation).toBe('bounded')
  })

  test('the rights that the documentation lists are enough, for all that the store does', async () => {
    const redis = await aRedis()
    const page = await readFile(new URL('../../../../../docs/redis.md', import.meta.url), 'utf8')
    const [, rules = ''] = /^ACL SETUSER wsticket (on >PASSWORD .* ~wst:\* -@all .*)$/m.exec(page) ?? []
    await redis.command('ACL', 'SETUSER', 'wsticket', ...rules.split(' '))
    const as = { username: 'wsticket', password: 'PASSWORD' }
    const store = redisStore(await ioRedisClient(redis.port, afterThisTest, as), { prefix: 'wst' })
    afterThisTest(() => store.close())
    const adasPhone = holder(ADA, { login: ADAS_PHONE })
    const outstanding = await issued(store, { holder: adasPhone })
    const { ref, by } = await opened(store, { holder: adasPhone })
    const other = await opened(store)
    expect(await stateOf(store, outstanding.ref)).toBe('outstanding')
    expect((await store.sealKeys()).length).toBe(1)
    expect(await store.keepNode('node-a')).toEqual(['node-a'])
    expect(await store.checkCredential(adasPhone)).toEqual({ kind: 'good' })
    const kept = await store.renewSession(ref, renewal({ holder: adasPhone, permissions: ['read'] }))
    expect(kept.kind).toBe('renewed')
    expect((await store.listSessions(ADA, ['node-a'])).length).toBe(2)
    expect((await store.checkSessions([ref]))[0]?.kind).toBe('live')
    await store.closeSocket(ref, by.id)
    // A reader that nothing waits for: it blocks.
    const { cursor } = await store.notices(undefined, never())
    const reading = store.notices(cursor, never())
    await expect.poll(async () => String(await redis.command('CLIENT', 'LIST'))).toMatch(/cmd=xread/)
    const revoked = [
      await store.revoke({ kind: 'ticket', ref: outstanding.ref }),
      await store.revoke({ kind: 'session', ref: other.ref, code: 'session_revoked' }),
      await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS }),
      await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS }),
    ]
    expect(revoked.map(({ kind }) => kind)).toEqual(['revoked', 'revoked', 'revoked', 'revoked'])
    expect((await reading).notices.length).toBeGreaterThan(0)
    expect((await store.health()).warnings).toEqual([])
    // Nothing that was refused, and that the store made do without.
    expect(await redis.command('ACL', 'LOG')).toEqual([])
  })
})

describe('a Redis that fails', () => {
  const cases: readonly (readonly [string, (redis: RedisServer) => Promise<unknown>, RegExp, RegExp])[] = [
    ['is full', (redis) => redis.command('CONFIG', 'SET', 'maxmemory', '1'), /OOM/, /raise maxmemory/],
    [
      'is a replica',
      (redis) => redis.command('REPLICAOF', '127.0.0.1', '1'),
      /READONLY/,
      /connect to the master/,
    ],
    [
      'wants more replicas',
      (redis) => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '3'),
      /NOREPLICAS/,
      /bring them back/,
    ],
  ]
  test.each(cases)(
    'that %s admits nothing, says why, and works again',
    async (_name, fail, message, remedy) => {
      const { redis, store } = await given()
      const { ref, by } = await opened(store)
      const outstanding = await issued(store, { singleUse: false })
      const other = await issued(store)
      await fail(redis)
      for (const call of [
        () => store.issue(record(), ISSUE),
        () => store.redeem(outstanding.ref, attempt(), REDEEM),
        () => store.revoke({ kind: 'ticket', ref: other.ref }),
      ]) {
        await expect(call()).rejects.toMatchObject({
          code: 'store_unavailable',
          message: expect.stringMatching(message),
          remedy: expect.stringMatching(remedy),
        })
      }
      expect((await store.checkSessions([ref]))[0]?.kind).toBe('live')
      await redis.command('CONFIG', 'SET', 'maxmemory', '0', 'min-replicas-to-write', '0')
      await redis.command('REPLICAOF', 'NO', 'ONE')
      expect(await redeemKind(store, outstanding.ref)).toBe('admitted')
      expect((await store.redeem(ref, by, REDEEM)).kind).toBe('admitted')
    },
  )

  test('that is gone is told as that, whatever the client calls it', async () => {
    const redis = await aRedis()
    const client = new Redis({ port: redis.port, host: '127.0.0.1', enableOfflineQueue: false })
    client.on('error', () => {})
    afterThisTest(() => client.disconnect())
    await expect.poll(() => client.status).toBe('ready')
    const store = redisStore(client)
    afterThisTest(() => store.close())
    // A client that keeps no early commands has a duplicate that does: notices come at once.
    const { cursor } = await store.notices(undefined, never())
    const reading = store.notices(cursor, never())
    await expect.poll(async () => String(await redis.command('CLIENT', 'LIST'))).toMatch(/cmd=xread/)
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    expect((await reading).notices.length).toBe(1)
    await redis.kill()
    await expect.poll(() => client.status).not.toBe('ready')
    await expect(store.issue(record(), ISSUE)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/^Redis is not connected: is it running/),
      // It may well come back by itself.
      remedy: undefined,
    })
  })

  test('that wants another password says so, without it', async () => {
    const redis = await aRedis({ password: 'right-word', args: ['--requirepass', 'right-word'] })
    const client = new Redis({
      port: redis.port,
      host: '127.0.0.1',
      password: 'wrong-word',
      maxRetriesPerRequest: 0,
    })
    client.on('error', () => {})
    afterThisTest(() => client.disconnect())
    const store = redisStore(client)
    afterThisTest(() => store.close())
    const outcome = await store.issue(record(), ISSUE).catch((error: unknown) => error)
    expect(outcome).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('WRONGPASS'),
      remedy: expect.stringMatching(/user name and password/),
    })
    expect(inspect(outcome)).not.toMatch(/right-word|wrong-word/)
  })

  test('that lost everything knows no ticket and no session, and tells readers', async () => {
    const all = await given()
    const { ref } = await opened(all.store)
    const outstanding = await issued(all.store)
    const { cursor } = await all.store.notices(undefined, never())
    await all.redis.command('FLUSHALL')
    const batch = await all.store.notices(cursor, never())
    expect(batch.gap).toBe(true)
    expect(await redeemKind(all.store, outstanding.ref)).toBe('unknown')
    expect(await all.store.checkSessions([ref])).toEqual([{ ref, kind: 'gone' }])
    expect(await redeemKind(all.store, (await issued(all.store)).ref)).toBe('admitted')
  })
})

describe('the options', () => {
  const client = { call: async () => 'OK', duplicate: () => client, disconnect: () => {}, on: () => {} }

  test.each([
    [{ prefix: '' }, /redisStore.prefix is "".*Example: 'wst'/],
    [{ prefix: '{7f}' }, /prefix/],
    [{ guarantee: 'maybe' }, /guarantee/],
    [{ replicas: 0 }, /replicas/],
    [{ graceMs: 1 }, /graceMs/],
    [{ sealRotationSeconds: 1 }, /sealRotationSeconds/],
    [{ perfix: 'x' }, /perfix/],
  ])('%j are refused, and it is said why', (options, why) => {
    expect(() => redisStore(client, options as RedisStoreOptions)).toThrow(TypeError)
    expect(() => redisStore(client, options as RedisStoreOptions)).toThrow(why)
  })

  test.each([[{}], [null], ['redis://localhost'], [{ duplicate: () => {}, on: () => {} }]])(
    'what is no client of Redis is refused: %j',
    (stranger) => {
      expect(() => redisStore(stranger as never)).toThrow(/needs a client of node-redis/)
    },
  )
})
