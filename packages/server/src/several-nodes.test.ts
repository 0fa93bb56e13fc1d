import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { type Intercept, lost, refusedConnection } from '../test/intercepted-store.js'
import { nodes, type TestNode } from '../test/nodes.js'
import { settled } from './conformance/index.js'

const at = (path: string, ref: string): string => path.replace('{ref}', ref)

function logOut(on: TestNode, subject: string, claims: object = {}, body: object = {}): Promise<unknown> {
  return on.ask({ method: 'POST', target: PATHS.logout, token: on.tokenOf(subject, claims), body })
}

function renew(on: TestNode, ref: string, subject: string, claims: object = {}): Promise<unknown> {
  return on.ask({
    method: 'POST',
    target: at(PATHS.renew, ref),
    token: on.tokenOf(subject, claims),
    body: {},
  })
}

/** What was announced is forgotten before it is read: all that the store can say is that there was something. */
const FORGETFUL: Intercept = async (_call, make) => {
  const batch = await make()
  if (typeof batch !== 'object' || batch === null || !('notices' in batch)) return batch
  const { notices } = batch
  return { ...batch, notices: [], gap: Array.isArray(notices) && notices.length > 0 }
}

describe('two nodes over one store', () => {
  it('are one system: a ticket of the one opens a socket on the other, once', async () => {
    const { node } = nodes()
    const [a, b] = [node(), node()]
    const { ticket } = await a.ticketOf('ada')
    const all = await Promise.all([a, b, a, b].map((on) => on.tryConnect('ada', { ticket })))
    expect(all.filter((held) => held !== undefined)).toHaveLength(1)
    expect([...a.take('redeem.refused'), ...b.take('redeem.refused')].map(({ code }) => code)).toEqual(
      Array(3).fill('ticket_used'),
    )
  })

  it('close the sockets of a login wherever it is logged out, and no others', async () => {
    const { node } = nodes()
    const [a, b] = [node(), node()]
    const phone = await b.connect('ada', { claims: { sid: 'phone' } })
    const desk = await b.connect('ada', { claims: { sid: 'desk' } })
    const alan = await b.connect('alan', { claims: { sid: 'phone' } })
    await logOut(a, 'ada', { sid: 'phone' })
    await settled()
    expect(phone.socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect([desk.socket.open, alan.socket.open]).toEqual([true, true])
    await logOut(a, 'ada', { sid: 'desk' }, { everywhere: true })
    await settled()
    expect(desk.socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect(alan.socket.open).toBe(true)
  })

  it('move the deadline of a socket whichever of them renews it, and the socket sees nothing', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const { ref, socket, session } = await b.connect('ada', { claims: { sid: 's' } })
    await clock.run(600_000)
    expect(await renew(a, ref, 'ada', { sid: 's' })).toMatchObject({ status: 200 })
    // Past its first deadline, which the node looks up without a word to the client.
    await clock.run(310_000)
    expect(socket.open).toBe(true)
    expect(session.deadline).toBe(clock.now() + 595_000)
    expect(b.take('session.narrowed')).toEqual([])
    await clock.run(594_000)
    expect(socket.open).toBe(true)
    await clock.run(2000)
    expect(socket.closes).toEqual([{ code: 3008, reason: 'session_expired' }])
  })

  it('narrow the permissions of a socket whichever of them renews it', async () => {
    const { node } = nodes()
    const [a, b] = [node(), node()]
    const { ref, session, socket } = await b.connect('ada', { claims: { permissions: ['read', 'write'] } })
    expect(session.principal.permissions).toEqual(['read', 'write'])
    await renew(a, ref, 'ada', { permissions: ['read', 'admin'] })
    await settled()
    expect(session.principal.permissions).toEqual(['read'])
    expect(b.take('session.narrowed')).toMatchObject([{ ref, permissions: ['read'] }])
    expect(socket.open).toBe(true)
  })

  it('list and close the sessions of a user wherever their sockets are', async () => {
    const { node } = nodes()
    const [a, b] = [node(), node()]
    const here = await a.connect('ada')
    const there = await b.connect('ada')
    await b.connect('alan')
    expect(await a.sessionsOf('ada')).toEqual({ [here.ref]: 1, [there.ref]: 1 })
    expect(await b.sessionsOf('ada')).toEqual({ [here.ref]: 1, [there.ref]: 1 })
    const close = { method: 'DELETE', target: at(PATHS.sessionByRef, there.ref) }
    expect(await a.ask({ ...close, token: a.tokenOf('alan') })).toMatchObject({ status: 404 })
    expect(await a.ask({ ...close, token: a.tokenOf('ada') })).toMatchObject({ status: 200 })
    await settled()
    expect(there.socket.closes).toEqual([{ code: 3003, reason: 'session_closed' }])
    expect(here.socket.open).toBe(true)
    expect(await b.sessionsOf('ada')).toEqual({ [here.ref]: 1 })
  })

  it('revoke a ticket of the other, with the sockets that it opened here and there', async () => {
    const { node } = nodes()
    const [a, b] = [node(), node()]
    const here = await a.connect('ada', { body: { single_use: false } })
    const there = await b.connect('ada', { ticket: here.ticket })
    expect(await a.sessionsOf('ada')).toEqual({ [here.ref]: 2 })
    await b.wsticket.revoke({ ticket: here.ref })
    await settled()
    for (const { socket } of [here, there])
      expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
  })

  // A node knew the others only by their last beat: nodes that had just started counted nobody's sockets but their own.
  it('count the sockets of a user together, from the start on', async () => {
    const { node, clock } = nodes()
    const limits = { sessionsPerUser: 3 }
    const [a, b] = [node({ limits }), node({ limits })]
    for (const ms of [0, 5000, 20_000]) {
      const user = `user ${ms}`
      await clock.run(ms)
      const held = [await a.connect(user), await b.connect(user), await b.connect(user)]
      for (const on of [a, b]) {
        expect(await on.tryConnect(user)).toBeUndefined()
        expect(on.take('redeem.refused')).toMatchObject([{ code: 'session_limit' }])
      }
      held[1]?.gone()
      await settled()
      expect(await a.tryConnect(user)).toBeDefined()
    }
  })

  it('come to have the same seal keys when those in the store are changed', async () => {
    const { node, clock, store } = nodes()
    const [a, b] = [node(), node()]
    await a.ticketOf('ada')
    await b.ticketOf('ada')
    const changed = [new Uint8Array(32).fill(7)]
    store.sealKeys = async () => changed
    await clock.run(30_000)
    const { ticket } = await a.ticketOf('ada')
    expect(await b.tryConnect('ada', { ticket })).toBeDefined()
  })
})

describe('a node that dies', () => {
  it('takes its sockets out of list and cap when its lease has run out', async () => {
    const { node, clock } = nodes()
    const limits = { sessionsPerUser: 2 }
    const [a, b] = [node({ limits }), node({ limits })]
    const here = await a.connect('ada')
    const there = await b.connect('ada', { body: { single_use: false } })
    await clock.run(20_000)
    // Nothing of it is heard any more; nobody has said goodbye.
    b.cut()
    await clock.run(10_000)
    expect(await a.sessionsOf('ada')).toEqual({ [here.ref]: 1, [there.ref]: 1 })
    expect(await a.tryConnect('ada')).toBeUndefined()
    await clock.run(30_000)
    expect(await a.sessionsOf('ada')).toEqual({ [here.ref]: 1 })
    const next = await a.connect('ada')
    expect(await a.sessionsOf('ada')).toEqual({ [here.ref]: 1, [next.ref]: 1 })
    expect(await a.tryConnect('ada')).toBeUndefined()
  })

  it('leaves what its user opens anew with the same reusable ticket', async () => {
    const { node, clock } = nodes()
    const limits = { sessionsPerUser: 1 }
    const [a, b] = [node({ limits }), node({ limits })]
    await a.wsticket.ready()
    const { ticket, ref } = await b.connect('ada', { body: { single_use: false } })
    b.cut()
    await clock.run(41_000)
    await a.connect('ada', { ticket })
    expect(await a.sessionsOf('ada')).toEqual({ [ref]: 1 })
  })

  it('is there again, with all that it holds, when it was only cut off', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    await a.wsticket.ready()
    const { ref, socket } = await b.connect('ada')
    b.cut()
    await clock.run(60_000)
    expect(await a.sessionsOf('ada')).toEqual({})
    b.mend()
    await clock.run(11_000)
    expect(await a.sessionsOf('ada')).toEqual({ [ref]: 1 })
    expect(await b.sessionsOf('ada')).toEqual({ [ref]: 1 })
    expect(socket.open).toBe(true)
  })

  it('comes back with all the others after an outage of the store', async () => {
    const { node, clock } = nodes()
    const limits = { sessionsPerUser: 3 }
    const all = [node({ limits }), node({ limits }), node({ limits })]
    for (const on of all) await on.connect('ada')
    for (const on of all) on.cut()
    await clock.run(120_000)
    for (const on of all) on.mend()
    await clock.run(2000)
    // Before they know of each other again, everybody counts.
    for (const on of all) expect(await on.tryConnect('ada')).toBeUndefined()
    for (const ms of [3000, 5000, 10_000]) {
      await clock.run(ms)
      for (const on of all) expect(Object.keys(await on.sessionsOf('ada'))).toHaveLength(3)
      for (const on of all) expect(await on.tryConnect('ada')).toBeUndefined()
    }
  })
})

