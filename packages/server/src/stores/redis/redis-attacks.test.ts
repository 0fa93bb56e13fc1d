import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { afterThisTest } from '../../../../../test/cleanups.js'
import { aRedis, type RedisServer } from '../../../../../test/redis/a-redis.js'
import { ioRedisClient } from '../../../test/redis/clients.js'
import {
  ADA,
  ADAS_PHONE,
  attempt,
  holder,
  ISSUE,
  issued,
  LONG_MS,
  opened,
  REDEEM,
  record,
  redeemKind,
  renewal,
  stateOf,
} from '../../conformance/store/given.js'
import { type RedisStoreOptions, type RedisTicketStore, redisStore } from './index.js'

async function given(options: RedisStoreOptions = {}): Promise<{
  readonly redis: RedisServer
  readonly store: RedisTicketStore
}> {
  const redis = await aRedis()
  const store = redisStore(await ioRedisClient(redis.port, afterThisTest), options)
  afterThisTest(() => store.close())
  return { redis, store }
}

// A client library sends an issue again when its connection breaks; the bytes of the first one may arrive after the second
// was answered, and after the ticket was redeemed. The ticket was outstanding again then.
test('an issue that arrives again gives back neither a used nor a revoked ticket', async () => {
  const { redis, store } = await given()
  for (const end of ['used', 'revoked'] as const) {
    const kept = record()
    expect((await store.issue(kept, ISSUE)).kind).toBe('issued')
    if (end === 'used') expect(await redeemKind(store, kept.ref)).toBe('admitted')
    else await store.revoke({ kind: 'ticket', ref: kept.ref })
    expect((await store.issue(kept, ISSUE)).kind).toBe('issued')
    expect(await redeemKind(store, kept.ref)).toBe(end)
  }
  const outstanding = record()
  const rate = { burst: 10, perSecond: 0.001 }
  const first = await store.issue(outstanding, { rate, outstanding: 3 })
  await store.issue(outstanding, { rate, outstanding: 3 })
  const next = await store.issue(record(), { rate, outstanding: 3 })
  expect(first).toMatchObject({ quota: { remaining: 9 } })
  expect(next).toMatchObject({ kind: 'issued', quota: { remaining: 8 }, voided: undefined })
  const kept = String(await redis.command('HGET', `wst:{${ADA.slice(0, 2)}}:u:${ADA}`, 'T'))
  expect(kept.split(outstanding.ref).length).toBe(2)
})

// The answer was lost, or the notice could not be told: the second try found no live session, and the notice was never told.
test('a session that is revoked again is told of again, to its owner only', async () => {
  const { store } = await given()
  const { ref } = await opened(store)
  const target = { kind: 'session', ref, code: 'session_closed' } as const
  await store.revoke(target)
  const { cursor } = await store.notices(undefined, new AbortController().signal)
  expect((await store.revoke({ ...target, owner: ADA })).kind).toBe('revoked')
  expect((await store.revoke({ ...target, owner: 'ff' })).kind).toBe('unknown')
  const { notices } = await store.notices(cursor, AbortSignal.abort())
  expect(notices).toEqual([{ kind: 'session', ref, code: 'session_closed' }])
})

test('a revoke that too few replicas have is not acknowledged, but what it ended is told of', async () => {
  const { store } = await given({ guarantee: 'wait' })
  const { ref } = await issued(store)
  const { cursor } = await store.notices(undefined, new AbortController().signal)
  await expect(store.revoke({ kind: 'ticket', ref })).rejects.toThrow(/only 0 of 1 replicas/)
  const { notices } = await store.notices(cursor, AbortSignal.abort())
  expect(notices).toEqual([{ kind: 'session', ref, code: 'session_revoked' }])
  expect((await store.health()).warnings.join(' ')).toMatch(/fewer than the 1 replicas/)
})

test('a renewal whose answer was lost tells again that it narrowed', async () => {
  const { store } = await given()
  const { ref } = await opened(store)
  const { cursor } = await store.notices(undefined, new AbortController().signal)
  await store.renewSession(ref, renewal({ permissions: ['read'] }))
  await store.renewSession(ref, renewal({ permissions: ['read'] }))
  const { notices } = await store.notices(cursor, AbortSignal.abort())
  expect(notices).toEqual(Array.from({ length: 2 }, () => ({ kind: 'narrowed', ref, permissions: ['read'] })))
})

