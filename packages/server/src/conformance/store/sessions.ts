import assert from 'node:assert/strict'
import { subjectKey } from '../../authority/secret.js'
import { type StoreCase, storeCase } from '../store-harness.js'
import {
  ADA,
  ADAS_DESK,
  ADAS_PHONE,
  ALAN,
  assertKind,
  attempt,
  holder,
  issued,
  LONG_MS,
  opened,
  REDEEM,
  record,
  redeemKind,
  renewal,
  timeOf,
  times,
} from './given.js'

/** `renewSession`, `closeSocket`, `listSessions`, `checkSessions`, `keepNode`. */
export const sessionCases: readonly StoreCase[] = [
  storeCase('renewSession moves the deadline to what the fresh credential allows', async ({ store }) => {
    const second = Math.floor((await timeOf(store)) / 1000)
    const { ref } = await opened(store, { holder: holder(ADA, { expiresAt: second + 60 }) }, { skewMs: 2000 })
    const fresh = holder(ADA, { expiresAt: second + 120 })
    const outcome = await store.renewSession(ref, renewal({ holder: fresh, skewMs: 2000 }))
    assertKind(outcome, 'renewed')
    assert.equal(outcome.at + outcome.remainingMs, (second + 122) * 1000)
    const [check] = await store.checkSessions([ref])
    assert.ok(check?.kind === 'live' && check.remainingMs > 100_000)
  }),

  storeCase('renewSession never moves a deadline to an earlier time', async ({ store }) => {
    const second = Math.floor((await timeOf(store)) / 1000)
    const long = await opened(store, { holder: holder(ADA, { expiresAt: second + 120 }) })
    const short = renewal({ holder: holder(ADA, { expiresAt: second + 60 }) })
    const outcome = await store.renewSession(long.ref, short)
    assertKind(outcome, 'renewed')
    assert.equal(outcome.at + outcome.remainingMs, (second + 120) * 1000)
  }),

  storeCase('renewSession counts the maximum from the opening', async ({ store, unitMs, advance }) => {
    const maxSessionMs = 8 * unitMs
    const { ref, openedAt } = await opened(store, {}, { maxSessionMs })
    await advance(2 * unitMs)
    const outcome = await store.renewSession(ref, renewal({ maxSessionMs }))
    assertKind(outcome, 'renewed')
    assert.equal(outcome.at + outcome.remainingMs, openedAt + maxSessionMs)
    await advance(6 * unitMs)
    assertKind(await store.renewSession(ref, renewal({ maxSessionMs })), 'over')
  }),

  storeCase(
    'renewSession keeps a session past the deadline that it had before',
    async ({ store, unitMs, advance }) => {
      const { ref } = await opened(store, {}, { maxSessionMs: 6 * unitMs })
      assertKind(await store.renewSession(ref, renewal()), 'renewed')
      await advance(7 * unitMs)
      assert.equal((await store.checkSessions([ref]))[0]?.kind, 'live')
      assert.equal((await store.listSessions(ADA)).length, 1)
    },
  ),

  storeCase('renewSession only ever narrows permissions, for every socket to come too', async ({ store }) => {
    const { ref } = await opened(store, { singleUse: false })
    const wider = await store.renewSession(ref, renewal({ permissions: ['read', 'write', 'admin'] }))
    assertKind(wider, 'renewed')
    assert.deepEqual([...wider.permissions], ['read', 'write'])
    const narrower = await store.renewSession(ref, renewal({ permissions: ['admin', 'read'] }))
    assertKind(narrower, 'renewed')
    assert.deepEqual([...narrower.permissions], ['read'])
    const back = await store.renewSession(ref, renewal({ permissions: ['read', 'write'] }))
    assertKind(back, 'renewed')
    assert.deepEqual([...back.permissions], ['read'])
    const [check] = await store.checkSessions([ref])
    assert.deepEqual(check?.kind === 'live' && [...check.permissions], ['read'])
    const socket = await store.redeem(ref, attempt(), REDEEM)
    assertKind(socket, 'admitted')
    assert.deepEqual([...socket.permissions], ['read'])
  }),

  // A socket that dropped and came back by the same reusable ticket had again what the renewal had taken away.
  storeCase('renewSession narrows what a reusable ticket opens later, too', async ({ store }) => {
    const { ref, by } = await opened(store, { singleUse: false })
    assertKind(await store.renewSession(ref, renewal({ permissions: ['read'] })), 'renewed')
    await store.closeSocket(ref, by.id)
    const again = await store.redeem(ref, attempt(), REDEEM)
    assertKind(again, 'admitted')
    assert.deepEqual([...again.permissions], ['read'])
  }),

  storeCase('renewSession knows no session of another subject or login', async ({ store }) => {
    const phone = holder(ADA, { login: ADAS_PHONE })
    const { ref, remainingMs } = await opened(store, { holder: phone }, { maxSessionMs: 60_000 })
    for (const other of [
      holder(ALAN),
      holder(ADA),
      holder(ADA, { login: ADAS_DESK }),
      holder(ALAN, { login: ADAS_PHONE }),
    ]) {
      assert.deepEqual(await store.renewSession(ref, renewal({ holder: other })), { kind: 'unknown' })
    }
    assert.deepEqual(await store.renewSession(record().ref, renewal()), { kind: 'unknown' })
    const [check] = await store.checkSessions([ref])
    assert.ok(check?.kind === 'live' && check.remainingMs <= remainingMs)
    const unredeemed = await issued(store)
    assertKind(await store.renewSession(unredeemed.ref, renewal()), 'unknown')
  }),

  storeCase('renewSession revives nothing that is over', async ({ store, unitMs, advance }) => {
    const expired = await opened(store, {}, { maxSessionMs: 2 * unitMs })
    await advance(2 * unitMs)
    const closed = await opened(store)
    await store.closeSocket(closed.ref, closed.by.id)
    const revoked = await opened(store)
    await store.revoke({ kind: 'ticket', ref: revoked.ref })
    for (const { ref } of [expired, closed, revoked]) {
      assert.deepEqual(await store.renewSession(ref, renewal()), { kind: 'over' })
      assert.notEqual((await store.checkSessions([ref]))[0]?.kind, 'live')
    }
  }),

  storeCase('renewSession refuses a credential that has nothing left to give', async ({ store }) => {
    const { ref } = await opened(store)
    const expiresAt = Math.floor((await timeOf(store)) / 1000) - 1
    const late = renewal({ holder: holder(ADA, { expiresAt }) })
    assert.deepEqual(await store.renewSession(ref, late), { kind: 'expired' })
    assert.equal((await store.checkSessions([ref]))[0]?.kind, 'live')
  }),

  storeCase('closeSocket ends a session with its last socket', async ({ store }) => {
    const first = await opened(store, { singleUse: false })
    const second = attempt({ node: 'node-b' })
    await store.redeem(first.ref, second, REDEEM)
    await store.closeSocket(first.ref, first.by.id)
    assert.equal((await store.listSessions(ADA))[0]?.sockets, 1)
    assert.equal((await store.checkSessions([first.ref]))[0]?.kind, 'live')
    await store.closeSocket(first.ref, second.id)
    assert.deepEqual(await store.listSessions(ADA), [])
    assert.deepEqual(await store.checkSessions([first.ref]), [{ ref: first.ref, kind: 'gone' }])
  }),

  storeCase('closeSocket ignores sockets and sessions that are unknown', async ({ store }) => {
    const live = await opened(store)
    await store.closeSocket(live.ref, 'no such attempt')
    await store.closeSocket(record().ref, live.by.id)
    const { ref } = await issued(store)
    await store.closeSocket(ref, live.by.id)
    assert.equal((await store.checkSessions([live.ref]))[0]?.kind, 'live')
    assert.equal(await redeemKind(store, ref), 'admitted')
    await store.revoke({ kind: 'ticket', ref: live.ref })
    await store.closeSocket(live.ref, live.by.id)
    // How it ended is not overwritten by the socket's going afterwards.
    assert.deepEqual(await store.checkSessions([live.ref]), [
      { ref: live.ref, kind: 'over', code: 'session_revoked' },
    ])
  }),

  storeCase('listSessions gives the live sessions of a subject, as they were opened', async ({ store }) => {
    const shown = { origin: 'https://app.example.com' }
    const by = attempt({ address: '198.51.100.7', shown })
    const first = await opened(store, { audience: '/chat' }, { audience: '/chat', maxSessionMs: 60_000 }, by)
    const second = await opened(store, {}, { maxSessionMs: 90_000 })
    await opened(store, { holder: holder(ALAN) })
    const over = await opened(store)
    await store.revoke({ kind: 'ticket', ref: over.ref })
    await issued(store)
    const sessions = [...(await store.listSessions(ADA))].sort((a, b) => a.deadline - b.deadline)
    assert.deepEqual(
      sessions.map(({ ref }) => ref),
      [first.ref, second.ref],
    )
    assert.deepEqual(sessions[0], {
      ref: first.ref,
      openedAt: first.openedAt,
      deadline: first.openedAt + 60_000,
      sockets: 1,
      audience: '/chat',
      origin: 'https://app.example.com',
      address: '198.51.100.7',
    })
  }),

  storeCase('listSessions leaves out the sockets of nodes that are not alive', async ({ store }) => {
    const [here, there] = [attempt({ node: 'node-a' }), attempt({ node: 'node-dead' })]
    const shared = await opened(store, { singleUse: false }, {}, here)
    assertKind(await store.redeem(shared.ref, there, REDEEM), 'admitted')
    const orphan = await opened(store, {}, {}, attempt({ node: 'node-dead' }))
    const socketsBy = async (nodes?: readonly string[]): Promise<Record<string, number>> =>
      Object.fromEntries((await store.listSessions(ADA, nodes)).map(({ ref, sockets }) => [ref, sockets]))
    assert.deepEqual(await socketsBy(), { [shared.ref]: 2, [orphan.ref]: 1 })
    assert.deepEqual(await socketsBy(['node-a']), { [shared.ref]: 1 })
    assert.deepEqual(await socketsBy([]), {})
  }),

  storeCase('checkSessions answers in the order of the question', async ({ store, unitMs, advance }) => {
    const expired = await opened(store, {}, { maxSessionMs: 2 * unitMs })
    await advance(2 * unitMs)
    const live = await opened(store, {}, { maxSessionMs: LONG_MS })
    const other = await opened(store, { holder: holder(ALAN) })
    await store.revoke({ kind: 'session', ref: other.ref, code: 'session_closed' })
    const unknown = record()
    const refs = [other.ref, unknown.ref, live.ref, expired.ref, live.ref]
    const checks = await store.checkSessions(refs)
    assert.deepEqual(
      checks.map(({ ref }) => ref),
      refs,
    )
    assert.deepEqual(
      checks.map(({ kind }) => kind),
      ['over', 'gone', 'live', 'gone', 'live'],
    )
    const check = checks[2]
    assert.ok(check?.kind === 'live' && check.remainingMs > 0 && check.remainingMs <= LONG_MS)
    assert.deepEqual(await store.checkSessions([]), [])
  }),

  storeCase('a session past its deadline is neither listed nor live', async ({ store, unitMs, advance }) => {
    const { ref } = await opened(store, {}, { maxSessionMs: 2 * unitMs })
    await advance(2 * unitMs)
    assert.deepEqual(await store.listSessions(ADA), [])
    assert.deepEqual(await store.checkSessions([ref]), [{ ref, kind: 'gone' }])
    assertKind(await store.revoke({ kind: 'session', ref, code: 'session_closed' }), 'unknown')
  }),

  storeCase('checkSessions answers for many of many subjects at once', async ({ store }) => {
    const subjects = times(20, (index) => holder(subjectKey(undefined, `user ${index}`)))
    const live = await Promise.all(subjects.map((of) => opened(store, { holder: of, singleUse: false })))
    const [over] = live
    assert.ok(over !== undefined)
    await store.revoke({ kind: 'session', ref: over.ref, code: 'session_closed' })
    const refs = times(12, () => live)
      .flat()
      .flatMap(({ ref, record: { holder: of } }) => [ref, record({ holder: of }).ref])
    const checks = await store.checkSessions(refs)
    assert.deepEqual(
      checks.map(({ ref }) => ref),
      refs,
    )
    for (const [index, { ref, kind }] of checks.entries()) {
      assert.equal(kind, index % 2 === 1 ? 'gone' : ref === over.ref ? 'over' : 'live')
    }
  }),

  storeCase(
    'keepNode gives the nodes whose leases have not run out',
    async ({ store, unitMs, leaseMs, advance }) => {
      assert.deepEqual(await store.keepNode('node-a'), ['node-a'])
      assert.deepEqual([...(await store.keepNode('node-b'))].sort(), ['node-a', 'node-b'])
      await advance(leaseMs / 2)
      assert.deepEqual([...(await store.keepNode('node-b'))].sort(), ['node-a', 'node-b'])
      await advance(leaseMs / 2 + unitMs)
      assert.deepEqual(await store.keepNode('node-b'), ['node-b'])
    },
  ),

  storeCase('keepNode holds a lease for as long as it is asked to', async ({ store, leaseMs, advance }) => {
    for (let round = 0; round < 6; round += 1) {
      await advance(leaseMs / 4)
      await store.keepNode('node-a')
    }
    assert.ok((await store.keepNode('node-b')).includes('node-a'))
  }),

  storeCase('keepNode gives a lease anew that had run out', async ({ store, unitMs, leaseMs, advance }) => {
    await store.keepNode('node-a')
    await advance(leaseMs + unitMs)
    assert.deepEqual(await store.keepNode('node-b'), ['node-b'])
    assert.deepEqual([...(await store.keepNode('node-a'))].sort(), ['node-a', 'node-b'])
  }),

  storeCase('keepNode gives every node that asks at the same time its lease', async ({ store }) => {
    const ids = times(50, (index) => `node-${index}`)
    await Promise.all(ids.map((id) => store.keepNode(id)))
    assert.deepEqual([...(await store.keepNode('node-0'))].sort(), ids.toSorted())
  }),
]
