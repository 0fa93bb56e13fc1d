import assert from 'node:assert/strict'
import { subjectKey } from '../../authority/secret.js'
import type { Notice, TicketStore } from '../../stores/store.js'
import { type StoreCase, storeCase } from '../store-harness.js'
import {
  ADA,
  ADAS_PHONE,
  ALAN,
  holder,
  issued,
  LONG_MS,
  opened,
  redeemKind,
  renewal,
  times,
} from './given.js'

/** `notices`: at least once, in order, and a gap whenever that cannot be proved. */
export const noticeCases: readonly StoreCase[] = [
  storeCase('notices begins at the present end, at once', async ({ store }) => {
    await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
    const batch = await store.notices(undefined, never())
    assert.deepEqual([...batch.notices], [])
    assert.equal(batch.gap, false)
    assert.equal(typeof batch.cursor, 'string')
  }),

  storeCase('notices tells of each kind of revocation, in order', async ({ store }) => {
    const ticket = await issued(store)
    const session = await opened(store)
    const start = await present(store)
    await store.revoke({ kind: 'ticket', ref: ticket.ref })
    await store.revoke({ kind: 'session', ref: session.ref, code: 'session_closed' })
    await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS })
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    const expected: Timeless<Notice>[] = [
      { kind: 'session', ref: ticket.ref, code: 'session_revoked' },
      { kind: 'session', ref: session.ref, code: 'session_closed' },
      { kind: 'login', subject: ADA, login: ADAS_PHONE },
      { kind: 'subject', subject: ADA },
    ]
    assert.deepEqual(await collect(store, start, expected.length), expected)
  }),

  storeCase('notices tells when a login or a subject was revoked', async ({ store }) => {
    const start = await present(store)
    const revoked = [
      await store.revoke({ kind: 'login', subject: ADA, login: ADAS_PHONE, rememberMs: LONG_MS }),
      await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS }),
    ]
    const stop = new AbortController()
    stop.abort()
    const { notices } = await store.notices(start, stop.signal)
    assert.deepEqual(
      notices.map((notice) => ('at' in notice ? notice.at : undefined)),
      revoked.map((outcome) => (outcome.kind === 'revoked' ? outcome.at : undefined)),
    )
  }),

  storeCase('notices tells of a renewal only if it narrowed', async ({ store }) => {
    const { ref } = await opened(store)
    const start = await present(store)
    await store.renewSession(ref, renewal({ permissions: ['read', 'write', 'admin'] }))
    await store.renewSession(ref, renewal({ permissions: ['read'] }))
    await store.renewSession(ref, renewal({ permissions: ['read', 'write'] }))
    await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
    assert.deepEqual(await collect(store, start, 2), [
      { kind: 'narrowed', ref, permissions: ['read'] },
      { kind: 'subject', subject: ALAN },
    ])
  }),

  storeCase('notices says nothing of what was not revoked', async ({ store }) => {
    const { ref } = await opened(store)
    const start = await present(store)
    await store.revoke({ kind: 'ticket', ref, owner: ALAN })
    await store.revoke({ kind: 'session', ref, owner: ALAN, code: 'session_closed' })
    await issued(store)
    await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
    assert.deepEqual(await collect(store, start, 1), [{ kind: 'subject', subject: ALAN }])
  }),

  storeCase('notices waits until there is something to tell, for every reader', async ({ store }) => {
    const start = await present(store)
    const stop = new AbortController()
    const readers = [store.notices(start, stop.signal), store.notices(start, stop.signal)]
    let answered = 0
    for (const reader of readers) void reader.then(() => (answered += 1))
    await issued(store)
    assert.equal(answered, 0)
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    for (const batch of await Promise.all(readers)) {
      assert.deepEqual(batch.notices.map(timeless), [{ kind: 'subject', subject: ADA }])
      assert.equal(batch.gap, false)
    }
  }),

  storeCase('notices goes on waiting for one reader when another is aborted', async ({ store }) => {
    const start = await present(store)
    const stop = new AbortController()
    const leaving = store.notices(start, stop.signal)
    const staying = store.notices(start, never())
    stop.abort()
    assert.deepEqual((await leaving).notices, [])
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    assert.deepEqual((await staying).notices.map(timeless), [{ kind: 'subject', subject: ADA }])
  }),

  storeCase(
    'notices tells every reader of everything, however many revoke at the same time',
    async ({ store }) => {
      const start = await present(store)
      const subjects = times(100, (index) => subjectKey(undefined, `user ${index}`))
      const readers = [collect(store, start, subjects.length), collect(store, start, subjects.length)]
      await Promise.all(
        subjects.map((subject) => store.revoke({ kind: 'subject', subject, rememberMs: LONG_MS })),
      )
      for (const told of await Promise.all(readers)) {
        const named = told.map((notice) => ('subject' in notice ? notice.subject : ''))
        assert.deepEqual(named.toSorted(), subjects.toSorted())
      }
    },
  ),

  storeCase('notices stops waiting when it is aborted', async ({ store }) => {
    const start = await present(store)
    const stop = new AbortController()
    const waiting = store.notices(start, stop.signal)
    stop.abort()
    const batch = await waiting
    assert.deepEqual([batch.notices.length, batch.gap], [0, false])
    // One that was aborted before does not even begin to wait.
    assert.equal((await store.notices(batch.cursor, stop.signal)).gap, false)
    await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    assert.equal((await collect(store, batch.cursor, 1)).length, 1)
  }),

  storeCase(
    'notices goes on where a cursor stands, and tells the same again for the same cursor',
    async ({ store }) => {
      const start = await present(store)
      await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
      const first = await store.notices(start, never())
      await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
      assert.deepEqual(await collect(store, first.cursor, 1), [{ kind: 'subject', subject: ALAN }])
      const both = await collect(store, start, 2)
      assert.deepEqual(
        both.map((notice) => 'subject' in notice && notice.subject),
        [ADA, ALAN],
      )
    },
  ),

  storeCase(
    'notices says that there is a gap, at once, for a cursor that it cannot place',
    async ({ store }) => {
      await store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
      for (const cursor of ['no cursor of any store', '99999999999999', '-1']) {
        const batch = await store.notices(cursor, never())
        assert.equal(batch.gap, true, `no gap for ${cursor}`)
        await store.revoke({ kind: 'subject', subject: ALAN, rememberMs: LONG_MS })
        assert.deepEqual(await collect(store, batch.cursor, 1), [{ kind: 'subject', subject: ALAN }])
      }
    },
  ),

  storeCase('a notice comes after the state that it tells of', async ({ store }) => {
    const ticket = await issued(store, { singleUse: false })
    const session = await opened(store)
    const waiting = store.notices(await present(store), never())
    const revoking = store.revoke({ kind: 'subject', subject: ADA, rememberMs: LONG_MS })
    assert.equal((await waiting).notices.length, 1)
    assert.equal(await redeemKind(store, ticket.ref), 'revoked')
    assert.equal((await store.checkSessions([session.ref]))[0]?.kind, 'over')
    await revoking
  }),

  storeCase(
    'a revoke is acknowledged after its notice, so that readers from then on find it',
    async ({ store }) => {
      const start = await present(store)
      const { ref } = await opened(store, { holder: holder(ALAN) })
      await store.revoke({ kind: 'ticket', ref })
      const stop = new AbortController()
      stop.abort()
      const { notices } = await store.notices(start, stop.signal)
      assert.deepEqual([...notices], [{ kind: 'session', ref, code: 'session_revoked' }])
    },
  ),
]

/** Where a new reader begins. */
async function present(store: TicketStore): Promise<string> {
  return (await store.notices(undefined, never())).cursor
}

type Timeless<N> = N extends Notice ? Omit<N, 'at'> : never

/** A notice without its time, which is the time of the revoke by the store's own clock. */
function timeless(notice: Notice): Timeless<Notice> {
  if (!('at' in notice)) return notice
  const { at, ...rest } = notice
  assert.equal(Number.isFinite(at), true, `${notice.kind} has no time`)
  return rest
}

/** Reads on from a cursor until so many notices have come, each once. */
async function collect(store: TicketStore, cursor: string, count: number): Promise<Timeless<Notice>[]> {
  const found: Timeless<Notice>[] = []
  let at = cursor
  while (found.length < count) {
    const batch = await store.notices(at, never())
    assert.equal(batch.gap, false)
    found.push(...batch.notices.map(timeless))
    at = batch.cursor
  }
  return found
}

function never(): AbortSignal {
  return new AbortController().signal
}