describe('a node that was cut off', () => {
  it('hears of every logout that it missed as soon as it is back', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const missed = [await b.connect('ada', { claims: { sid: 'phone' } }), await b.connect('grace')]
    const other = await b.connect('alan')
    b.cut()
    await logOut(a, 'ada', { sid: 'phone' })
    await logOut(a, 'grace', {}, { everywhere: true })
    await clock.run(10_000)
    expect(missed.map(({ socket }) => socket.open)).toEqual([true, true])
    b.mend()
    await clock.run(500)
    for (const { socket } of missed)
      expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect(other.socket.open).toBe(true)
  })

  it('checks all that it holds where the store cannot say what it missed, until it knows', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const [ada, alan, grace] = [await b.connect('ada'), await b.connect('alan'), await b.connect('grace')]
    // The store has forgotten what it announced.
    b.faults.set('notices', FORGETFUL)
    b.faults.set('checkSessions', lost)
    b.cut()
    await logOut(a, 'ada')
    await a.wsticket.revoke({ session: grace.ref })
    await clock.run(5000)
    b.mend()
    await clock.run(20_000)
    expect(ada.socket.open).toBe(true)
    b.faults.set('checkSessions', refusedConnection)
    await clock.run(20_000)
    expect(ada.socket.open).toBe(true)
    b.faults.delete('checkSessions')
    await clock.run(2000)
    expect(ada.socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
    expect(grace.socket.closes).toEqual([{ code: 3003, reason: 'session_closed' }])
    expect(alan.socket.open).toBe(true)
  })

  it('checks what it was admitting while the store could not say what it missed', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    await b.wsticket.ready()
    const { ticket, ref } = await b.ticketOf('ada')
    b.faults.set('notices', FORGETFUL)
    let answer = (): void => {}
    b.faults.set('redeem', async (_call, make) => {
      const outcome = await make()
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return outcome
    })
    // A read that is under way is not spoilt yet.
    await a.wsticket.revoke({ subject: 'nobody' })
    const connecting = b.connect('ada', { ticket })
    await clock.run(100)
    await a.wsticket.revoke({ session: ref })
    await clock.run(100)
    answer()
    const { socket } = await connecting
    await settled()
    expect(socket.closes).toEqual([{ code: 3003, reason: 'session_closed' }])
  })

  it('finds a renewal that it missed at the deadline, and closes who was not renewed', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const renewed = await b.connect('ada', { claims: { sid: 's' } })
    const other = await b.connect('alan')
    await clock.run(600_000)
    b.cut()
    await renew(a, renewed.ref, 'ada', { sid: 's' })
    // Back within the half minute for which a deadline waits for the store.
    await clock.run(325_000)
    expect([renewed.socket.open, other.socket.open]).toEqual([true, true])
    b.mend()
    await clock.run(2000)
    expect(renewed.socket.open).toBe(true)
    expect(renewed.session.deadline).toBeGreaterThan(clock.now() + 500_000)
    expect(other.socket.closes).toEqual([{ code: 3008, reason: 'session_expired' }])
  })

  it('closes with 1013 at the deadline what it cannot ask about for half a minute', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const { ref, socket } = await b.connect('ada', { claims: { sid: 's' } })
    await clock.run(600_000)
    b.cut()
    await renew(a, ref, 'ada', { sid: 's' })
    await clock.run(305_000 + 29_000)
    expect(socket.open).toBe(true)
    await clock.run(2000)
    expect(socket.closes).toEqual([{ code: 1013, reason: 'store_unavailable' }])
  })

  it('closes with 3008 what the store has forgotten', async () => {
    const { node, clock, store } = nodes()
    const b = node()
    const { ref, socket } = await b.connect('ada')
    const kept = await b.connect('alan')
    const check = store.checkSessions.bind(store)
    // As after FLUSHALL, or a failover that lost it.
    store.checkSessions = async (refs) =>
      (await check(refs)).map((known) => (known.ref === ref ? { ref, kind: 'gone' } : known))
    b.faults.set('notices', FORGETFUL)
    await b.wsticket.revoke({ subject: 'nobody' })
    await clock.run(1000)
    await b.wsticket.revoke({ subject: 'nobody' })
    await clock.run(1000)
    expect(socket.closes).toEqual([{ code: 3008, reason: 'session_expired' }])
    expect(kept.socket.open).toBe(true)
  })

  it('has its users’ sockets that went meanwhile counted no more as soon as it is back', async () => {
    const { node, clock } = nodes()
    const limits = { sessionsPerUser: 2 }
    const [a, b] = [node({ limits }), node({ limits })]
    const held = [await b.connect('ada'), await b.connect('ada')]
    b.cut()
    for (const { gone } of held) gone()
    await clock.run(5000)
    expect(await a.tryConnect('ada')).toBeUndefined()
    b.mend()
    await clock.run(3000)
    expect(await a.tryConnect('ada')).toBeDefined()
    expect(await b.tryConnect('ada')).toBeDefined()
  })

  it('loses no live session and admits nobody while the store is away', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const { socket } = await b.connect('ada')
    const { ticket } = await a.ticketOf('ada')
    b.cut()
    const refused = b.tryConnect('ada', { ticket })
    await clock.run(60_000)
    expect(await refused).toBeUndefined()
    expect(b.take('redeem.refused')).toMatchObject([{ code: 'store_unavailable' }])
    expect(socket.open).toBe(true)
    b.mend()
    await clock.run(2000)
    expect(await b.tryConnect('ada', { ticket })).toBeDefined()
  })
})

