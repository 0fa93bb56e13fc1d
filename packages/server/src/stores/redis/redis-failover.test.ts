import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { afterThisTest } from '../../../../../test/cleanups.js'
import { faultProxy } from '../../../../../test/fault-proxy.js'
import { aRedis, type RedisServer } from '../../../../../test/redis/a-redis.js'
import { ioRedisClient } from '../../../test/redis/clients.js'
import {
  ADA,
  ADAS_PHONE,
  ALAN,
  attempt,
  holder,
  ISSUE,
  issued,
  LONG_MS,
  opened,
  REDEEM,
  record,
  redeemKind,
  stateOf,
  timeOf,
} from '../../conformance/store/given.js'
import type { Notice, TicketStore } from '../store.js'
import { type RedisClient, type RedisTicketStore, redisStore } from './index.js'

// A client takes a moment to notice that its master is gone, and another to find the new one.
const RECOVERY = { timeout: 10_000 } as const

interface Given {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly store: RedisTicketStore
  /** Leaves the replica behind: what the master does from now on, it does not hear of. */
  leaveBehind(): Promise<void>
  /** Kills the master and makes the replica the new one; the client follows. */
  promote(): Promise<void>
}

/** A master with a replica that has all so far, and a store over the master. */
async function given(): Promise<Given> {
  const master = await aRedis()
  const replica = await aRedis({ args: ['--replicaof', `127.0.0.1 ${master.port}`] })
  const client: Redis = await ioRedisClient(master.port, afterThisTest)
  const store = redisStore(client)
  afterThisTest(() => store.close())
  await expect.poll(async () => (await replica.info('replication')).master_link_status, RECOVERY).toBe('up')
  return {
    master,
    replica,
    store,
    async leaveBehind() {
      const offset = Number((await master.info('replication')).master_repl_offset)
      await expect
        .poll(async () => Number((await replica.info('replication')).slave_repl_offset), RECOVERY)
        .toBeGreaterThanOrEqual(offset)
      // Nobody listens there.
      await replica.command('REPLICAOF', '127.0.0.1', '1')
    },
    async promote() {
      await master.kill()
      await replica.command('REPLICAOF', 'NO', 'ONE')
      client.options.port = replica.port
    },
  }
}

/** Reads on until a notice comes that fits; gives all that came, and whether there was a gap. */
async function readUntil(
  store: TicketStore,
  cursor: string,
  fits: (notices: readonly Notice[], gap: boolean) => boolean,
): Promise<{ readonly notices: readonly Notice[]; readonly gap: boolean }> {
  const { signal } = new AbortController()
  const notices: Notice[] = []
  let gap = false
  let at = cursor
  await expect
    .poll(async () => {
      const batch = await store.notices(at, signal).catch(() => undefined)
      if (batch === undefined) return false
      at = batch.cursor
      gap ||= batch.gap
      notices.push(...batch.notices)
      return fits(notices, gap)
    }, RECOVERY)
    .toBe(true)
  return { notices, gap }
}

describe('after a failover that lost the last writes', () => {
  // The replica still has the ticket as outstanding: without the fence, it is admitted a second time.
  test('a consumed ticket is not admitted again', async () => {
    const { store, leaveBehind, promote } = await given()
    const tickets = await Promise.all(Array.from({ length: 20 }, () => issued(store)))
    await leaveBehind()
    for (const { ref } of tickets) expect(await redeemKind(store, ref)).toBe('admitted')
    await promote()
    await expect.poll(() => stateOf(store, tickets[0]?.ref ?? ''), RECOVERY).toBe('voided')
    for (const { ref } of tickets) expect(await redeemKind(store, ref)).toBe('voided')
    expect(await redeemKind(store, (await issued(store)).ref)).toBe('admitted')
  })

  test('a revoke that was acknowledged is told to the new master by the node that did it, and to the readers', async () => {
    const { store, leaveBehind, promote } = await given()
    const phone = holder(ADA, { login: ADAS_PHONE })
    const reusable = { singleUse: false } as const
    const byLogin = await opened(store, { holder: phone, ...reusable })
    const alansTicket = await issued(store, { holder: holder(ALAN), ...reusable })
    const byRef = await opened(store, { ...reusable })
    const { cursor } = await store.notices(undefined, new AbortController().signal)
    await leaveBehind()
    await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS })
    await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
    await store.revoke({ kind: 'session', ref: byRef.ref, code: 'session_closed' })
    await promote()
    const { notices, gap } = await readUntil(store, cursor, (some, missed) => missed && some.length >= 0)
    expect(gap).toBe(true)
    expect(notices).toBeDefined()
    expect(await redeemKind(store, byLogin.ref)).toBe('revoked')
    expect(await redeemKind(store, byRef.ref)).toBe('revoked')
    expect(await redeemKind(store, alansTicket.ref)).toBe('voided')
    expect((await store.checkSessions([byLogin.ref, byRef.ref])).map(({ kind }) => kind)).toEqual([
      'over',
      'over',
    ])
    const second = Math.floor((await timeOf(store)) / 1000)
    const before = holder(ALAN, { issuedAt: second - 60 })
    expect((await store.issue(record({ holder: before }), ISSUE)).kind).toBe('revoked')
    expect((await store.issue(record({ holder: phone }), ISSUE)).kind).toBe('revoked')
  })

  // A ticket, or a JWT, from before the logout opened it: on the new master, which had not heard of it.
  test('what was opened before a lost revoke was told again is gone, too, and what comes after it is not', async () => {
    const { store, leaveBehind, promote, replica } = await given()
    const before = await issued(store, { singleUse: false })
    const { cursor } = await store.notices(undefined, new AbortController().signal)
    await leaveBehind()
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    await promote()
    // Another node is at the new master first.
    const elsewhere = redisStore(await ioRedisClient(replica.port, afterThisTest))
    afterThisTest(() => elsewhere.close())
    expect(await redeemKind(elsewhere, before.ref)).toBe('admitted')
    await readUntil(store, cursor, (_notices, gap) => gap)
    expect((await elsewhere.checkSessions([before.ref]))[0]?.kind).toBe('gone')
    expect(await redeemKind(elsewhere, before.ref)).toBe('voided')
    const stale = holder(ADA, { issuedAt: Math.floor((await timeOf(store)) / 1000) - 60 })
    expect((await elsewhere.checkCredential(stale)).kind).toBe('revoked')
    const anew = await opened(elsewhere)
    await store.notices(cursor, AbortSignal.abort())
    expect((await elsewhere.checkSessions([anew.ref]))[0]?.kind).toBe('live')
  })

  test('a session that the new master knows goes on, and one that it never heard of is gone', async () => {
    const { store, leaveBehind, promote } = await given()
    const known = await opened(store)
    const late = await issued(store)
    await leaveBehind()
    expect(await redeemKind(store, late.ref)).toBe('admitted')
    await promote()
    await expect
      .poll(
        async () =>
          (await store.checkSessions([known.ref, late.ref]).catch(() => [])).map(({ kind }) => kind),
        RECOVERY,
      )
      .toEqual(['live', 'gone'])
    const renewed = await store.redeem(known.ref, known.by, REDEEM)
    expect(renewed.kind).toBe('admitted')
    expect((await store.redeem(known.ref, attempt(), REDEEM)).kind).toBe('used')
  })
})

