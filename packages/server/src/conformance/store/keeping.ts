import assert from 'node:assert/strict'
import { subjectKey } from '../../authority/secret.js'
import { type StoreCase, type StoreUnderTest, storeCase } from '../store-harness.js'
import {
  ADA,
  ADAS_PHONE,
  assertKind,
  attempt,
  comparable,
  holder,
  ISSUE,
  issued,
  kinds,
  opened,
  REDEEM,
  record,
  redeemKind,
  stateOf,
  times,
} from './given.js'

const SEAL_KEY_BYTES = 32

/** Names that would end up in key names, scripts or protocols if somebody let them. */
const STRANGE = [
  '{}:*',
  '*',
  'a\0b',
  '\0',
  'line\r\nbreak\n$6\r\n',
  'wst:{7f}:t:x',
  '__proto__',
  'constructor',
  '"\'\\`',
  'ada ',
  'ADA',
  'ädä\u0301\u{1f511}',
  'ada\u200b',
]

/** What a store keeps, for how long, and apart from what. */
export const keepingCases: readonly StoreCase[] = [
  storeCase('inspect changes nothing', async (under) => {
    const { store, unitMs, advance } = under
    const ticket = await issued(store, { ttlMs: 10 * unitMs })
    const used = await opened(store)
    const held = await under.size?.()
    for (const { ref } of times(20, () => ticket)) assert.equal(await stateOf(store, ref), 'outstanding')
    assert.equal(await stateOf(store, used.ref), 'used')
    assert.equal(await stateOf(store, record().ref), 'unknown')
    assert.equal(await under.size?.(), held)
    assertKind(await store.redeem(used.ref, used.by, REDEEM), 'admitted')
    await advance(2 * unitMs)
    const known = await store.inspect(ticket.ref)
    assertKind(known, 'known')
    assert.ok(known.remainingMs <= 8 * unitMs)
    assert.equal(await redeemKind(store, ticket.ref), 'admitted')
  }),

  storeCase('what has ended stays known for the grace, and then leaves', async (under) => {
    const { store, unitMs, graceMs, advance } = under
    const short = { ttlMs: 6 * unitMs }
    const voided = await issued(store, short)
    const expired = await issued(store, short, { outstanding: 1 })
    const used = await opened(store, short, { maxSessionMs: 6 * unitMs })
    const over = await opened(store, short, { maxSessionMs: 6 * unitMs })
    await store.revoke({ kind: 'session', ref: over.ref, code: 'session_closed' })
    // Past their own lives, and not yet past the grace.
    await advance(Math.max(graceMs, 6 * unitMs))
    const before = { voided, expired, used, revoked: over }
    for (const [state, { ref }] of Object.entries(before)) assert.equal(await stateOf(store, ref), state)
    await advance(8 * unitMs)
    for (const { ref } of Object.values(before)) {
      assert.equal(await stateOf(store, ref), 'unknown')
      assert.equal(await redeemKind(store, ref), 'unknown')
      assertKind(await store.revoke({ kind: 'ticket', ref }), 'unknown')
      assert.deepEqual(await store.checkSessions([ref]), [{ ref, kind: 'gone' }])
    }
  }),

  storeCase('a live session outlasts its ticket, and is still found', async (under) => {
    const { store, unitMs, graceMs, advance } = under
    const { ref } = await opened(store, { ttlMs: 4 * unitMs })
    await advance(4 * unitMs + graceMs + 2 * unitMs)
    assert.equal(await stateOf(store, ref), 'unknown')
    assert.equal((await store.checkSessions([ref]))[0]?.kind, 'live')
    assertKind(await store.revoke({ kind: 'ticket', ref, owner: ADA }), 'revoked')
    assert.equal((await store.checkSessions([ref]))[0]?.kind, 'over')
  }),

  storeCase('everything leaves by itself', async (under) => {
    if (under.size === undefined) return
    const { store, unitMs, graceMs, advance } = under
    await store.sealKeys()
    const empty = await under.size()
    const life = { ttlMs: 5 * unitMs }
    const session = { maxSessionMs: 5 * unitMs }
    const subjects = times(5, (index) =>
      holder(subjectKey(undefined, `user ${index}`), { login: ADAS_PHONE }),
    )
    for (const of of subjects) {
      const rate = { burst: 5, perSecond: 1000 / unitMs }
      await Promise.all(
        times(5, () => store.issue(record({ ...life, holder: of }), { rate, outstanding: 3 })),
      )
      await opened(store, { ...life, holder: of }, session)
      const closed = await opened(store, { ...life, holder: of, singleUse: false }, session)
      await store.closeSocket(closed.ref, closed.by.id)
      await store.redeem(closed.ref, attempt(), { ...REDEEM, ...session })
      await store.keepNode('node-a')
    }
    const [first, second] = subjects
    assert.ok(first !== undefined && second !== undefined)
    await store.revoke({ kind: 'login', subject: first.subject, login: ADAS_PHONE, rememberMs: unitMs })
    await store.revoke({ kind: 'login', subject: first.subject, login: ADAS_PHONE, rememberMs: unitMs })
    await store.revoke({ kind: 'subject', subject: second.subject, rememberMs: unitMs })
    assert.ok((await under.size()) > empty + 30, 'the store counts nothing of what it keeps')
    await advance(graceMs + 7 * unitMs)
    assert.equal(await leftover(under, empty), empty)
  }),

  storeCase('health counts the tickets that nobody used', async ({ store, unitMs, graceMs, advance }) => {
    const before = (await store.health()).expired
    const life = { ttlMs: 6 * unitMs }
    await issued(store, life)
    await issued(store, { ...life, singleUse: false })
    await opened(store, life)
    await opened(store, { ...life, singleUse: false })
    const { ref } = await issued(store, life)
    await store.revoke({ kind: 'ticket', ref })
    await advance(6 * unitMs + graceMs + 2 * unitMs)
    assert.equal((await store.health()).expired - before, 2)
    await advance(unitMs)
    assert.equal((await store.health()).expired - before, 2)
  }),

  storeCase('health tells what it is and what it promises', async ({ store }) => {
    const health = await store.health()
    assert.equal(health.kind, store.kind)
    assert.equal(health.reachable, true)
    assert.ok(health.latencyMs >= 0)
    assert.ok(['absolute', 'wait', 'none'].includes(health.promises.single_use))
    assert.ok(['absolute', 'bounded', 'none'].includes(health.promises.revocation))
    assert.ok(['process', 'nodes'].includes(health.promises.shared))
    for (const warning of health.warnings) assert.match(warning, /\S/)
  }),

  storeCase('sealKeys gives the same keys of 32 bytes to all who ask', async ({ store }) => {
    const [keys, again] = await Promise.all([store.sealKeys(), store.sealKeys()])
    assert.ok(keys.length > 0)
    for (const key of keys) assert.equal(key.byteLength, SEAL_KEY_BYTES)
    assert.ok(keys[0]?.some((byte) => byte !== 0))
    assert.deepEqual(keys.map(hex), again.map(hex))
  }),

  storeCase('strange characters come back as they went in', async ({ store }) => {
    for (const strange of STRANGE) {
      const of = holder(subjectKey(strange, strange))
      const principal = {
        issuer: strange,
        subject: strange,
        email: strange,
        permissions: [strange],
        claims: { [`key ${strange}`]: strange },
      }
      const bindings = { origin: strange, network: strange, cookie: strange }
      const kept = record({
        holder: of,
        principal,
        metadata: { deep: [{ strange }] },
        audience: strange,
        bindings,
      })
      assertKind(await store.issue(kept, ISSUE), 'issued')
      const by = { id: `id ${strange}`, node: strange, address: strange, shown: bindings }
      const outcome = await store.redeem(kept.ref, by, { ...REDEEM, audience: strange, liveNodes: [strange] })
      assertKind(outcome, 'admitted')
      assert.deepEqual(comparable(outcome.record), comparable(kept))
      const [session] = await store.listSessions(of.subject)
      assert.deepEqual([session?.audience, session?.origin, session?.address], [strange, strange, strange])
      assert.ok((await store.keepNode(strange)).includes(strange))
      await store.closeSocket(kept.ref, by.id)
      assert.deepEqual(await store.listSessions(of.subject), [])
    }
  }),

  storeCase('subjects with strange names are strangers to each other', async ({ store }) => {
    const keys = STRANGE.flatMap((name) => [subjectKey(name, 'ada'), subjectKey(undefined, name)])
    const live = await Promise.all(keys.map((key) => opened(store, { holder: holder(key) })))
    const [victim, ...others] = keys
    assert.ok(victim !== undefined)
    assert.deepEqual(
      await kinds(
        keys.map((key) =>
          store.issue(record({ holder: holder(key) }), {
            rate: { burst: 1, perSecond: 0.001 },
            outstanding: 1,
          }),
        ),
      ),
      { issued: keys.length },
    )
    await store.revoke({ kind: 'subject', subject: victim, rememberMs: 1000 })
    assert.deepEqual(await store.listSessions(victim), [])
    for (const key of others) assert.equal((await store.listSessions(key)).length, 1)
    const checks = await store.checkSessions(live.map(({ ref }) => ref))
    assert.deepEqual(
      checks.map(({ kind }) => kind),
      ['over', ...others.map(() => 'live')],
    )
  }),
]

// A store may look for what it can forget now and then only.
const ROUNDS = 20

async function leftover(under: StoreUnderTest, expected: number): Promise<number | undefined> {
  for (let round = 0; round < ROUNDS && (await under.size?.()) !== expected; round += 1) {
    await under.advance(10 * under.unitMs)
  }
  return under.size?.()
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
