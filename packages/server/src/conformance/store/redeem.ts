import assert from 'node:assert/strict'
import type { Bindings } from '../../stores/store.js'
import { type StoreCase, storeCase } from '../store-harness.js'
import {
  ALAN,
  assertKind,
  attempt,
  comparable,
  holder,
  ISSUE,
  issued,
  kinds,
  LONG_MS,
  opened,
  REDEEM,
  record,
  redeemKind,
  stateOf,
  timeOf,
  times,
} from './given.js'

const RACERS = 200

/** `redeem`: one winner, and every other answer told apart. */
export const redeemCases: readonly StoreCase[] = [
  storeCase('redeem lets exactly one of many attempts win', async ({ store }) => {
    const { ref } = await issued(store)
    const racers = times(RACERS, (index) => attempt({ address: `192.0.2.${index}` }))
    const outcomes = await Promise.all(racers.map((racer) => store.redeem(ref, racer, REDEEM)))
    const winners = racers.filter((_, index) => outcomes[index]?.kind === 'admitted')
    assert.equal(winners.length, 1)
    for (const outcome of outcomes) {
      if (outcome.kind === 'admitted') continue
      assertKind(outcome, 'used')
      assert.equal(outcome.first.address, winners[0]?.address)
      assert.equal(outcome.holder.subject, holder().subject)
    }
    const [session] = await store.listSessions(holder().subject)
    assert.equal(session?.sockets, 1)
  }),

  storeCase('redeem opens the session with what was issued', async ({ store }) => {
    const kept = await issued(store)
    const outcome = await store.redeem(kept.ref, attempt(), { ...REDEEM, maxSessionMs: 60_000 })
    assertKind(outcome, 'admitted')
    const { at: _at, remainingMs: _remaining, ...given } = kept
    assert.deepEqual(comparable(outcome.record), comparable(given))
    assert.deepEqual([...outcome.permissions], ['read', 'write'])
    assert.equal(outcome.openedAt, outcome.at)
    assert.ok(outcome.remainingMs > 0 && outcome.remainingMs <= 60_000)
    assert.equal(await stateOf(store, kept.ref), 'used')
  }),

  storeCase(
    'redeem ends a session with its credential and the skew, or at the maximum',
    async ({ store }) => {
      const now = await timeOf(store)
      const expiresAt = Math.floor(now / 1000) + 60
      const of = holder(undefined, { expiresAt })
      const byCredential = await opened(store, { holder: of }, { skewMs: 5000 })
      assert.equal(byCredential.at + byCredential.remainingMs, expiresAt * 1000 + 5000)
      const byMaximum = await opened(store, { holder: of }, { maxSessionMs: 20_000 })
      assert.equal(byMaximum.remainingMs, 20_000)
    },
  ),

  storeCase('redeem refuses to open a session that would be over at once', async ({ store }) => {
    const { ref } = await issued(store)
    assert.equal(await redeemKind(store, ref, { maxSessionMs: 0 }), 'expired')
    assert.equal(await redeemKind(store, ref), 'admitted')
  }),

  storeCase('redeem admits the same attempt again, as one socket', async ({ store, unitMs, advance }) => {
    const { ref } = await issued(store, { ttlMs: 6 * unitMs })
    const same = attempt()
    assert.deepEqual(await kinds(times(10, () => store.redeem(ref, same, REDEEM))), { admitted: 10 })
    // The answer was given when it won; that the ticket has expired since does not take it back.
    await advance(6 * unitMs)
    const again = await store.redeem(ref, same, REDEEM)
    assertKind(again, 'admitted')
    assert.ok(again.openedAt < again.at)
    const [session] = await store.listSessions(holder().subject)
    assert.equal(session?.sockets, 1)
    assert.equal(await redeemKind(store, ref), 'used')
  }),

  storeCase(
    'redeem admits the same attempt again, though the cap has voided its reusable ticket',
    async ({ store }) => {
      const { ref, by } = await opened(store, { singleUse: false })
      await store.issue(record(), { ...ISSUE, outstanding: 1 })
      assert.equal(await stateOf(store, ref), 'voided')
      assertKind(await store.redeem(ref, by, REDEEM), 'admitted')
      assert.equal(await redeemKind(store, ref), 'voided')
    },
  ),

  storeCase('redeem admits no attempt again whose session has ended', async ({ store }) => {
    const closed = await opened(store)
    await store.closeSocket(closed.ref, closed.by.id)
    assertKind(await store.redeem(closed.ref, closed.by, REDEEM), 'used')
    const revoked = await opened(store)
    await store.revoke({ kind: 'ticket', ref: revoked.ref })
    assertKind(await store.redeem(revoked.ref, revoked.by, REDEEM), 'revoked')
  }),

  storeCase(
    'redeem tells unknown, expired, used, voided and revoked apart',
    async ({ store, unitMs, advance }) => {
      const short = { ttlMs: 6 * unitMs }
      const voided = await issued(store, short)
      const expired = await issued(store, short, { outstanding: 1 })
      const used = await opened(store, short)
      const revoked = await issued(store, short)
      await store.revoke({ kind: 'ticket', ref: revoked.ref })
      // Also after they would have expired by themselves.
      await advance(6 * unitMs)
      const states = { unknown: record(), expired, used, voided, revoked }
      for (const [kind, { ref }] of Object.entries(states)) {
        assert.equal(await redeemKind(store, ref), kind)
        assert.equal(await stateOf(store, ref), kind)
      }
    },
  ),

  storeCase(
    'redeem refuses an expired ticket from the very moment on',
    async ({ store, unitMs, advance }) => {
      const single = await issued(store, { ttlMs: 2 * unitMs })
      const reusable = await issued(store, { ttlMs: 2 * unitMs, singleUse: false })
      await advance(2 * unitMs)
      for (const { ref } of [single, reusable]) {
        assert.equal(await redeemKind(store, ref), 'expired')
        const known = await store.inspect(ref)
        assertKind(known, 'known')
        assert.ok(known.state === 'expired' && known.remainingMs <= 0)
      }
    },
  ),

  storeCase('redeem refuses another audience without burning the ticket', async ({ store }) => {
    const { ref } = await issued(store, { audience: '/chat' })
    const outcome = await store.redeem(ref, attempt(), { ...REDEEM, audience: '/admin' })
    assert.deepEqual(outcome, { kind: 'mismatch', what: 'audience' })
    assert.equal(await stateOf(store, ref), 'outstanding')
    assert.equal(await redeemKind(store, ref, { audience: '/chat' }), 'admitted')
  }),

  storeCase(
    'redeem refuses another origin, network or cookie without burning the ticket',
    async ({ store }) => {
      const bound: Required<Bindings> = { origin: 'https://a.example', network: '192.0.2.0/24', cookie: 'c1' }
      for (const what of ['origin', 'network', 'cookie'] as const) {
        const { ref } = await issued(store, { bindings: bound })
        for (const shown of [
          { ...bound, [what]: 'another' },
          { ...bound, [what]: undefined },
        ]) {
          assert.deepEqual(await store.redeem(ref, attempt({ shown }), REDEEM), { kind: 'mismatch', what })
        }
        assertKind(await store.redeem(ref, attempt({ shown: bound }), REDEEM), 'admitted')
      }
      const unbound = await issued(store)
      assertKind(await store.redeem(unbound.ref, attempt({ shown: bound }), REDEEM), 'admitted')
    },
  ),

  storeCase('redeem refuses a socket beyond the limit without burning the ticket', async ({ store }) => {
    const limit = { sessionsPerUser: 2 }
    const first = await opened(store, {}, limit)
    await opened(store, {}, limit)
    const { ref } = await issued(store)
    assert.equal(await redeemKind(store, ref, limit), 'session_limit')
    assert.equal(await stateOf(store, ref), 'outstanding')
    await opened(store, { holder: holder(ALAN) }, limit)
    await store.closeSocket(first.ref, first.by.id)
    assert.equal(await redeemKind(store, ref, limit), 'admitted')
  }),

  storeCase('redeem keeps to the limit, however many tickets come at the same time', async ({ store }) => {
    const tickets = await Promise.all(times(40, () => issued(store)))
    const terms = { ...REDEEM, sessionsPerUser: 5 }
    const counts = await kinds(tickets.map(({ ref }) => store.redeem(ref, attempt(), terms)))
    assert.deepEqual(counts, { admitted: 5, session_limit: 35 })
  }),

  storeCase('redeem counts only sockets of nodes that are alive', async ({ store }) => {
    const terms = { sessionsPerUser: 1 }
    await opened(store, {}, terms, attempt({ node: 'node-dead' }))
    const { ref } = await issued(store)
    assert.equal(await redeemKind(store, ref, terms), 'session_limit')
    assert.equal(
      await redeemKind(store, ref, { ...terms, liveNodes: ['node-dead', 'node-a'] }),
      'session_limit',
    )
    assert.equal(await redeemKind(store, ref, { ...terms, liveNodes: ['node-a'] }), 'admitted')
    const next = await issued(store)
    assert.equal(await redeemKind(store, next.ref, { ...terms, liveNodes: ['node-a'] }), 'session_limit')
    assert.equal(await redeemKind(store, next.ref, { ...terms, liveNodes: [] }), 'admitted')
  }),

  storeCase('redeem counts no sessions that are past their deadline', async ({ store, unitMs, advance }) => {
    const terms = { sessionsPerUser: 1 }
    await opened(store, {}, { ...terms, maxSessionMs: 6 * unitMs })
    const { ref } = await issued(store)
    assert.equal(await redeemKind(store, ref, terms), 'session_limit')
    await advance(6 * unitMs)
    assert.equal(await redeemKind(store, ref, terms), 'admitted')
  }),

  storeCase('redeem admits a reusable ticket again, each socket counted, all one session', async (under) => {
    const { store, unitMs, advance } = under
    const terms = { ...REDEEM, sessionsPerUser: 3 }
    const { ref } = await issued(store, { singleUse: false, ttlMs: 6 * unitMs })
    const counts = await kinds(times(5, () => store.redeem(ref, attempt(), terms)))
    assert.deepEqual(counts, { admitted: 3, session_limit: 2 })
    const sessions = await store.listSessions(holder().subject)
    assert.deepEqual(
      sessions.map((session) => [session.ref, session.sockets]),
      [[ref, 3]],
    )
    assert.equal(await stateOf(store, ref), 'outstanding')
    await advance(6 * unitMs)
    assert.equal(await redeemKind(store, ref, { sessionsPerUser: 10 }), 'expired')
  }),

  storeCase('redeem opens a reusable ticket anew after its last socket has gone', async ({ store }) => {
    const first = await opened(store, { singleUse: false }, { maxSessionMs: LONG_MS })
    await store.closeSocket(first.ref, first.by.id)
    const again = await store.redeem(first.ref, attempt(), REDEEM)
    assertKind(again, 'admitted')
    assert.equal(again.openedAt, again.at)
    const sessions = await store.listSessions(holder().subject)
    assert.deepEqual(
      sessions.map(({ sockets }) => sockets),
      [1],
    )
  }),
]