describe('a reader of notices', () => {
  test('goes on where it was after its connections broke, without a gap', async () => {
    const { master, store } = await given()
    const { cursor } = await store.notices(undefined, new AbortController().signal)
    const waiting = readUntil(store, cursor, (notices) => notices.length >= 2)
    await master.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await store
      .revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
      .catch(() => store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS }))
    await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
    const { notices, gap } = await waiting
    expect(gap).toBe(false)
    expect(notices.map((notice) => 'subject' in notice && notice.subject)).toContain(ALAN)
  })

  test('finds a gap where the stream was cut shorter than it had read', async () => {
    const { master, store } = await given()
    const { signal } = new AbortController()
    const { cursor } = await store.notices(undefined, signal)
    for (let count = 0; count < 3; count += 1) {
      await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    }
    await master.command('XTRIM', 'wst:notices', 'MAXLEN', '1')
    expect((await store.notices(cursor, signal)).gap).toBe(true)
    // One who had read all is not missing anything, though nothing is left of what he read.
    const { cursor: end } = await store.notices(undefined, signal)
    await master.command('XTRIM', 'wst:notices', 'MAXLEN', '0')
    const reading = store.notices(end, signal)
    await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
    expect(await reading).toMatchObject({ gap: false, notices: [{ kind: 'subject', subject: ALAN }] })
  })

  test('is told later what could not be told at once', async () => {
    const { master, store } = await given()
    const { ref } = await opened(store)
    const { cursor } = await store.notices(undefined, new AbortController().signal)
    await master.command('RENAME', 'wst:notices', 'aside')
    await master.command('SET', 'wst:notices', 'in the way')
    await expect(store.revoke({ kind: 'ticket', ref })).rejects.toMatchObject({ code: 'store_unavailable' })
    expect((await store.checkSessions([ref]))[0]?.kind).toBe('over')
    await master.command('RENAME', 'aside', 'wst:notices')
    const { notices } = await readUntil(store, cursor, (some) => some.length > 0)
    expect(notices).toEqual([{ kind: 'session', ref, code: 'session_revoked' }])
  })
})

describe('a connection that goes silent', () => {
  // The kernel keeps such a connection for a quarter of an hour.
  test('is given up, and nothing of what happened meanwhile is missed', async () => {
    const redis = await aRedis()
    const proxy = await faultProxy(redis.port)
    const client = await ioRedisClient(redis.port, afterThisTest)
    // The connection that blocks goes through the proxy.
    const store = redisStore({
      on: () => {},
      call: (command: string, args: string[]) => client.call(command, args),
      disconnect: () => {},
      duplicate: () => client.duplicate({ port: proxy.port }),
    } as RedisClient)
    afterThisTest(() => store.close())
    const { cursor } = await store.notices(undefined, new AbortController().signal)
    const reading = readUntil(store, cursor, (notices) => notices.length >= 3)
    await expect
      .poll(async () => String(await redis.command('CLIENT', 'LIST')), RECOVERY)
      .toMatch(/cmd=xread/)
    const before = proxy.counters.connections
    proxy.drop()
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
    await expect.poll(() => proxy.counters.connections, RECOVERY).toBeGreaterThan(before)
    proxy.pass()
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    expect((await reading).gap).toBe(false)
  })

  test('waits no longer for a notice once the store is closed', async () => {
    const { store } = await given()
    const { cursor } = await store.notices(undefined, new AbortController().signal)
    const waiting = store.notices(cursor, AbortSignal.timeout(30_000))
    await store.close()
    expect((await waiting).notices).toEqual([])
  })
})