test('a logout of later is not forgotten for one that a slower clock calls earlier', async () => {
  const { redis, store } = await given()
  await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
  const key = `wst:{${ADA.slice(0, 2)}}:u:${ADA}`
  const head = String(await redis.command('HGET', key, 'h')).split(' ')
  const ahead = Number(head[1]) + 60
  await redis.command('HSET', key, 'h', [head[0], ahead, ...head.slice(2)].join(' '))
  await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
  expect((await store.checkCredential(holder(ADA, { issuedAt: ahead - 1 }))).kind).toBe('revoked')
})

test('a clock that was ahead locks nobody out for longer than the rate itself', async () => {
  const { redis, store } = await given()
  const rate = { burst: 2, perSecond: 10 }
  await store.issue(record(), { rate, outstanding: 16 })
  const key = `wst:{${ADA.slice(0, 2)}}:u:${ADA}`
  const head = String(await redis.command('HGET', key, 'h')).split(' ')
  head[3] = String(Number(head[3]) + 86_400_000 * 1024)
  await redis.command('HSET', key, 'h', head.join(' '))
  const limited = await store.issue(record(), { rate, outstanding: 16 })
  expect(limited.kind === 'rate_limited' && limited.quota.resetMs).toBeLessThanOrEqual(101)
})

test('a seal key that was retired is not brought back by a node that still has it', async () => {
  const { redis, store } = await given({ sealRotationSeconds: 60 })
  const [former] = await store.sealKeys()
  const age = async (by: number): Promise<void> => {
    const kept = String(await redis.command('GET', 'wst:seal'))
    const older = kept.replace(
      /:(\d+):(\d+)/g,
      (_, since, till) => `:${Number(since) - by}:${Number(till) === 0 ? 0 : Number(till) - by}`,
    )
    await redis.command('SET', 'wst:seal', older)
  }
  await age(60_000)
  expect((await store.sealKeys()).at(-1)).toEqual(former)
  await age(3_660_000)
  for (let round = 0; round < 3; round += 1) expect(await store.sealKeys()).not.toContainEqual(former)
  await age(3_660_000)
  await store.sealKeys()
  expect(String(await redis.command('GET', 'wst:seal')).split(' ').length).toBeLessThanOrEqual(3)
})

test('an error of Redis carries no key and no principal, wherever one looks in it', async () => {
  const { redis, store } = await given()
  const [key] = await store.sealKeys()
  await redis.command('CONFIG', 'SET', 'maxmemory', '1')
  await redis.command('DEL', 'wst:seal')
  for (const call of [() => store.sealKeys(), () => store.issue(record(), ISSUE)]) {
    const error: unknown = await call().catch((caught: unknown) => caught)
    const all = inspect(error, { depth: 20, showHidden: true })
    expect(all).toMatch(/OOM/)
    expect(all).not.toContain(Buffer.from(key ?? []).toString('hex'))
    expect(all).not.toContain('ada@example.com')
  }
})

test('a client that puts something in front of keys is refused, as scripts derive some', () => {
  const client = new Redis({ lazyConnect: true, keyPrefix: 'app:' })
  expect(() => redisStore(client)).toThrow(/cannot use a client with a keyPrefix.*prefix: 'chat:wst'/)
})

test('a stream with an entry that nobody can read is a gap, and is read on', async () => {
  const { redis, store } = await given()
  const { cursor } = await store.notices(undefined, new AbortController().signal)
  const last = cursor.split('/')[0] ?? ''
  await redis.command('XADD', 'wst:notices', '*', 'p', last, 'n', '{"kind":"later"}')
  const batch = await store.notices(cursor, AbortSignal.abort())
  expect(batch).toMatchObject({ gap: true, notices: [] })
  expect((await store.notices(batch.cursor, AbortSignal.abort())).gap).toBe(false)
})

test('logouts that were acknowledged come back to a Redis that forgot everything', async () => {
  const { redis, store } = await given()
  const phone = holder(ADA, { login: ADAS_PHONE })
  await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS })
  const { cursor } = await store.notices(undefined, new AbortController().signal)
  await redis.command('FLUSHALL')
  expect((await store.notices(cursor, new AbortController().signal)).gap).toBe(true)
  expect((await store.checkCredential(phone)).kind).toBe('revoked')
})

test('a ticket of nobody is closed, listed and looked at without harm', async () => {
  const { store } = await given()
  const { ref } = await issued(store)
  await store.closeSocket(ref, 'never was')
  expect(await stateOf(store, ref)).toBe('outstanding')
  expect((await store.redeem(ref, attempt(), { ...REDEEM, liveNodes: [] })).kind).toBe('admitted')
})