describe('a node that drains', () => {
  it('sends its sockets to the others, whose own stay', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const leaving = [await a.connect('ada'), await a.connect('alan')]
    const staying = await b.connect('grace')
    const closing = a.wsticket.close()
    await clock.run(100)
    for (const { socket, gone } of leaving) {
      expect(socket.closes).toEqual([{ code: 1012, reason: 'draining' }])
      gone()
    }
    await closing
    expect(staying.socket.open).toBe(true)
    expect(await b.sessionsOf('ada')).toEqual({})
    const back = await b.connect('ada')
    expect(await b.sessionsOf('ada')).toEqual({ [back.ref]: 1 })
  })

  it('hears a logout on another node as long as it holds a socket', async () => {
    const { node, clock } = nodes()
    const [a, b] = [node(), node()]
    const held = [await a.connect('ada'), await a.connect('ada')]
    const closing = a.wsticket.close()
    await clock.run(0)
    await logOut(b, 'ada')
    await settled()
    expect(held.map(({ socket }) => socket.closes[0]?.reason)).toEqual(['draining', 'session_revoked'])
    for (const { gone } of held) gone()
    await closing
  })

  // Its lease ran out while it drained, and the sockets that it still held counted no more.
  it('is alive until its last socket has gone', async () => {
    const { node, clock } = nodes()
    const limits = { sessionsPerUser: 1000 }
    const [a, b] = [node({ limits, sessions: { drainSeconds: 3600 } }), node({ limits })]
    await b.wsticket.ready()
    const first = await a.connect('ada', { body: { single_use: false } })
    const held = [first]
    // One each 50 milliseconds: forty seconds in all.
    while (held.length < 800) held.push(await a.connect('ada', { ticket: first.ticket }))
    const closing = a.wsticket.close()
    await clock.run(36_000)
    const left = held.filter(({ socket }) => socket.open).length
    expect(left).toBeGreaterThan(70)
    expect(await b.sessionsOf('ada')).toEqual({ [first.ref]: left })
    await clock.run(10_000)
    await closing
    expect(await b.sessionsOf('ada')).toEqual({})
  })
})
