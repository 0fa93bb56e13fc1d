import { describe, expect, test } from 'vitest'
import { ADA, ADAS_PHONE, attempt, holder, REDEEM, record } from '../conformance/store/given.js'
import { admitted, MemorySessions, sessionDeadline } from './memory-sessions.js'

const NOW = 1_700_000_000_000
const GRACE_MS = 5000

function open(sessions: MemorySessions, now: number, maxSessionMs: number, of = holder()) {
  const by = attempt()
  const session = sessions.open(record({ holder: of }), by, { ...REDEEM, maxSessionMs }, now)
  session.sockets.set(by.id, by.node)
  return session
}

describe('MemorySessions', () => {
  test('forgets a session its grace after the deadline, wherever renewals have moved that', () => {
    const sessions = new MemorySessions(NOW, GRACE_MS)
    const session = open(sessions, NOW, 10_000)
    session.deadline = NOW + 60_000
    sessions.sweep(NOW + 15_000)
    sessions.sweep(NOW + 64_999)
    expect(sessions.get(session.record.ref)).toBe(session)
    sessions.sweep(NOW + 65_000)
    expect(sessions.get(session.record.ref)).toBeUndefined()
    expect(sessions.size).toBe(0)
    expect(sessions.list(ADA, undefined, NOW + 65_000)).toEqual([])
  })

  test('forgets one that ended early its grace after the end', () => {
    const sessions = new MemorySessions(NOW, GRACE_MS)
    const session = open(sessions, NOW, 3_600_000)
    sessions.end(session, 'session_closed', NOW + 1000)
    sessions.sweep(NOW + 5999)
    expect(sessions.check(session.record.ref, NOW + 5999)).toMatchObject({
      kind: 'over',
      code: 'session_closed',
    })
    sessions.sweep(NOW + 6000)
    expect(sessions.check(session.record.ref, NOW + 6000)).toMatchObject({ kind: 'gone' })
    // The entry of its former deadline finds nothing, and minds nothing.
    sessions.sweep(NOW + 3_700_000)
    expect(sessions.size).toBe(0)
  })

  test('keeps a short life that ended before its deadline by its own entry', () => {
    const sessions = new MemorySessions(NOW, GRACE_MS)
    const session = open(sessions, NOW, 1000)
    sessions.end(session, 'ended', NOW + 900)
    // Of the two entries the one of the end comes first; neither forgets it too early.
    sessions.sweep(NOW + 5000)
    expect(sessions.size).toBe(1)
    sessions.sweep(NOW + 6000)
    expect(sessions.size).toBe(0)
  })

  test('leaves one to its own entry that ended early after a renewal', () => {
    const sessions = new MemorySessions(NOW, GRACE_MS)
    const session = open(sessions, NOW, 1000)
    session.deadline = NOW + 60_000
    sessions.end(session, 'ended', NOW + 3000)
    // The entry of the first deadline is due before the end's grace is over.
    sessions.sweep(NOW + 6000)
    expect(sessions.size).toBe(1)
    sessions.sweep(NOW + 8000)
    expect(sessions.size).toBe(0)
  })

  test('counts the sockets of a subject on the nodes that are alive', () => {
    const sessions = new MemorySessions(NOW, GRACE_MS)
    const session = open(sessions, NOW, 60_000)
    session.sockets.set('another', 'node-b')
    open(sessions, NOW, 1000)
    expect(sessions.sockets(ADA, undefined, NOW)).toBe(3)
    expect(sessions.sockets(ADA, ['node-b'], NOW)).toBe(1)
    expect(sessions.sockets(ADA, undefined, NOW + 1000)).toBe(2)
    expect(sessions.sockets('nobody', undefined, NOW)).toBe(0)
  })

  test('ends the sessions of one login, or all', () => {
    const sessions = new MemorySessions(NOW, GRACE_MS)
    const phone = open(sessions, NOW, 60_000, holder(ADA, { login: ADAS_PHONE }))
    const other = open(sessions, NOW, 60_000)
    sessions.endAll(ADA, ADAS_PHONE, NOW)
    expect([phone.over, other.over]).toEqual(['session_revoked', undefined])
    sessions.endAll(ADA, undefined, NOW)
    expect(other.over).toBe('session_revoked')
  })
})

test("sessionDeadline is the credential's end and the skew, or the maximum", () => {
  const terms = { maxSessionMs: 60_000, skewMs: 5000 }
  const second = NOW / 1000
  expect(sessionDeadline(holder(ADA, { expiresAt: second + 10 }), NOW, terms)).toBe(NOW + 15_000)
  expect(sessionDeadline(holder(ADA, { expiresAt: second + 100 }), NOW, terms)).toBe(NOW + 60_000)
  expect(sessionDeadline(holder(ADA), NOW, terms)).toBe(NOW + 60_000)
})

test('admitted tells what is left, and the permissions as they are now', () => {
  const sessions = new MemorySessions(NOW, GRACE_MS)
  const session = open(sessions, NOW, 60_000)
  session.permissions = ['read']
  expect(admitted(session, NOW + 1000)).toMatchObject({
    kind: 'admitted',
    at: NOW + 1000,
    openedAt: NOW,
    remainingMs: 59_000,
    permissions: ['read'],
  })
})
