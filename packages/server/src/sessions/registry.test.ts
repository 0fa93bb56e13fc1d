import { describe, expect, test } from 'vitest'
import { ada, type Core, makeCore } from '../../test/core.js'
import { type RecordedSocket, recordedSocket } from '../../test/held-socket.js'
import { type Intercept, lost, refusedConnection } from '../../test/intercepted-store.js'
import type { TicketWishes } from '../authority/policy.js'
import { settled } from '../conformance/index.js'
import type { Principal } from '../identity/principal.js'
import type { Notice, NoticeBatch } from '../stores/store.js'
import type { AdmittedSession, HeldSession } from './held-session.js'
import type { Seat } from './registry.js'

const ISSUER = 'https://id.example.com'

async function setUp(changes: Parameters<typeof makeCore>[0] = {}): Promise<Core> {
  const core = makeCore(changes)
  await core.registry.ready()
  return core
}

async function ticketOf(
  core: Core,
  wishes: TicketWishes = {},
  who: Partial<Principal> = {},
): Promise<string> {
  const issued = await core.authority.issue(ada(core.clock, who), wishes)
  if (!issued.ok) throw new Error(`refused: ${issued.refusal.code}`)
  return issued.ticket
}

async function redeem(core: Core, ticket: string): Promise<AdmittedSession> {
  const redeemed = await core.authority.redeem(ticket, { audience: '/ws', shown: {} })
  if (!redeemed.ok) throw new Error(`refused: ${redeemed.refusal.code}`)
  const about = { audience: '/ws', carrier: undefined, address: '192.0.2.1', origin: undefined }
  return { ...redeemed, ...about, pathway: 'ticket' }
}

interface Held {
  readonly session: HeldSession
  readonly socket: RecordedSocket
}

/** Issue, redeem, take and hold, in one go. */
async function connect(core: Core, wishes: TicketWishes = {}, who: Partial<Principal> = {}): Promise<Held> {
  return hold(core, core.registry.seat(), await redeem(core, await ticketOf(core, wishes, who)))
}

function hold(core: Core, seat: Seat, admitted: AdmittedSession): Held {
  const session = seat.take(admitted)
  const socket = recordedSocket(() => session.heard())
  core.registry.hold(session, socket)
  return { session, socket }
}

