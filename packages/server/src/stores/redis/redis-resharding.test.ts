import { beforeAll, describe, expect, test } from 'vitest'
import { afterAllTests } from '../../../../../test/cleanups.js'
import { aCluster, type RedisCluster } from '../../../../../test/redis/a-cluster.js'
import { CLUSTER_CLIENTS } from '../../../test/redis/clients.js'
import { freshPrefix } from '../../../test/redis/redis-harness.js'
import {
  ADA,
  ADAS_DESK,
  ADAS_PHONE,
  attempt,
  holder,
  ISSUE,
  issued,
  LONG_MS,
  opened,
  REDEEM,
  record,
} from '../../conformance/store/given.js'
import { type RedisTicketStore, redisStore } from './index.js'

const cleanUp = afterAllTests()
let cluster: RedisCluster

beforeAll(async () => {
  cluster = await aCluster({ masters: 3, replicasPerMaster: 0 }, cleanUp)
}, 60_000)

describe.each(Object.entries(CLUSTER_CLIENTS))('a slot that migrates, by %s', (_client, connect) => {
  async function given(): Promise<{ readonly store: RedisTicketStore; readonly slot: number }> {
    const prefix = freshPrefix()
    const store = redisStore(await connect(cluster, cleanUp), { prefix })
    cleanUp(() => store.close())
    return { store, slot: await cluster.slotOf(`${prefix}:{${ADA.slice(0, 2)}}:x`) }
  }

  async function another(slot: number): ReturnType<RedisCluster['masterOfSlot']> {
    const owner = await cluster.masterOfSlot(slot)
    const other = (await cluster.masters()).find((node) => node !== owner)
    if (other === undefined) throw new Error('there is but one master')
    return other
  }

  // The record of the ticket may have moved while that of its subject, which knows of the logout, has not, and the other way round.
  test('admits nobody whose login was revoked, at no step', async () => {
    const { store, slot } = await given()
    const phone = holder(ADA, { login: ADAS_PHONE })
    const tickets = await Promise.all(
      Array.from({ length: 6 }, () => issued(store, { holder: phone, singleUse: false })),
    )
    await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS })
    const answers: string[] = []
    const tryAll = async (): Promise<void> => {
      const tries = tickets.map(async ({ ref }) => {
        const outcome = await store.redeem(ref, attempt(), REDEEM).catch(() => ({ kind: 'unavailable' }))
        answers.push(outcome.kind)
      })
      const issue = store.issue(record({ holder: phone }), ISSUE).catch(() => ({ kind: 'unavailable' }))
      answers.push((await issue).kind)
      await Promise.all(tries)
    }
    await cluster.moveSlot(slot, await another(slot), {
      keysPerBatch: 1,
      opened: tryAll,
      batch: tryAll,
      emptied: tryAll,
    })
    await tryAll()
    expect(new Set(answers)).toEqual(new Set(['revoked', 'unavailable']))
  }, 60_000)

  test('loses no ticket, session or revoke, and admits no ticket twice', async () => {
    const { store, slot } = await given()
    const desk = holder(ADA, { login: ADAS_DESK })
    const reusable = await issued(store, { holder: desk, singleUse: false })
    const live = await opened(store, { holder: desk })
    const raced = await Promise.all(Array.from({ length: 4 }, () => issued(store, { holder: desk })))
    const admitted = new Map<string, number>()
    let moving = true
    const race = raced.map(async ({ ref }) => {
      while (moving) {
        const outcome = await store.redeem(ref, attempt(), REDEEM).catch(() => undefined)
        if (outcome?.kind === 'admitted') admitted.set(ref, (admitted.get(ref) ?? 0) + 1)
      }
    })
    await cluster.moveSlot(slot, await another(slot), { keysPerBatch: 1 })
    moving = false
    await Promise.all(race)
    for (const count of admitted.values()) expect(count).toBe(1)
    expect((await store.redeem(reusable.ref, attempt(), REDEEM)).kind).toBe('admitted')
    expect((await store.checkSessions([live.ref]))[0]?.kind).toBe('live')
    const fresh = await issued(store, { holder: desk })
    expect((await store.redeem(fresh.ref, attempt(), REDEEM)).kind).toBe('admitted')
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    expect((await store.checkSessions([live.ref]))[0]?.kind).toBe('over')
  }, 60_000)

  test('serves users of other slots meanwhile', async () => {
    const { store, slot } = await given()
    await issued(store)
    const others = holder(`${ADA.startsWith('00') ? '01' : '00'}${ADA.slice(2)}`)
    const served: string[] = []
    await cluster.moveSlot(slot, await another(slot), {
      opened: async () => {
        const { ref } = await issued(store, { holder: others })
        served.push((await store.redeem(ref, attempt(), REDEEM)).kind)
      },
    })
    expect(served).toEqual(['admitted'])
  }, 60_000)

  // Counted anew on the side where it was to come, the count of unused tickets stopped the whole resharding with BUSYKEY.
  test('is not stopped by what is issued meanwhile', async () => {
    const { store, slot } = await given()
    for (let count = 0; count < 4; count += 1) await issued(store)
    const issueSome = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 4 }, () => store.issue(record(), ISSUE).catch(() => undefined)))
    }
    await cluster.moveSlot(slot, await another(slot), {
      keysPerBatch: 1,
      opened: issueSome,
      batch: issueSome,
    })
    expect((await store.redeem((await issued(store)).ref, attempt(), REDEEM)).kind).toBe('admitted')
  }, 60_000)
})

describe.each(Object.entries(CLUSTER_CLIENTS))(
  'a failover before the first call, by %s',
  (_client, connect) => {
    // The client still took the former master for one, and the store refused it before any command could tell it otherwise.
    test('keeps nobody from being served', async () => {
      const failing = await aCluster({ masters: 2, replicasPerMaster: 1 }, cleanUp)
      const store = redisStore(await connect(failing, cleanUp))
      cleanUp(() => store.close())
      for (const master of await failing.masters()) await failing.failOver(master, { by: 'takeover' })
      await expect
        .poll(async () => (await store.issue(record(), ISSUE).catch(() => undefined))?.kind, {
          timeout: 10_000,
        })
        .toBe('issued')
      expect((await store.health()).reachable).toBe(true)
    }, 60_000)
  },
)
