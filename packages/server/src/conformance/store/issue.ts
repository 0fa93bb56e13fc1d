import assert from 'node:assert/strict'
import { type StoreCase, storeCase } from '../store-harness.js'
import {
  ALAN,
  assertKind,
  comparable,
  holder,
  ISSUE,
  issued,
  kinds,
  LONG_MS,
  opened,
  record,
  redeemKind,
  stateOf,
  timeOf,
  times,
} from './given.js'

/** `issue`: lives, rates, caps. */
export const issueCases: readonly StoreCase[] = [
  storeCase('issue keeps the record as it was given', async ({ store }) => {
    const kept = record()
    const outcome = await store.issue(kept, ISSUE)
    assertKind(outcome, 'issued')
    assert.ok(outcome.remainingMs > 0 && outcome.remainingMs <= kept.ttlMs)
    assert.equal(outcome.quota, undefined)
    assert.equal(outcome.voided, undefined)
    const known = await store.inspect(kept.ref)
    assertKind(known, 'known')
    assert.equal(known.state, 'outstanding')
    assert.deepEqual(comparable(known.record), comparable(kept))
    assert.ok(known.remainingMs > 0 && known.remainingMs <= kept.ttlMs)
  }),

  storeCase('issue gives no ticket a longer life than its credential has', async ({ store }) => {
    const expiresAt = Math.floor((await timeOf(store)) / 1000) + 30
    const ticket = await issued(store, { holder: holder(undefined, { expiresAt }), ttlMs: LONG_MS })
    assert.ok(ticket.at + ticket.remainingMs <= expiresAt * 1000)
    assert.ok(ticket.remainingMs > 0)
  }),

  storeCase('issue refuses a credential that has nothing left to give', async ({ store }) => {
    const expiresAt = Math.floor((await timeOf(store)) / 1000)
    const late = record({ holder: holder(undefined, { expiresAt }) })
    assertKind(await store.issue(late, ISSUE), 'expired')
    assert.equal(await stateOf(store, late.ref), 'unknown')
  }),

  storeCase(
    'issue allows a burst at once, then the rate, and tells the quota',
    async ({ store, unitMs, advance }) => {
      // All that has to come before the next one is allowed again.
      const everyMs = 10 * unitMs
      const terms = { ...ISSUE, rate: { burst: 3, perSecond: 1000 / everyMs } }
      for (const remaining of [2, 1, 0]) {
        const outcome = await store.issue(record(), terms)
        assertKind(outcome, 'issued')
        assert.equal(outcome.quota?.remaining, remaining)
        const soon = outcome.quota.resetMs
        assert.ok(remaining > 0 ? soon === 0 : soon > 0 && soon <= everyMs + 1, `resetMs was ${soon}`)
      }
      // Only what is issued is counted: asking in vain moves nothing.
      for (let round = 0; round < 3; round += 1) {
        const limited = await store.issue(record(), terms)
        assertKind(limited, 'rate_limited')
        assert.equal(limited.quota.remaining, 0)
        assert.ok(limited.quota.resetMs > 0 && limited.quota.resetMs <= everyMs + 1)
      }
      assertKind(await store.issue(record({ holder: holder(ALAN) }), terms), 'issued')
      await advance(everyMs + 1)
      assertKind(await store.issue(record(), terms), 'issued')
      assertKind(await store.issue(record(), terms), 'rate_limited')
    },
  ),

  storeCase('issue counts exactly, however many ask at the same time', async ({ store }) => {
    const terms = { ...ISSUE, rate: { burst: 10, perSecond: 0.001 } }
    const counts = await kinds(times(40, () => store.issue(record(), terms)))
    assert.deepEqual(counts, { issued: 10, rate_limited: 30 })
  }),

  storeCase('issue voids the oldest outstanding ticket at the cap and says which', async ({ store }) => {
    const cap = { outstanding: 2 }
    const first = await issued(store, {}, cap)
    const second = await issued(store, {}, cap)
    const others = await issued(store, { holder: holder(ALAN) }, cap)
    const outcome = await store.issue(record(), { ...ISSUE, ...cap })
    assertKind(outcome, 'issued')
    assert.equal(outcome.voided, first.ref)
    assert.equal(await stateOf(store, first.ref), 'voided')
    assert.equal(await redeemKind(store, first.ref), 'voided')
    assert.equal(await redeemKind(store, second.ref), 'admitted')
    assert.equal(await redeemKind(store, others.ref), 'admitted')
  }),

  storeCase('issue does not count used, revoked and expired tickets against the cap', async (under) => {
    const { store, unitMs, advance } = under
    const cap = { ...ISSUE, outstanding: 1 }
    const after = async (): Promise<string | undefined> => {
      const outcome = await store.issue(record({ ttlMs: 2 * unitMs }), cap)
      assertKind(outcome, 'issued')
      return outcome.voided
    }
    await opened(store)
    assert.equal(await after(), undefined)
    await advance(3 * unitMs)
    assert.equal(await after(), undefined)
    await advance(3 * unitMs)
    const revoked = await issued(store, {}, cap)
    await store.revoke({ kind: 'ticket', ref: revoked.ref })
    assert.equal(await after(), undefined)
  }),

  storeCase(
    'issue keeps to the cap, however many ask at the same time and whatever time has passed',
    async (under) => {
      const { store, unitMs, graceMs, advance } = under
      const cap = { ...ISSUE, outstanding: 4 }
      // Tickets that ended while nobody looked must not take up room.
      await issued(store, { ttlMs: unitMs }, cap)
      await advance(unitMs + graceMs + unitMs)
      const refs = times(20, () => record())
      assert.deepEqual(await kinds(refs.map((kept) => store.issue(kept, cap))), { issued: 20 })
      const states = await Promise.all(refs.map(({ ref }) => stateOf(store, ref)))
      assert.equal(states.filter((state) => state === 'outstanding').length, 4)
      assert.equal(states.filter((state) => state === 'voided').length, 16)
    },
  ),
]
