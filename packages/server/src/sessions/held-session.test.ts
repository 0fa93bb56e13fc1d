import type { RefusalCode } from '@wsticket/protocol'
import { describe, expect, test } from 'vitest'
import { ada } from '../../test/core.js'
import { recordedSocket } from '../../test/held-socket.js'
import { manualClock } from '../conformance/index.js'
import { HeldSession } from './held-session.js'
import { DEFAULT_SESSION_POLICY, type SessionPolicy } from './policy.js'

function setUp(more: { readonly remainingMs?: number; readonly policy?: Partial<SessionPolicy> } = {}) {
  const clock = manualClock()
  const over: { readonly code: RefusalCode | undefined; readonly durationMs: number }[] = []
  const sockets: ('closing' | 'gone')[] = []
  let deadlines = 0
  const session = new HeldSession(
    {
      ref: '7fAAAAAAAAAAAAAAAAAAAAAA',
      attemptId: 'attempt',
      subject: 'subject',
      login: undefined,
      principal: ada(clock),
      metadata: { room: 'r1' },
      audience: '/ws',
      pathway: 'ticket',
      carrier: 'subprotocol',
      address: '192.0.2.1',
      origin: 'https://app.example.com',
      openedAt: clock.now() - 3,
      remainingMs: more.remainingMs ?? 900_000,
    },
    clock,
    {
      deadline: () => {
        deadlines += 1
      },
      over: (_session, code, durationMs) => over.push({ code, durationMs }),
      closing: () => sockets.push('closing'),
      gone: () => sockets.push('gone'),
      failed: (error) => {
        throw error
      },
    },
  )
  const policy = { ...DEFAULT_SESSION_POLICY, ...more.policy }
  return { clock, over, sockets, session, policy, socket: recordedSocket(), deadlines: () => deadlines }
}

