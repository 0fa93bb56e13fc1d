import assert from 'node:assert/strict'
import type { TicketStore } from '../../stores/store.js'
import { type StoreCase, type StoreUnderTest, storeCase } from '../store-harness.js'
import {
  ADA,
  ALAN,
  assertKind,
  attempt,
  holder,
  ISSUE,
  issued,
  issueKind,
  kinds,
  LONG_MS,
  opened,
  REDEEM,
  record,
  redeemKind,
  renewal,
  stateOf,
  times,
} from './given.js'

/** A case of two nodes, each with its own way to what is kept. */
function nodesCase(
  name: string,
  prove: (one: TicketStore, other: TicketStore, under: StoreUnderTest) => Promise<void>,
): StoreCase {
  return storeCase(name, async (under) => {
    await prove(under.store, (await under.another?.()) ?? under.store, under)
  })
}

/** What several nodes over one store are to each other. */
export const nodesCases: readonly StoreCase[] = [
  nodesCase('nodes: what one keeps, the other knows', async (one, other) => {
    const by = attempt({ node: 'node-b' })
    const { ref } = await issued(one, { singleUse: false })
    assert.equal(await stateOf(other, ref), 'outstanding')
    assertKind(await other.redeem(ref, by, REDEEM), 'admitted')
    // Its reply was lost, and another node is asked again by the same attempt.
    assertKind(await one.redeem(ref, by, REDEEM), 'admitted')
    assert.deepEqual(
      (await one.listSessions(ADA)).map((session) => [session.ref, session.sockets]),
      [[ref, 1]],
    )
    const renewed = await one.renewSession(ref, renewal({ permissions: ['read'] }))
    assertKind(renewed, 'renewed')
    const [check] = await other.checkSessions([ref])
    assert.deepEqual(check?.kind === 'live' && [...check.permissions], ['read'])
    await one.closeSocket(ref, by.id)
    assert.deepEqual(await other.checkSessions([ref]), [{ ref, kind: 'gone' }])
    await other.revoke({ kind: 'ticket', ref })
    assert.equal(await redeemKind(one, ref), 'revoked')
  }),

  nodesCase('nodes: exactly one attempt wins, wherever they come', async (one, other) => {
    for (const ticket of await Promise.all(times(10, () => issued(one)))) {
      const counts = await kinds(
        times(40, (index) => (index % 2 === 0 ? one : other).redeem(ticket.ref, attempt(), REDEEM)),
      )
      assert.deepEqual(counts, { admitted: 1, used: 39 })
    }
  }),

  nodesCase('nodes: rate, cap and limit of a user are one for all', async (one, other) => {
    const at = (index: number): TicketStore => (index % 2 === 0 ? one : other)
    const rate = { burst: 10, perSecond: 0.001 }
    const counts = await kinds(times(40, (index) => at(index).issue(record(), { ...ISSUE, rate })))
    assert.deepEqual(counts, { issued: 10, rate_limited: 30 })
    const alans = { holder: holder(ALAN) }
    const first = await issued(one, alans)
    const second = await other.issue(record(alans), { ...ISSUE, outstanding: 1 })
    assert.equal(second.kind === 'issued' && second.voided, first.ref)
    const tickets = await Promise.all(times(20, () => issued(one, alans)))
    const limit = { ...REDEEM, sessionsPerUser: 5 }
    assert.deepEqual(await kinds(tickets.map(({ ref }, index) => at(index).redeem(ref, attempt(), limit))), {
      admitted: 5,
      session_limit: 15,
    })
  }),

  nodesCase('nodes: a revoke is acknowledged for all, and told to all', async (one, other) => {
    const { ref } = await opened(one)
    const { cursor } = await other.notices(undefined, new AbortController().signal)
    const waiting = other.notices(cursor, new AbortController().signal)
    await one.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    assert.deepEqual(await other.checkSessions([ref]), [{ ref, kind: 'over', code: 'session_revoked' }])
    const { notices, gap } = await waiting
    assert.deepEqual(
      notices.map((notice) => [notice.kind, 'subject' in notice && notice.subject]),
      [['subject', ADA]],
    )
    assert.equal(gap, false)
  }),

  nodesCase('nodes: no attempt wins after a revoke that was acknowledged elsewhere', async (one, other) => {
    const tickets = await Promise.all(times(40, () => issued(one)))
    const attempts = tickets.map(({ ref }) => ({ ref, by: attempt() }))
    const racing = attempts.map(({ ref, by }) => other.redeem(ref, by, REDEEM))
    await one.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    for (const { ref, by } of attempts)
      assert.notEqual((await other.redeem(ref, by, REDEEM)).kind, 'admitted')
    await Promise.all(racing)
    assert.deepEqual(await other.listSessions(ADA), [])
    assert.equal(await issueKind(other, holder(ADA, { issuedAt: 1 })), 'revoked')
  }),

  nodesCase(
    'nodes: all hold their leases in the same place',
    async (one, other, { unitMs, leaseMs, advance }) => {
      await one.keepNode('node-a')
      assert.deepEqual([...(await other.keepNode('node-b'))].sort(), ['node-a', 'node-b'])
      assert.deepEqual([...(await one.keepNode('node-a'))].sort(), ['node-a', 'node-b'])
      await advance(leaseMs + unitMs)
      assert.deepEqual(await other.keepNode('node-b'), ['node-b'])
    },
  ),

  nodesCase('nodes: all seal with the same keys, whoever asks first', async (one, other) => {
    const [keys = [], ...rest] = await Promise.all([one, other, one].map((store) => store.sealKeys()))
    assert.ok(keys.length > 0)
    for (const others of rest) assert.deepEqual(others.map(String), keys.map(String))
  }),
]
