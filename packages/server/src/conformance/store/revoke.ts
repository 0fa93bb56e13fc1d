import assert from 'node:assert/strict'
import { type StoreCase, storeCase } from '../store-harness.js'
import {
  ADA,
  ADAS_DESK,
  ADAS_PHONE,
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
  timeOf,
  times,
} from './given.js'

/** `revoke` and `checkCredential`: after the answer, nothing of it works any more. */
export const revokeCases: readonly StoreCase[] = [
  storeCase('revoke ends an outstanding ticket', async ({ store }) => {
    for (const singleUse of [true, false]) {
      const { ref } = await issued(store, { singleUse })
      const outcome = await store.revoke({ kind: 'ticket', ref })
      assertKind(outcome, 'revoked')
      assert.equal(await redeemKind(store, ref), 'revoked')
      assert.equal(await stateOf(store, ref), 'revoked')
    }
  }),

  storeCase('revoke of a ticket ends the session that it opened', async ({ store }) => {
    for (const singleUse of [true, false]) {
      const { ref } = await opened(store, { singleUse })
      assertKind(await store.revoke({ kind: 'ticket', ref }), 'revoked')
      assert.deepEqual(await store.checkSessions([ref]), [{ ref, kind: 'over', code: 'session_revoked' }])
      assert.equal(await redeemKind(store, ref), 'revoked')
    }
    assert.deepEqual(await store.listSessions(ADA), [])
  }),

  storeCase('revoke of a session ends it with the code that was given, and its ticket', async ({ store }) => {
    const { ref } = await opened(store, { singleUse: false })
    assertKind(await store.revoke({ kind: 'session', ref, code: 'session_closed' }), 'revoked')
    assert.deepEqual(await store.checkSessions([ref]), [{ ref, kind: 'over', code: 'session_closed' }])
    assert.equal(await redeemKind(store, ref), 'revoked')
    assertKind(await store.renewSession(ref, renewal()), 'over')
  }),

  storeCase('revoke knows no session that is not live', async ({ store }) => {
    const outstanding = await issued(store)
    const closed = await opened(store)
    await store.closeSocket(closed.ref, closed.by.id)
    for (const { ref } of [record(), outstanding, closed]) {
      assertKind(await store.revoke({ kind: 'session', ref, code: 'session_closed' }), 'unknown')
    }
    assert.equal(await redeemKind(store, outstanding.ref), 'admitted')
  }),

  storeCase("revoke answers alike for what is unknown and what is another's", async ({ store }) => {
    const outstanding = await issued(store)
    const live = await opened(store)
    const foreign = { owner: ALAN } as const
    assert.deepEqual(await store.revoke({ kind: 'ticket', ref: record().ref }), { kind: 'unknown' })
    assert.deepEqual(await store.revoke({ kind: 'ticket', ref: outstanding.ref, ...foreign }), {
      kind: 'unknown',
    })
    assert.deepEqual(await store.revoke({ kind: 'ticket', ref: live.ref, ...foreign }), { kind: 'unknown' })
    const session = { kind: 'session', ref: live.ref, code: 'session_closed' } as const
    assert.deepEqual(await store.revoke({ ...session, ...foreign }), { kind: 'unknown' })
    assert.equal(await redeemKind(store, outstanding.ref), 'admitted')
    assert.equal((await store.checkSessions([live.ref]))[0]?.kind, 'live')
    assertKind(await store.revoke({ ...session, owner: ADA }), 'revoked')
    const own = await issued(store)
    assertKind(await store.revoke({ kind: 'ticket', ref: own.ref, owner: ADA }), 'revoked')
  }),

  storeCase('revoke of a ticket leaves others alone', async ({ store }) => {
    const [one, other] = [await issued(store), await issued(store)]
    const live = await opened(store)
    await store.revoke({ kind: 'ticket', ref: one.ref })
    assert.equal(await redeemKind(store, other.ref), 'admitted')
    assert.equal((await store.checkSessions([live.ref]))[0]?.kind, 'live')
  }),

  storeCase("revoke of a login ends its tickets and sessions, and no other login's", async ({ store }) => {
    const phone = holder(ADA, { login: ADAS_PHONE })
    const desk = holder(ADA, { login: ADAS_DESK })
    const ended = await opened(store, { holder: phone })
    const endedReusable = await opened(store, { holder: phone, singleUse: false })
    const dead = await issued(store, { holder: phone })
    const live = await opened(store, { holder: desk })
    const good = await issued(store, { holder: desk })
    const loginless = await issued(store)
    assertKind(
      await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS }),
      'revoked',
    )
    for (const { ref } of [dead, endedReusable]) assert.equal(await redeemKind(store, ref), 'revoked')
    assert.deepEqual(
      (await store.checkSessions([ended.ref, endedReusable.ref])).map(({ kind }) => kind),
      ['over', 'over'],
    )
    assertKind(await store.renewSession(ended.ref, renewal({ holder: phone })), 'revoked')
    assert.equal(await issueKind(store, phone), 'revoked')
    assertKind(await store.checkCredential(phone), 'revoked')
    assert.equal((await store.checkSessions([live.ref]))[0]?.kind, 'live')
    assert.equal(await redeemKind(store, good.ref), 'admitted')
    assert.equal(await redeemKind(store, loginless.ref), 'admitted')
    assert.equal(await issueKind(store, desk), 'issued')
    assertKind(await store.renewSession(live.ref, renewal({ holder: desk })), 'renewed')
  }),

  storeCase(
    'revoke of a login is remembered as long as was asked, never shorter',
    async ({ store, unitMs, advance }) => {
      const phone = holder(ADA, { login: ADAS_PHONE })
      const target = { kind: 'login', subject: ADA, login: ADAS_PHONE } as const
      await store.revoke({ ...target, rememberMs: 8 * unitMs })
      await store.revoke({ ...target, rememberMs: unitMs })
      await advance(2 * unitMs)
      assert.equal(await issueKind(store, phone), 'revoked')
      await advance(7 * unitMs)
      assert.equal(await issueKind(store, phone), 'issued')
    },
  ),

  storeCase(
    "revoke of a subject ends all of its tickets and sessions, and nobody else's",
    async ({ store }) => {
      const before = Math.floor((await timeOf(store)) / 1000) - 10
      const phone = holder(ADA, { login: ADAS_PHONE, issuedAt: before })
      const sessions = [await opened(store, { holder: phone }), await opened(store, { singleUse: false })]
      const tickets = [await issued(store), await issued(store, { holder: phone, singleUse: false })]
      const others = await opened(store, { holder: holder(ALAN) })
      const othersTicket = await issued(store, { holder: holder(ALAN, { issuedAt: before }) })
      assertKind(await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS }), 'revoked')
      for (const { ref } of tickets) assert.equal(await redeemKind(store, ref), 'revoked')
      for (const check of await store.checkSessions(sessions.map(({ ref }) => ref))) {
        assert.deepEqual(check, { ref: check.ref, kind: 'over', code: 'session_revoked' })
      }
      assert.deepEqual(await store.listSessions(ADA), [])
      assert.equal((await store.checkSessions([others.ref]))[0]?.kind, 'live')
      assert.equal(await redeemKind(store, othersTicket.ref), 'admitted')
      assert.equal(await issueKind(store, holder(ALAN, { issuedAt: before })), 'issued')
    },
  ),

  storeCase('a logout overtakes credentials from before it, and no later ones', async ({ store }) => {
    const live = await opened(store, { holder: holder(ALAN) })
    const revoked = await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    assertKind(revoked, 'revoked')
    const second = Math.floor(revoked.at / 1000)
    const earlier = holder(ADA, { issuedAt: second - 1 })
    const same = holder(ADA, { issuedAt: second })
    const later = holder(ADA, { issuedAt: second + 1 })
    assertKind(await store.checkCredential(earlier), 'revoked')
    assert.equal(await issueKind(store, earlier), 'revoked')
    const outcome = await store.checkCredential(same)
    assertKind(outcome, 'too_soon')
    assert.ok(outcome.retryAfterMs > 0 && outcome.retryAfterMs <= 1000)
    assert.equal(await issueKind(store, same), 'too_soon')
    for (const good of [later, holder(ADA), holder(ALAN, { issuedAt: second - 1 })]) {
      assertKind(await store.checkCredential(good), 'good')
      assert.equal(await issueKind(store, good), 'issued')
    }
    assertKind(
      await store.renewSession(live.ref, renewal({ holder: holder(ALAN, { issuedAt: second - 1 }) })),
      'renewed',
    )
    const anew = await opened(store, { holder: later })
    assertKind(await store.renewSession(anew.ref, renewal({ holder: earlier })), 'revoked')
    assertKind(await store.renewSession(anew.ref, renewal({ holder: same })), 'too_soon')
    assertKind(await store.renewSession(anew.ref, renewal({ holder: later })), 'renewed')
  }),

  storeCase('a logout is remembered as long as was asked', async ({ store, unitMs, advance }) => {
    const revoked = await store.revoke({ kind: 'subject', subject: ADA, rememberMs: 8 * unitMs })
    assertKind(revoked, 'revoked')
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: unitMs })
    const before = holder(ADA, { issuedAt: Math.floor(revoked.at / 1000) - 1 })
    await advance(2 * unitMs)
    assert.equal(await issueKind(store, before), 'revoked')
  }),

  storeCase('no attempt wins after a revoke has been acknowledged, however they race', async ({ store }) => {
    const tickets = await Promise.all(times(50, (index) => issued(store, { singleUse: index % 2 === 0 })))
    const attempts = tickets.map(({ ref }) => ({ ref, by: attempt() }))
    const racing = attempts.map(({ ref, by }) => store.redeem(ref, by, REDEEM))
    const revoking = store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    const more = tickets.map(({ ref }) => store.redeem(ref, attempt(), REDEEM))
    await Promise.all([...racing, revoking, ...more])
    assert.deepEqual(await store.listSessions(ADA), [])
    for (const { ref, by } of attempts) {
      assert.notEqual(await redeemKind(store, ref), 'admitted')
      assert.notEqual((await store.redeem(ref, by, REDEEM)).kind, 'admitted')
    }
    const refs = tickets.map(({ ref }) => ref)
    const live = (await store.checkSessions(refs)).filter(({ kind }) => kind === 'live')
    assert.deepEqual(live, [])
  }),

  storeCase('revoke may be repeated', async ({ store }) => {
    const { ref } = await issued(store)
    const target = { kind: 'ticket', ref } as const
    assert.deepEqual(await kinds(times(3, () => store.revoke(target))), { revoked: 3 })
    assert.equal(await redeemKind(store, ref), 'revoked')
    assertKind(await store.issue(record(), ISSUE), 'issued')
  }),
]
