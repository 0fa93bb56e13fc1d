import { describe, expect, test } from 'vitest'
import { manualClock, type StoreHarness, storeCases } from '../conformance/index.js'
import {
  ADA,
  attempt,
  holder,
  ISSUE,
  issued,
  issueKind,
  opened,
  REDEEM,
  record,
  redeemKind,
  stateOf,
} from '../conformance/store/given.js'
import { memoryStore } from './memory.js'
import { NODE_LEASE_MS } from './store.js'

const GRACE_MS = 5000

const fresh: StoreHarness = async () => {
  const clock = manualClock()
  const store = memoryStore({ clock, graceMs: GRACE_MS })
  return {
    store,
    unitMs: 1000,
    graceMs: GRACE_MS,
    leaseMs: NODE_LEASE_MS,
    advance: async (ms) => clock.advance(ms),
    size: async () => store.size(),
  }
}

test.each(storeCases.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run(fresh))

describe('the memory store', () => {
  test('is a store of this process, and keeps its promises absolutely', async () => {
    expect(await memoryStore().health()).toEqual({
      kind: 'memory',
      reachable: true,
      latencyMs: 0,
      promises: { single_use: 'absolute', revocation: 'absolute', shared: 'process' },
      expired: 0,
      warnings: [],
    })
  })

  test('has a seal key of its own, or the one that it is given', async () => {
    const [[one], [other]] = await Promise.all([memoryStore().sealKeys(), memoryStore().sealKeys()])
    expect(one).not.toEqual(other)
    const sealKey = new Uint8Array(32).fill(9)
    expect(await memoryStore({ sealKey }).sealKeys()).toEqual([sealKey])
  })

  test('remembers for five minutes what has ended, unless it is told otherwise', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const { ref } = await issued(store, { ttlMs: 30_000 })
    clock.advance(329_000)
    expect(await stateOf(store, ref)).toBe('expired')
    clock.advance(1000)
    expect(await stateOf(store, ref)).toBe('unknown')
  })

  // A store that nobody called for longer than the grace forgot the ticket, but not that it took up room: the cap
  // then found no ticket to void, and let its user have any number.
  test('lets nothing take up room that went by unseen', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    await issued(store, { ttlMs: 30_000 })
    clock.advance(86_400_000)
    const cap = { ...ISSUE, outstanding: 1 }
    const first = await issued(store, {}, cap)
    expect(await store.issue(record(), cap)).toMatchObject({ kind: 'issued', voided: first.ref })
    expect((await store.health()).expired).toBe(1)
  })

  test('holds no more of a user who takes tickets without end than burst, rate and grace allow', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock, graceMs: 5000 })
    const terms = { rate: { burst: 10, perSecond: 2 }, outstanding: 4 }
    let most = 0
    for (let round = 0; round < 600; round += 1) {
      await store.issue(record({ ttlMs: 10_000 }), terms)
      clock.advance(100)
      most = Math.max(most, store.size())
    }
    // Burst, rate times life and grace; the subject itself; a second, in which the sweep is.
    expect(most).toBeLessThanOrEqual(10 + 2 * (10 + 5 + 1) + 1)
    expect(most).toBeGreaterThan(20)
    clock.advance(120_000)
    store.size()
    clock.advance(120_000)
    expect(store.size()).toBe(0)
  })

  test('keeps a session that was opened anew under the same ref when the former one would be forgotten', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock, graceMs: 5000 })
    const { ref, by } = await opened(store, { singleUse: false, ttlMs: 3_600_000 })
    await store.closeSocket(ref, by.id)
    const again = await store.redeem(ref, attempt(), { ...REDEEM, maxSessionMs: 60_000 })
    expect(again.kind).toBe('admitted')
    for (let second = 0; second < 59; second += 1) {
      clock.advance(1000)
      expect(await store.checkSessions([ref])).toMatchObject([{ kind: 'live' }])
    }
    clock.advance(1000)
    expect(await store.checkSessions([ref])).toMatchObject([{ kind: 'gone' }])
    expect(await store.listSessions(ADA)).toEqual([])
  })

  test('remembers a logout for as long as was asked although its user has nothing else', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const before = holder(ADA, { issuedAt: Math.floor(clock.now() / 1000) - 1 })
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: 600_000 })
    // A later one that asks for less does not shorten it.
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: 1000 })
    for (let minute = 0; minute < 9; minute += 1) {
      clock.advance(60_000)
      expect(await issueKind(store, before)).toBe('revoked')
    }
    clock.advance(120_000)
    expect(await issueKind(store, before)).toBe('issued')
  })

  test("works on the machine's clock unless it is given one", async () => {
    const store = memoryStore()
    const before = Date.now()
    const { ref, at } = await issued(store)
    expect(at).toBeGreaterThanOrEqual(before)
    expect(await redeemKind(store, ref)).toBe('admitted')
    expect(store.size()).toBe(3)
  })
})
