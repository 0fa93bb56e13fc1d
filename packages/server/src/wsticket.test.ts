import { describe, expect, it } from 'vitest'
import { fails, storeWith } from '../test/broken-store.js'
import { ORIGIN, rig } from '../test/rig.js'
import { manualClock } from './conformance/manual-clock.js'
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
  it('closes what is held with 1012 and can be called again', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    const admission = await of.wsticket.redeem(ticket, { audience: '/ws' })
    const closed: unknown[] = []
    if (admission.ok)
      admission.hold({ close: (...how) => closed.push(how), terminate: () => {}, ping: () => {} })
    await of.wsticket.close()
    await of.wsticket.close()
    expect(closed).toEqual([[1012, 'draining']])
  })

  it('lets a redeem without an adapter know', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    await of.wsticket.close()
    expect(await of.wsticket.redeem(ticket, { audience: '/ws' })).toMatchObject({
      ok: false,
      refusal: { code: 'draining' },
    })
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