describe('SessionRegistry', () => {
  test('holds a session until its socket has gone, and tells the hub and the store', async () => {
    const core = await setUp()
    const { session } = await connect(core)
    expect(core.registry.size).toBe(1)
    expect(core.told('session.opened')).toMatchObject([
      { ref: session.ref, subject: 'ada', audience: '/ws', address: '192.0.2.1', deadline: session.deadline },
    ])
    core.clock.advance(2000)
    session.ended()
    expect(core.registry.size).toBe(0)
    expect(core.told('session.closed')).toMatchObject([
      { ref: session.ref, subject: 'ada', durationMs: 2000 },
    ])
    await settled()
    expect(await core.calls.checkSessions([session.ref])).toEqual([{ ref: session.ref, kind: 'gone' }])
  })

  test('closes what is revoked by ticket, session, login and user, and nothing else', async () => {
    const core = await setUp()
    const stranger = await connect(core, {}, { subject: 'alan' })
    const other = await connect(core, {}, { login: 'desk' })
    const cases = [
      { revoke: (ref: string) => ({ ticket: ref }), code: 'session_revoked' },
      { revoke: (ref: string) => ({ session: ref }), code: 'session_closed' },
      { revoke: () => ({ issuer: ISSUER, subject: 'ada', login: 'phone' }), code: 'session_revoked' },
    ]
    for (const { revoke, code } of cases) {
      const { session, socket } = await connect(core)
      await core.authority.revoke(revoke(session.ref))
      await settled()
      expect(socket.closes).toEqual([{ code: 3003, reason: code }])
      expect(other.socket.open).toBe(true)
    }
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    expect(other.socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect(stranger.socket.open).toBe(true)
    expect(core.registry.size).toBe(1)
  })

  test('closes all sockets of a reusable ticket together, each counted on its own', async () => {
    const core = await setUp()
    const ticket = await ticketOf(core, { singleUse: false })
    const held = []
    for (let index = 0; index < 3; index += 1)
      held.push(hold(core, core.registry.seat(), await redeem(core, ticket)))
    expect(core.registry.size).toBe(3)
    held[0]?.session.ended()
    await settled()
    expect(held[1]?.socket.open).toBe(true)
    await core.authority.revoke({ ticket })
    await settled()
    expect(held.map(({ socket }) => socket.closes.length)).toEqual([0, 1, 1])
    expect(core.registry.size).toBe(0)
  })

  test('closes a session that was revoked between its redeem and its take', async () => {
    const core = await setUp()
    for (const by of ['ticket', 'session', 'login', 'subject'] as const) {
      const seat = core.registry.seat()
      const admitted = await redeem(core, await ticketOf(core, {}, { login: by }))
      const target = {
        ticket: { ticket: admitted.ref },
        session: { session: admitted.ref },
        login: { issuer: ISSUER, subject: 'ada', login: by },
        subject: { issuer: ISSUER, subject: 'ada' },
      }
      await core.authority.revoke(target[by])
      await settled()
      const { session, socket } = hold(core, seat, admitted)
      expect(session.signal.aborted).toBe(true)
      expect(socket.closes).toHaveLength(1)
    }
    expect(core.registry.size).toBe(0)
  })

  test('closes a session that was revoked between its take and its hold', async () => {
    const core = await setUp()
    const session = core.registry.seat().take(await redeem(core, await ticketOf(core)))
    await core.authority.revoke({ ticket: session.ref })
    await settled()
    const socket = recordedSocket()
    core.registry.hold(session, socket)
    expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
  })

  test("does not hold it against a session that another's was revoked meanwhile", async () => {
    const core = await setUp()
    const seat = core.registry.seat()
    const admitted = await redeem(core, await ticketOf(core))
    const [revoked, narrowed] = [await connect(core), await connect(core)]
    await core.authority.revoke({ ticket: revoked.session.ref })
    await core.authority.renew(narrowed.session.ref, ada(core.clock, { permissions: ['read'] }))
    await core.authority.revoke({ issuer: ISSUER, subject: 'alan' })
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada', login: 'desk' })
    await settled()
    const { session, socket } = hold(core, seat, admitted)
    expect(seat.missed.map(({ kind }) => kind)).toEqual(['session', 'narrowed', 'subject', 'login'])
    expect(socket.open).toBe(true)
    expect(session.principal.permissions).toEqual(['read', 'write'])
  })

  // The store's clock went back between the two: the logout looked older than the session that it ended.
  test('looks up a session that seems younger than the logout that is told of', async () => {
    const core = makeCore()
    core.faults.set('notices', (async (_call, make) => {
      const batch = (await make()) as NoticeBatch
      const earlier = (notice: Notice): Notice =>
        'at' in notice ? { ...notice, at: notice.at - 60_000 } : notice
      return { ...batch, notices: batch.notices.map(earlier) }
    }) as Intercept)
    await core.registry.ready()
    const { socket } = await connect(core)
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    expect(socket.open).toBe(false)
  })

  test('does not let a notice that comes again end what its user has opened since', async () => {
    const core = makeCore()
    const told: Notice[] = []
    // At least once: every answer repeats all that was ever announced.
    core.faults.set('notices', (async (_call, make) => {
      const batch = (await make()) as NoticeBatch
      told.push(...batch.notices)
      return { ...batch, notices: [...told] }
    }) as Intercept)
    await core.registry.ready()
    const before = await connect(core)
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    expect(before.socket.open).toBe(false)
    core.clock.advance(2000)
    const since = await connect(core)
    await core.authority.revoke({ issuer: ISSUER, subject: 'alan' })
    await settled()
    expect(told).toHaveLength(2)
    expect(since.socket.open).toBe(true)
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    expect(since.socket.open).toBe(false)
  })

  // One adapter's socket that threw kept all the others of its user open.
  test('closes the other sockets when one of them throws, and cuts that one off', async () => {
    const core = await setUp()
    const admitted = await redeem(core, await ticketOf(core))
    const broken = recordedSocket()
    broken.close = () => {
      throw new Error('broken adapter')
    }
    core.registry.hold(core.registry.seat().take(admitted), broken)
    const others = [await connect(core), await connect(core)]
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    for (const { socket } of others)
      expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect(broken.terminated).toBe(1)
    expect(core.told('handler.failed')).toMatchObject([{ where: 'socket', message: 'broken adapter' }])
    expect(core.told('store.failed')).toEqual([])
  })

  test('forgets the seats that were left', async () => {
    const core = await setUp()
    const seat = core.registry.seat()
    seat.leave()
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    expect(seat.missed).toEqual([])
  })
})

describe('at the deadline', () => {
  test('a session that was renewed elsewhere lives on', async () => {
    const core = await setUp()
    const { session, socket } = await connect(core)
    core.clock.advance(600_000)
    // By another node: this one hears nothing of it.
    await core.authority.renew(session.ref, ada(core.clock))
    await core.clock.run(400_000)
    expect(socket.open).toBe(true)
    expect(session.deadline).toBeGreaterThan(core.clock.now())
    await core.clock.run(600_000)
    expect(socket.closes).toEqual([{ code: 3008, reason: 'session_expired' }])
  })

  test('a session that was not is closed with 3008, and one that is over with its own code', async () => {
    const core = await setUp()
    const expired = await connect(core, {}, { expiresAt: Math.floor(core.clock.now() / 1000) + 60 })
    const { socket } = expired
    await core.clock.run(64_999)
    expect(socket.open).toBe(true)
    await core.clock.run(1)
    expect(socket.closes).toEqual([{ code: 3008, reason: 'session_expired' }])
    expect(core.told('session.closed')).toMatchObject([{ code: 'session_expired', durationMs: 65_000 }])
  })

  test('a narrowed renewal that was missed is taken over too', async () => {
    const core = await setUp()
    const { session } = await connect(core)
    core.faults.set('checkSessions', (async () => [
      { ref: session.ref, kind: 'live', remainingMs: 60_000, permissions: ['read'] },
    ]) as unknown as Intercept)
    await core.clock.run(906_000)
    expect(session.principal.permissions).toEqual(['read'])
    expect(core.told('session.narrowed')).toMatchObject([{ ref: session.ref, permissions: ['read'] }])
  })

  test('a store that does not answer is asked for 30 seconds, then the socket is closed with 1013', async () => {
    const core = await setUp()
    const { socket } = await connect(core)
    core.faults.set('checkSessions', refusedConnection)
    await core.clock.run(905_000 + 29_999)
    expect(socket.open).toBe(true)
    await core.clock.run(1)
    expect(socket.closes).toEqual([{ code: 1013, reason: 'store_unavailable' }])
    expect(core.made.get('checkSessions')).toBe(31)
  })

  test('a store that answers in time saves the session', async () => {
    const core = await setUp()
    const { session, socket } = await connect(core)
    core.clock.advance(600_000)
    await core.authority.renew(session.ref, ada(core.clock))
    core.faults.set('checkSessions', refusedConnection)
    await core.clock.run(320_000)
    core.faults.delete('checkSessions')
    await core.clock.run(30_000)
    expect(socket.open).toBe(true)
    expect(session.deadline).toBeGreaterThan(core.clock.now())
  })

  test('nobody asks on for a session that has ended meanwhile', async () => {
    const core = await setUp()
    const { session } = await connect(core)
    core.faults.set('checkSessions', refusedConnection)
    await core.clock.run(905_000)
    session.ended()
    await core.clock.run(1000)
    const asked = core.made.get('checkSessions')
    await core.clock.run(60_000)
    expect(core.made.get('checkSessions')).toBe(asked)
  })

  test('a session that the store says nothing of is closed', async () => {
    const core = await setUp()
    const { socket } = await connect(core)
    core.faults.set('checkSessions', (async () => []) as unknown as Intercept)
    await core.clock.run(905_000)
    expect(socket.closes).toEqual([{ code: 3008, reason: 'session_expired' }])
  })
})

describe('a renewal', () => {
  test('by this node moves the deadline without asking the store', async () => {
    const core = await setUp()
    const { session } = await connect(core)
    core.clock.advance(600_000)
    const renewed = await core.authority.renew(session.ref, ada(core.clock, { permissions: ['read'] }))
    if (!renewed.ok) throw new Error('refused')
    core.registry.renewed(session.ref, renewed.remainingMs, renewed.permissions)
    expect(session.deadline).toBe(renewed.deadline)
    expect(session.principal.permissions).toEqual(['read'])
    core.registry.renewed('7fAAAAAAAAAAAAAAAAAAAAAA', 1, [])
    expect(core.made.get('checkSessions')).toBeUndefined()
  })

  test('that narrows reaches every socket by a notice', async () => {
    const core = await setUp()
    const { session } = await connect(core)
    const other = await connect(core)
    await core.authority.renew(session.ref, ada(core.clock, { permissions: ['read'] }))
    await settled()
    expect(session.principal.permissions).toEqual(['read'])
    expect(other.session.principal.permissions).toEqual(['read', 'write'])
    expect(core.told('session.narrowed')).toMatchObject([{ ref: session.ref, permissions: ['read'] }])
  })

  test('that narrows between redeem and take reaches the session too', async () => {
    const core = await setUp()
    const seat = core.registry.seat()
    const admitted = await redeem(core, await ticketOf(core))
    await core.authority.renew(admitted.ref, ada(core.clock, { permissions: ['read'] }))
    await settled()
    const other = core.registry.seat().take(await redeem(core, await ticketOf(core)))
    expect(seat.take(admitted).principal.permissions).toEqual(['read'])
    expect(other.principal.permissions).toEqual(['read', 'write'])
  })
})

describe('a gap in the notices', () => {
  /** From now on each answer of the store's notices is a gap, and what was announced is lost. */
  function loseNotices(core: Core): void {
    core.faults.set('notices', ((_call, make) =>
      make().then((batch) => ({ ...(batch as NoticeBatch), notices: [], gap: true }))) as Intercept)
  }

  /** A core whose store announces nothing and always says that there is a gap. */
  async function gapsOnly(): Promise<Core> {
    const core = makeCore()
    loseNotices(core)
    await core.registry.ready()
    return core
  }

  test('ends what was revoked, closed or forgotten meanwhile, and nothing else', async () => {
    const core = await gapsOnly()
    const live = await connect(core, {}, { subject: 'alan' })
    const revoked = await connect(core)
    const closed = await connect(core, {}, { subject: 'bystander' })
    const forgotten = await connect(core, {}, { subject: 'forgotten' })
    await core.calls.store.closeSocket(forgotten.session.ref, forgotten.session.admitted.attemptId)
    await core.authority.revoke({ ticket: revoked.session.ref })
    await core.authority.revoke({ session: closed.session.ref })
    await settled()
    expect(revoked.socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect(closed.socket.closes).toEqual([{ code: 3003, reason: 'session_closed' }])
    expect(forgotten.socket.closes).toEqual([{ code: 3008, reason: 'session_expired' }])
    expect(live.socket.open).toBe(true)
  })

  // What was being admitted while notices were lost was in nobody's list of what to check.
  test('has a session checked that was being admitted meanwhile', async () => {
    const core = await gapsOnly()
    const seat = core.registry.seat()
    const admitted = await redeem(core, await ticketOf(core))
    await core.authority.revoke({ ticket: admitted.ref })
    await settled()
    const { socket } = hold(core, seat, admitted)
    await settled()
    expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    const good = hold(core, core.registry.seat(), await redeem(core, await ticketOf(core)))
    await settled()
    expect(good.socket.open).toBe(true)
  })

  test('is not let go while the store cannot be asked', async () => {
    const core = await gapsOnly()
    const { session, socket } = await connect(core)
    core.faults.set('checkSessions', refusedConnection)
    await core.authority.revoke({ ticket: session.ref })
    await core.clock.run(20_000)
    expect(socket.open).toBe(true)
    core.faults.delete('checkSessions')
    await core.clock.run(1000)
    expect(socket.open).toBe(false)
  })

  test('does not mind a session that ends while it is checked', async () => {
    const core = await gapsOnly()
    const [gone, revoked] = [await connect(core, {}, { subject: 'alan' }), await connect(core)]
    core.faults.set('checkSessions', async (_call, make) => {
      gone.session.ended()
      return make()
    })
    await core.authority.revoke({ ticket: revoked.session.ref })
    await settled()
    expect(revoked.socket.open).toBe(false)
    expect(core.told('session.closed')).toHaveLength(2)
  })

  test('is let go when nothing of it is held any more', async () => {
    const core = await gapsOnly()
    const { session } = await connect(core)
    core.faults.set('checkSessions', refusedConnection)
    await core.authority.revoke({ issuer: ISSUER, subject: 'alan' })
    await core.clock.run(3000)
    session.ended()
    await core.clock.run(2000)
    const asked = core.made.get('checkSessions')
    await core.clock.run(60_000)
    expect(core.made.get('checkSessions')).toBe(asked)
  })

  test('is checked in batches, so that no call grows without end', async () => {
    const core = makeCore({
      limits: { ...makeCore().context.limits, sessionsPerUser: 10_000, issuePerUser: undefined },
    })
    loseNotices(core)
    await core.registry.ready()
    const ticket = await ticketOf(core)
    const admitted = await redeem(core, ticket)
    for (let index = 0; index < 1001; index += 1) {
      hold(core, core.registry.seat(), { ...admitted, ref: `7f${String(index).padStart(22, '0')}` })
    }
    await core.authority.revoke({ issuer: ISSUER, subject: 'alan' })
    await settled()
    expect(core.made.get('checkSessions')).toBe(3)
    // The store knows none of these.
    expect(core.registry.size).toBe(0)
  })
})

describe('drain', () => {
  /** Drains; the answer tells whether that is over. */
  function drain(core: Core, windowMs = 10_000): { readonly over: () => boolean } {
    let over = false
    void core.registry.drain(windowMs).then(() => {
      over = true
    })
    return { over: () => over }
  }

  async function connectMany(core: Core, count: number): Promise<Held[]> {
    const ticket = await ticketOf(core, { singleUse: false })
    const held: Held[] = []
    for (let index = 0; index < count; index += 1)
      held.push(hold(core, core.registry.seat(), await redeem(core, ticket)))
    return held
  }

  function manySockets(): Promise<Core> {
    const { limits } = makeCore().context
    return setUp({ limits: { ...limits, sessionsPerUser: 10_000, issuePerUser: undefined } })
  }

  test('closes few sockets one soon after the other, with 1012, and ends when all have gone', async () => {
    const core = await setUp()
    const held = await connectMany(core, 3)
    const drained = drain(core)
    expect(held.map(({ socket }) => socket.closes)).toEqual([[{ code: 1012, reason: 'draining' }], [], []])
    held[0]?.session.ended()
    await core.clock.run(50)
    expect(held.map(({ socket }) => socket.open)).toEqual([false, false, true])
    held[1]?.session.ended()
    await core.clock.run(50)
    expect(held.map(({ socket }) => socket.open)).toEqual([false, false, false])
    expect(core.registry.size).toBe(0)
    expect(drained.over()).toBe(false)
    held[2]?.session.ended()
    await settled()
    expect(drained.over()).toBe(true)
  })

  test('spreads many over its window', async () => {
    const core = await manySockets()
    const held = await connectMany(core, 1000)
    const left = (): number => held.filter(({ socket }) => socket.open).length
    drain(core, 5000)
    await core.clock.run(2500)
    expect(left()).toBeGreaterThanOrEqual(498)
    expect(left()).toBeLessThanOrEqual(502)
    await core.clock.run(2500)
    expect(left()).toBe(0)
  })

  test('closes all at once where it has no time', async () => {
    const core = await setUp()
    const held = await connectMany(core, 3)
    drain(core, 0)
    expect(held.filter(({ socket }) => socket.open)).toEqual([])
  })

  test('cuts off who does not go, and waits for nobody longer', async () => {
    const core = await setUp()
    const [stubborn] = await connectMany(core, 1)
    const drained = drain(core)
    await core.clock.run(4999)
    expect([drained.over(), stubborn?.socket.terminated]).toEqual([false, 0])
    await core.clock.run(1)
    expect([drained.over(), stubborn?.socket.terminated]).toEqual([true, 1])
  })

  test('does not wait for the turn of those that go by themselves', async () => {
    const core = await setUp()
    const held = await connectMany(core, 4)
    const drained = drain(core)
    for (const { session } of held) session.ended()
    await settled()
    expect(drained.over()).toBe(true)
    expect(held.map(({ socket }) => socket.open)).toEqual([false, true, true, true])
    // But for the seal keys, which are read again in a while.
    expect(core.clock.pending()).toEqual([30_000])
  })

  test('waits for a socket that was told to close before, by a logout', async () => {
    const core = await setUp()
    const { session, socket } = await connect(core)
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    const drained = drain(core)
    await settled()
    expect(drained.over()).toBe(false)
    session.ended()
    await settled()
    expect(drained.over()).toBe(true)
  })

  // Whoever was among the last to be closed went on though the user had logged out.
  test('lets a logout close at once who still waits for the turn', async () => {
    const core = await setUp()
    const held = await connectMany(core, 3)
    const other = await connect(core, {}, { subject: 'alan' })
    drain(core)
    await core.authority.revoke({ issuer: ISSUER, subject: 'ada' })
    await settled()
    expect(held.map(({ socket }) => socket.closes[0]?.reason)).toEqual([
      'draining',
      'session_revoked',
      'session_revoked',
    ])
    expect(other.socket.open).toBe(true)
    await core.clock.run(50)
    expect(other.socket.closes).toEqual([{ code: 1012, reason: 'draining' }])
  })

  test('has told the store of every socket when it is over', async () => {
    const core = await setUp()
    const { session } = await connect(core)
    let tell = (): void => {}
    core.faults.set('closeSocket', async (_call, make) => {
      await new Promise<void>((resolve) => {
        tell = resolve
      })
      return make()
    })
    const drained = drain(core)
    session.ended()
    await settled()
    expect(drained.over()).toBe(false)
    tell()
    await settled()
    expect(drained.over()).toBe(true)
    expect(await core.calls.checkSessions([session.ref])).toEqual([{ ref: session.ref, kind: 'gone' }])
  })

  test('is not held up by a store that hangs', async () => {
    const core = await setUp()
    const [held] = await connectMany(core, 1)
    core.faults.set('closeSocket', lost)
    const drained = drain(core)
    held?.session.ended()
    await core.clock.run(999)
    expect(drained.over()).toBe(false)
    await core.clock.run(1)
    expect(drained.over()).toBe(true)
  })

  // It stayed open, and no revocation would ever have reached it.
  test('waits for what is being admitted, and closes it', async () => {
    const core = await setUp()
    const seat = core.registry.seat()
    const admitted = await redeem(core, await ticketOf(core))
    const drained = drain(core)
    await settled()
    expect(drained.over()).toBe(false)
    const { session, socket } = hold(core, seat, admitted)
    expect(socket.closes).toEqual([{ code: 1012, reason: 'draining' }])
    seat.leave()
    await settled()
    expect(drained.over()).toBe(false)
    session.ended()
    await settled()
    expect(drained.over()).toBe(true)
    expect(core.registry.size).toBe(0)
  })

  test('waits no longer for what is refused in the end', async () => {
    const core = await setUp()
    const seat = core.registry.seat()
    const drained = drain(core)
    await settled()
    expect(drained.over()).toBe(false)
    seat.leave()
    await settled()
    expect(drained.over()).toBe(true)
  })

  test('has nothing to do where nothing is held', async () => {
    const core = await setUp()
    await core.registry.drain(10_000)
    await core.registry.stop()
    expect(core.clock.pending()).toEqual([])
  })
})

test('a store whose notices cannot be read is told to the hub, and is known until they can', async () => {
  const core = makeCore()
  core.faults.set('notices', refusedConnection)
  void core.registry.ready()
  await settled()
  expect(core.told('store.failed')).toMatchObject([{ operation: 'notices', message: 'connect ECONNREFUSED' }])
  expect(core.registry.failure).toMatchObject({ code: 'store_unavailable' })
  core.faults.clear()
  await core.clock.run(500)
  expect(core.registry.failure).toBeUndefined()
  await core.registry.stop()
})