describe('HeldSession', () => {
  test("shows what was admitted, and when it ends by this node's clock", () => {
    const { session, clock } = setUp()
    expect(session).toMatchObject({
      ref: '7fAAAAAAAAAAAAAAAAAAAAAA',
      metadata: { room: 'r1' },
      audience: '/ws',
      pathway: 'ticket',
      carrier: 'subprotocol',
      address: '192.0.2.1',
      origin: 'https://app.example.com',
      openedAt: clock.now() - 3,
      deadline: clock.now() + 900_000,
    })
    expect(session.principal).toEqual(ada(clock))
    expect(session.signal.aborted).toBe(false)
  })

  test('ends with the close code of the table and the reason, once', () => {
    const { session, socket, policy, over, clock } = setUp()
    session.attach(socket, policy)
    clock.advance(1500)
    session.end('session_revoked')
    session.end('session_expired')
    session.close()
    expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect(over).toEqual([{ code: 'session_revoked', durationMs: 1500 }])
    expect(session.signal.aborted).toBe(true)
    expect(session.signal.reason).toBe('session_revoked')
  })

  test('says with the reason when another try makes sense', () => {
    const { session, socket, policy } = setUp()
    session.attach(socket, policy)
    session.end('store_unavailable', 2)
    expect(socket.closes).toEqual([{ code: 1013, reason: 'store_unavailable;retry_after=2' }])
  })

  test('closes with 1008 what the table knows no close code for', () => {
    const { session, socket, policy } = setUp()
    session.attach(socket, policy)
    session.end('not_found')
    expect(socket.closes).toEqual([{ code: 1008, reason: 'not_found' }])
  })

  test('lets the application close it, by default as closed by its owner', () => {
    const one = setUp()
    one.session.attach(one.socket, one.policy)
    one.session.close()
    expect(one.socket.closes).toEqual([{ code: 3003, reason: 'session_closed' }])
    const two = setUp()
    two.session.attach(two.socket, two.policy)
    two.session.close('draining')
    expect(two.socket.closes).toEqual([{ code: 1012, reason: 'draining' }])
  })

  test('cuts a peer off that does not answer the close frame within 5 seconds', () => {
    const { session, socket, policy, clock } = setUp()
    session.attach(socket, policy)
    session.end('session_closed')
    clock.advance(4999)
    expect(socket.terminated).toBe(0)
    clock.advance(1)
    expect(socket.terminated).toBe(1)
  })

  test('tells when its socket is told to close, and when it has gone or was cut off', () => {
    const goes = setUp()
    goes.session.attach(goes.socket, goes.policy)
    goes.session.end('draining')
    expect(goes.sockets).toEqual(['closing'])
    goes.session.ended()
    expect(goes.sockets).toEqual(['closing', 'gone'])
    const stays = setUp()
    stays.session.attach(stays.socket, stays.policy)
    stays.session.end('draining')
    stays.clock.advance(5000)
    expect(stays.sockets).toEqual(['closing', 'gone'])
    const late = setUp()
    late.session.end('draining')
    expect(late.sockets).toEqual([])
    late.session.attach(late.socket, late.policy)
    expect(late.sockets).toEqual(['closing'])
  })

  test('cuts nobody off who closed in time, and leaves no timer', () => {
    const { session, socket, policy, clock, over } = setUp()
    session.attach(socket, policy)
    session.end('session_closed')
    session.ended()
    clock.advance(60_000)
    expect(socket.terminated).toBe(0)
    expect(clock.pending()).toEqual([])
    expect(over).toEqual([{ code: 'session_closed', durationMs: 0 }])
  })

  test('is over without a code when the peer goes by itself', () => {
    const { session, socket, policy, clock, over } = setUp()
    session.attach(socket, policy)
    clock.advance(10)
    session.ended()
    session.ended()
    expect(over).toEqual([{ code: undefined, durationMs: 10 }])
    expect(socket.open).toBe(true)
    expect(session.signal.aborted).toBe(true)
  })

  test('closes a socket at once that comes after the end', () => {
    const { session, socket, policy, clock } = setUp()
    session.end('session_revoked')
    session.attach(socket, policy)
    expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    clock.advance(5000)
    expect(socket.terminated).toBe(1)
    expect(clock.pending()).toEqual([])
  })

  // It was left open, with nothing that would ever have closed it.
  test('cuts a socket off that comes after the session was given back', () => {
    const { session, socket, policy } = setUp()
    session.ended()
    session.attach(socket, policy)
    expect(socket.terminated).toBe(1)
  })

  test('asks what becomes of it at its deadline, counted from the admission', () => {
    const { session, socket, policy, clock, deadlines } = setUp({ remainingMs: 1000 })
    clock.advance(400)
    session.attach(socket, policy)
    clock.advance(599)
    expect(deadlines()).toBe(0)
    clock.advance(1)
    expect(deadlines()).toBe(1)
    expect(socket.open).toBe(true)
  })

  test('moves its deadline with an update', () => {
    const { session, socket, policy, clock, deadlines } = setUp({ remainingMs: 1000 })
    session.update(5000, ['read', 'write'])
    session.attach(socket, policy)
    clock.advance(2000)
    expect(deadlines()).toBe(0)
    expect(session.update(7000, ['read', 'write'])).toBe(false)
    expect(session.deadline).toBe(clock.now() + 7000)
    clock.advance(6999)
    expect(deadlines()).toBe(0)
    clock.advance(1)
    expect(deadlines()).toBe(1)
  })

  test('only ever narrows its permissions, and tells whether it did', () => {
    const { session } = setUp()
    const before = session.principal
    expect(session.update(undefined, ['write', 'read', 'admin'])).toBe(false)
    expect(session.principal).toBe(before)
    expect(session.update(undefined, ['write', 'admin'])).toBe(true)
    expect(session.principal.permissions).toEqual(['write'])
    expect(session.update(undefined, ['read', 'write'])).toBe(false)
    expect(session.principal.permissions).toEqual(['write'])
    // What somebody took before is not changed behind their back.
    expect(before.permissions).toEqual(['read', 'write'])
  })

  test('ends with session_idle after so long without a message', () => {
    const { session, socket, policy, clock } = setUp({ policy: { idleSeconds: 20 } })
    session.attach(socket, policy)
    clock.advance(15_000)
    session.active()
    clock.advance(19_999)
    expect(socket.open).toBe(true)
    clock.advance(1)
    expect(socket.closes).toEqual([{ code: 3008, reason: 'session_idle' }])
  })

  test('cuts a peer off that does not answer pings', () => {
    const { session, socket, policy, clock, over } = setUp()
    session.attach(socket, policy)
    clock.advance(25_000)
    session.heard()
    clock.advance(25_000)
    expect(socket.pings).toBe(2)
    clock.advance(10_000)
    expect([socket.terminated, socket.closes]).toEqual([1, []])
    expect(over).toEqual([{ code: undefined, durationMs: 60_000 }])
    expect(clock.pending()).toEqual([])
  })

  test('hears nothing before its socket is there', () => {
    const { session, clock } = setUp()
    session.heard()
    session.active()
    expect(clock.pending()).toEqual([])
  })
})
