import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { fails, storeWith } from '../test/broken-store.js'
import { recordedSocket } from '../test/held-socket.js'
import { faultyStore, lost } from '../test/intercepted-store.js'
import { ORIGIN, rig } from '../test/rig.js'
import { manualClock } from './conformance/manual-clock.js'
import { WsticketError } from './errors.js'
import type { Claims, Principal } from './identity/principal.js'
import { jwt } from './index.js'
import { memoryStore } from './stores/memory.js'
import { createWsticket } from './wsticket.js'

const ADA: Principal = { subject: 'ada', permissions: ['read'], claims: {} }

describe('createWsticket', () => {
  it('refuses wrong options at once', () => {
    const needed = { store: memoryStore(), authenticate: async (): Promise<undefined> => undefined }
    expect(() => createWsticket({ ...needed, origins: ['app.example.com'] })).toThrow(/is not an origin/)
    expect(() => createWsticket({ ...needed, origins: [], skewSeconds: 31 })).toThrow(/skewSeconds/)
    expect(() => createWsticket({ ...needed, origins: [], trustedProxies: ['10/8'] })).toThrow(
      /trustedProxies/,
    )
    expect(() => createWsticket({ ...needed, origins: [], limits: { exempt: ['all'] } })).toThrow(
      /limits.exempt/,
    )
  })

  it('runs with nothing but store, authenticate and origins, on the machine’s clock and randomness', async () => {
    const wsticket = createWsticket({
      store: memoryStore(),
      authenticate: jwt({ issuer: 'https://id.example.com', audience: 'chat' }),
      origins: [ORIGIN],
      audiences: ['/ws'],
    })
    const issued = await wsticket.issue(ADA)
    if (!issued.ok) throw new Error(issued.refusal.code)
    const admission = await wsticket.redeem(issued.ticket, { audience: '/ws' })
    expect(admission).toMatchObject({ ok: true, session: { ref: issued.ref, principal: { subject: 'ada' } } })
    expect(wsticket.counters()).toMatchObject({ issued: 1, redeemed: 1, refused: 0 })
    await wsticket.close()
  })
})

describe('issue, without HTTP', () => {
  it('gives a ticket with what was wished', async () => {
    const { wsticket } = rig()
    const issued = await wsticket.issue(ADA, { metadata: { room: 'r1' }, ttlSeconds: 30, singleUse: false })
    expect(issued).toMatchObject({ ok: true, singleUse: false, audience: '/ws' })
    if (issued.ok)
      expect(await wsticket.inspect(issued.ref)).toMatchObject({ record: { metadata: { room: 'r1' } } })
  })

  it('refuses as a value, told once', async () => {
    const of = rig()
    expect(await of.wsticket.issue(ADA, { permissions: ['admin'] })).toMatchObject({
      ok: false,
      refusal: { code: 'permissions_exceeded' },
    })
    expect(await of.wsticket.issue(ADA, { ttlSeconds: 1 })).toMatchObject({
      ok: false,
      refusal: { code: 'request_invalid' },
    })
    expect(of.take('request.refused')).toMatchObject([
      { code: 'permissions_exceeded', operation: 'issue', subject: 'ada' },
      {
        code: 'request_invalid',
        operation: 'issue',
        subject: 'ada',
        reason: expect.stringContaining('ttl_seconds'),
      },
    ])
  })
})

describe('the audiences', () => {
  const audienceOf = async (wsticket: ReturnType<typeof createWsticket<Claims>>): Promise<unknown> => {
    const issued = await wsticket.issue(ADA)
    return issued.ok ? issued.audience : issued.refusal.detail
  }

  it('are those that adapters register and those that are named', async () => {
    const { wsticket } = rig({ audiences: ['/feed'] })
    expect(await audienceOf(wsticket)).toBe('/feed')
    wsticket.binding.registerRoute({ audience: '/ws', path: '/ws' })
    expect(await audienceOf(wsticket)).toBe('audience must be one of: /ws, /feed')
  })

  it('are the path of publicUrl only where there is nobody else', async () => {
    // It counted beside the registered route, so that every request had to name one of two.
    const { wsticket } = rig({ audiences: [], publicUrl: 'wss://api.example.com/base/ws' })
    expect(await audienceOf(wsticket)).toBe('/base/ws')
    wsticket.binding.registerRoute({ audience: 'chat', path: '/ws' })
    expect(await audienceOf(wsticket)).toBe('chat')
  })

  it('must be known: without any the programmer is told what to do', async () => {
    await expect(rig({ audiences: [] }).wsticket.issue(ADA)).rejects.toThrow(/register an adapter/)
  })
})

describe('revoke and health', () => {
  it('tell whether there was anything to revoke', async () => {
    const { wsticket, ticketOf } = rig()
    const { ref } = await ticketOf('ada')
    expect(await wsticket.revoke({ ticket: ref })).toBe(true)
    expect(await wsticket.revoke({ ticket: 'nonsense' })).toBe(false)
    expect(await wsticket.revoke({ subject: 'ada' })).toBe(true)
  })

  it('mean the issuer that authenticate names', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    await of.wsticket.revoke({ subject: 'ada', issuer: 'https://other.example' })
    expect(await of.wsticket.inspect(ticket)).toMatchObject({ state: 'outstanding' })
    await of.wsticket.revoke({ subject: 'ada' })
    expect(await of.wsticket.inspect(ticket)).toMatchObject({ state: 'revoked' })
  })

  it('fail with a typed error when the store does', async () => {
    const clock = manualClock()
    const { wsticket } = rig({
      clock,
      store: storeWith(memoryStore({ clock }), { health: fails, revoke: fails }),
    })
    expect(await wsticket.health()).toMatchObject({ kind: 'memory', reachable: false, promises: {} })
    await expect(wsticket.revoke({ subject: 'ada' })).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await rig().wsticket.health()).toMatchObject({ kind: 'memory', reachable: true })
  })
})

describe('close', () => {
  it('closes what is held with 1012, and gives the same promise when it is called again', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    const admission = await of.wsticket.redeem(ticket, { audience: '/ws' })
    if (!admission.ok) throw new Error(admission.refusal.code)
    const socket = recordedSocket()
    const hold = admission.hold(socket)
    const closing = of.wsticket.close()
    expect(of.wsticket.close()).toBe(closing)
    await of.clock.run(0)
    expect(socket.closes).toEqual([{ code: 1012, reason: 'draining' }])
    hold.ended()
    await closing
    expect(of.wsticket.close()).toBe(closing)
  })

  it('lets a redeem without an adapter know, at once', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    const closing = of.wsticket.close()
    expect(await of.wsticket.redeem(ticket, { audience: '/ws' })).toMatchObject({
      ok: false,
      refusal: { code: 'draining', retryAfterSeconds: 1 },
    })
    await closing
  })

  it('lets the store go at last, when everything else is done', async () => {
    const clock = manualClock()
    const calls: string[] = []
    const { store, faults } = faultyStore(memoryStore({ clock }))
    for (const call of ['closeSocket', 'notices', 'close'] as const) {
      faults.set(call, async (_call, make) => {
        const outcome = await make()
        calls.push(call)
        return outcome
      })
    }
    const of = rig({ clock, store })
    const { ticket } = await of.ticketOf('ada')
    const admission = await of.wsticket.redeem(ticket, { audience: '/ws' })
    if (admission.ok) admission.release()
    await of.wsticket.close()
    expect(calls).toEqual(['notices', 'closeSocket', 'notices', 'close'])
    expect(clock.pending()).toEqual([])
  })

  it('is held up by nothing that a store does', async () => {
    const clock = manualClock()
    const { store, faults } = faultyStore(memoryStore({ clock }))
    const of = rig({ clock, store })
    const { ticket } = await of.ticketOf('ada')
    const admission = await of.wsticket.redeem(ticket, { audience: '/ws' })
    if (!admission.ok) throw new Error(admission.refusal.code)
    admission.hold(recordedSocket())
    for (const call of ['closeSocket', 'notices', 'close', 'keepNode', 'health'] as const)
      faults.set(call, lost)
    let over = false
    void of.wsticket.close().then(() => {
      over = true
    })
    // Five seconds for the socket, and one for each thing that the store is asked.
    await clock.run(8000)
    expect(over).toBe(true)
  })

  it('leaves a store that need not be let go alone, and tells of one that cannot', async () => {
    const clock = manualClock()
    const of = rig({ clock, store: storeWith(memoryStore({ clock }), { close: fails }) })
    await of.wsticket.close()
    expect(of.take('store.failed')).toMatchObject([{ operation: 'end' }])
    const plain = rig()
    await plain.wsticket.close()
    expect(plain.take('store.failed')).toEqual([])
  })

  it('goes on issuing and renewing: other nodes hold sockets', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const [draining, other] = [rig({ clock, store }), rig({ clock, store })]
    const held = await other.ticketOf('ada')
    const admission = await other.wsticket.redeem(held.ticket, { audience: '/ws' })
    if (!admission.ok) throw new Error(admission.refusal.code)
    await draining.wsticket.close()
    const { ticket } = await draining.ticketOf('ada')
    expect(await other.wsticket.redeem(ticket, { audience: '/ws' })).toMatchObject({ ok: true })
    clock.advance(60_000)
    const target = PATHS.renew.replace('{ref}', held.ref)
    const before = admission.session.deadline
    expect(await draining.ask({ method: 'POST', target, token: draining.tokenOf('ada') })).toMatchObject({
      status: 200,
      json: { expires_at: before / 1000 + 60 },
    })
  })
})

describe('ready', () => {
  it('resolves once the node can do its part, and tells what the store promises', async () => {
    const of = rig()
    await of.wsticket.ready()
    expect(of.take('store.ready')).toMatchObject([
      { kind: 'memory', promises: { single_use: 'absolute' }, warnings: [] },
    ])
    await of.wsticket.ready()
    expect(of.take('store.ready')).toEqual([])
  })

  it('rejects with what the store has to say', async () => {
    const clock = manualClock()
    const remedy = 'Allow INFO for this user.'
    const health = (): Promise<never> =>
      Promise.reject(new WsticketError('store_unavailable', 'the redis store must not tell', { remedy }))
    const of = rig({ clock, store: storeWith(memoryStore({ clock }), { health }) })
    await expect(of.wsticket.ready()).rejects.toMatchObject({ code: 'store_unavailable', remedy })
    expect(of.take('store.failed')).toMatchObject([{ operation: 'health', remedy }])
  })
})

describe('what an adapter tells', () => {
  it('becomes an event, whatever was thrown', () => {
    const of = rig()
    of.wsticket.binding.failed('adapter', new Error('broke'))
    of.wsticket.binding.failed('adapter', 'in words')
    expect(of.take('handler.failed')).toMatchObject([
      { where: 'adapter', message: 'broke' },
      { where: 'adapter', message: 'in words' },
    ])
  })
})
