import { describe, expect, it } from 'vitest'
import { fails, hangs, noNotices, storeWith } from '../../test/broken-store.js'
import { FOREIGN, ORIGIN, type Rig, rig, type UpgradeAsk } from '../../test/rig.js'
import { admit, admitted, refused } from '../../test/upgrades.js'
import { manualClock } from '../conformance/manual-clock.js'
import { WsticketError } from '../errors.js'
import { memoryStore } from '../stores/memory.js'
import type { TicketStore } from '../stores/store.js'

const CLOSED = { close: () => {}, terminate: () => {}, ping: () => {} }

describe('an upgrade with a good ticket', () => {
  it.each(['subprotocol', 'query'] as const)('is admitted by %s, with the whole principal', async (by) => {
    const of = rig()
    const { ticket, ref } = await of.ticketOf('ada', {
      claims: { email: 'ada@example.com', permissions: ['read'], team: 'x' },
      body: { metadata: { room: 'r1' } },
    })
    const decision = await admitted(of, { ticket, by, protocols: ['chat.v2'] })
    expect(decision.session).toMatchObject({
      ref,
      principal: { subject: 'ada', email: 'ada@example.com', permissions: ['read'], claims: { team: 'x' } },
      metadata: { room: 'r1' },
      audience: '/ws',
      carrier: by,
      address: '192.0.2.1',
      origin: ORIGIN,
    })
    expect(decision.target).toBe('/ws')
    expect(decision.protocols).toEqual(['chat.v2'])
    expect(decision.fallbackProtocol).toBe(by === 'subprotocol' ? 'wsticket.v1' : undefined)
    expect(of.take('ticket.redeemed')).toMatchObject([{ ref, subject: 'ada', carrier: by, origin: ORIGIN }])
    expect(of.take('redeem.refused')).toEqual([])
  })

  it('is admitted once, however many come at the same time', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    const decisions = await Promise.all(Array.from({ length: 64 }, () => admit(of, { ticket })))
    expect(decisions.filter(({ ok }) => ok)).toHaveLength(1)
    expect(of.take('redeem.refused')).toHaveLength(63)
    expect(of.take('ticket.reused')).toHaveLength(63)
  })
})

describe('an upgrade without a good ticket', () => {
  it('is refused by the code of the reason', async () => {
    const of = rig()
    const { ticket, ref } = await of.ticketOf('ada')
    const other = await of.ticketOf('ada')
    await refused(of, {}, 'credential_missing')
    await refused(of, { target: '/ws?ticket=mine' }, 'credential_missing')
    await refused(
      of,
      { ticket, headers: { 'sec-websocket-protocol': `wsticket.${ticket}` } },
      'credential_missing',
    )
    await refused(of, { ticket, target: `/ws?ticket=${other.ticket}` }, 'credential_ambiguous')
    await refused(of, { ticket: `wst1_00${'A'.repeat(54)}` }, 'ticket_unknown')
    await refused(of, { ticket: 'wst1_short', by: 'query' }, 'ticket_unknown')
    await refused(
      of,
      { ticket: `${ticket.slice(0, -1)}${ticket.endsWith('A') ? 'B' : 'A'}` },
      'ticket_unknown',
    )
    expect(await refused(of, { ticket }, 'audience_mismatch', '/other')).toMatchObject({ ref })
    await of.wsticket.revoke({ ticket: other.ref })
    await refused(of, { ticket: other.ticket }, 'ticket_revoked')
    // None of that burned it.
    await admitted(of, { ticket })
    expect(await refused(of, { ticket }, 'ticket_used')).toMatchObject({ ref })
  })

  it('is refused when the ticket has expired, and later when it is forgotten', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada', { body: { ttl_seconds: 30 } })
    of.clock.advance(30_000)
    await refused(of, { ticket }, 'ticket_expired')
    of.clock.advance(301_000)
    await refused(of, { ticket }, 'ticket_unknown')
  })

  it('is refused when the cap voided the ticket', async () => {
    const of = rig({ limits: { outstandingPerUser: 1 } })
    const { ticket } = await of.ticketOf('ada')
    await of.ticketOf('ada')
    await refused(of, { ticket }, 'ticket_voided')
  })

  it('takes the same ticket by both carriers for one', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    expect(await admitted(of, { ticket, target: `/ws?ticket=${ticket}&room=1` })).toMatchObject({
      target: '/ws?room=1',
    })
  })

  it('is refused for subprotocols that are no list of distinct tokens, and the ticket stays good', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    const offers = [
      `wsticket.v1, wsticket.${ticket}, a, a`,
      `wsticket.v1,, wsticket.${ticket}`,
      `wsticket.v1 wsticket.${ticket}`,
      ' ',
    ]
    for (const offer of offers) {
      await refused(of, { headers: { 'sec-websocket-protocol': offer } }, 'request_invalid')
    }
    await admitted(of, { ticket })
  })

  it('is refused when it is no proper upgrade, without looking at the ticket', async () => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    await refused(of, { ticket, method: 'POST' }, 'request_invalid')
    await refused(of, { ticket, target: 'http://evil.example/ws' }, 'request_invalid')
    await refused(of, { ticket, headers: { 'content-length': '3' } }, 'request_invalid')
    await refused(of, { ticket, headers: { 'sec-websocket-version': '8' } }, 'request_invalid')
    await admitted(of, { ticket })
  })
})

describe('the way a refusal is told', () => {
  it('is HTTP, unless the client can tell a refused socket and its origin may', async () => {
    const of = rig()
    const protocols = ['wsticket.refused']
    expect(await admit(of, {})).toMatchObject({ answer: 'http' })
    expect(await admit(of, { protocols: ['wsticket.v1'] })).toMatchObject({ answer: 'http' })
    expect(await admit(of, { protocols })).toMatchObject({ answer: 'socket' })
    expect(await admit(of, { protocols, origin: null })).toMatchObject({ answer: 'socket' })
    expect(await admit(of, { protocols, origin: FOREIGN })).toMatchObject({ answer: 'http' })
    expect(await admit(of, { protocols, method: 'POST' })).toMatchObject({ answer: 'http' })
    expect(await admit(of, { protocols: [...protocols, 'a', 'a'] })).toMatchObject({ answer: 'http' })
  })

  it('is HTTP for an upgrade without Origin where one is required', async () => {
    const of = rig({ requireOrigin: true })
    expect(await admit(of, { protocols: ['wsticket.refused'], origin: null })).toMatchObject({
      answer: 'http',
    })
  })
})

describe('the Origin of an upgrade', () => {
  it.each([
    FOREIGN,
    'null',
    '',
    `${ORIGIN}/`,
    `${ORIGIN}:443`,
    `${ORIGIN}.evil.example`,
    'http://app.example.com',
    'https://APP.example.com',
    [ORIGIN, ORIGIN],
    [ORIGIN, FOREIGN],
    [FOREIGN, ORIGIN],
  ])('is refused for %j, and the ticket not burned', async (origin) => {
    const of = rig()
    const { ticket } = await of.ticketOf('ada')
    expect(await refused(of, { ticket, origin }, 'origin_refused')).toMatchObject({
      origin: [origin].flat()[0],
    })
    await admitted(of, { ticket })
  })

  it('may be absent, unless it is required', async () => {
    const free = rig()
    await admitted(free, { ticket: (await free.ticketOf('ada')).ticket, origin: null })
    const strict = rig({ requireOrigin: true })
    const { ticket } = await strict.ticketOf('ada')
    await refused(strict, { ticket, origin: null }, 'origin_refused')
    await admitted(strict, { ticket })
  })

  it('may be any where that was asked for, but not null', async () => {
    const of = rig({ dangerouslyAllowAnyOrigin: true })
    const { ticket } = await of.ticketOf('ada')
    await refused(of, { ticket, origin: 'null' }, 'origin_refused')
    await admitted(of, { ticket, origin: FOREIGN })
  })
})

describe('a ticket that is bound', () => {
  it('to an Origin is refused for another one and for none, and not burned', async () => {
    const second = 'https://admin.example.com'
    const of = rig({ bind: { origin: true }, origins: [ORIGIN, second] })
    const { ticket } = await of.ticketOf('ada', { headers: { origin: ORIGIN } })
    await refused(of, { ticket, origin: second }, 'binding_mismatch')
    await refused(of, { ticket, origin: null }, 'binding_mismatch')
    await admitted(of, { ticket })
  })

  it('to a network is refused from another one, and not burned', async () => {
    const of = rig({ bind: { network: true }, trustedProxies: ['10.0.0.0/8'] })
    const { ticket } = await of.ticketOf('ada', { peer: '203.0.113.9' })
    await refused(of, { ticket, peer: '198.51.100.1' }, 'binding_mismatch')
    await refused(
      of,
      { ticket, peer: '198.51.100.1', headers: { 'x-forwarded-for': '203.0.113.9' } },
      'binding_mismatch',
    )
    await admitted(of, { ticket, peer: '10.0.0.1', headers: { 'x-forwarded-for': '203.0.113.77' } })
  })

  it('to a cookie is refused to the thief, who does not burn it: the victim is admitted after that', async () => {
    const of = rig({ bind: { cookie: true } })
    const reply = await of.ask({ method: 'POST', target: '/api/websocket/ticket', token: of.tokenOf('ada') })
    const ticket = String(reply.json.ticket_id)
    const cookie = String(reply.headers['set-cookie']).split(';')[0] ?? ''
    expect(cookie).toMatch(/^__Host-wsticket=[A-Za-z0-9_-]{43}$/)
    const thief = `__Host-wsticket=${'x'.repeat(43)}`
    await refused(of, { ticket }, 'binding_mismatch')
    await refused(of, { ticket, headers: { cookie: thief } }, 'binding_mismatch')
    await refused(of, { ticket, headers: { cookie: `${thief}; ${cookie}` } }, 'binding_mismatch')
    await refused(of, { ticket, headers: { cookie: cookie.toLowerCase() } }, 'binding_mismatch')
    const told = await refused(
      of,
      { ticket, headers: { cookie: cookie.replace('__Host-', '') } },
      'binding_mismatch',
    )
    expect(told.reason).toBe('another cookie')
    await admitted(of, { ticket, headers: { cookie: `theme=dark; ${cookie}` } })
  })

  it('to an audience is good for that one and no other', async () => {
    const audiences = ['/ws', '/feed', '/ws/', '/WS', 'chat']
    const of = rig({ audiences })
    for (const own of audiences) {
      const { ticket } = await of.ticketOf('ada', { body: { audience: own } })
      for (const other of audiences.filter((audience) => audience !== own)) {
        await refused(of, { ticket }, 'audience_mismatch', other)
      }
      expect(await admitted(of, { ticket }, own)).toMatchObject({ session: { audience: own } })
    }
  })
})

describe('the caps of admission', () => {
  it('count sockets and pending upgrades of an address, and free a place at every way out', async () => {
    const of = rig({ limits: { socketsPerAddress: 1, sessionsPerUser: 1 } })
    const tickets: string[] = []
    for (let count = 0; count < 6; count += 1) tickets.push((await of.ticketOf('ada')).ticket)
    const next = (): string => tickets.pop() ?? ''
    const first = await admitted(of, { ticket: next() })
    expect(await refused(of, { ticket: next() }, 'rate_limited')).toMatchObject({
      reason: 'sockets of one address',
    })
    // Given up before there was a socket.
    first.release()
    // Refused: for want of a ticket, for the user's cap, for the Origin.
    await refused(of, {}, 'credential_missing')
    await refused(of, { origin: FOREIGN }, 'origin_refused')
    const elsewhere = await admitted(of, { ticket: next(), peer: '198.51.100.1' })
    await refused(of, { ticket: next() }, 'session_limit')
    elsewhere.release()
    // Closed by its peer.
    const second = await admitted(of, { ticket: next() })
    second.hold(CLOSED).ended()
    // Closed from here.
    const third = await admitted(of, { ticket: next() })
    third.hold(CLOSED)
    third.session.close()
    const last = await of.ticketOf('ada')
    await admitted(of, { ticket: last.ticket })
  })

  it('do not burn the ticket of who is over the cap', async () => {
    const of = rig({ limits: { sessionsPerUser: 1 } })
    const [one, two] = [await of.ticketOf('ada'), await of.ticketOf('ada')]
    const first = await admitted(of, { ticket: one.ticket })
    await refused(of, { ticket: two.ticket }, 'session_limit')
    first.release()
    await admitted(of, { ticket: two.ticket })
  })

  it('count a refused socket until it is gone, and only where there is one', async () => {
    const of = rig({ limits: { socketsPerAddress: 1 } })
    const protocols = ['wsticket.refused']
    const lingering = await admit(of, { protocols })
    expect(lingering).toMatchObject({ answer: 'socket', refusal: { code: 'credential_missing' } })
    expect(await admit(of, {})).toMatchObject({ refusal: { code: 'rate_limited' } })
    if (!lingering.ok) lingering.release()
    expect(await admit(of, {})).toMatchObject({ answer: 'http', refusal: { code: 'credential_missing' } })
    expect(await admit(of, {})).toMatchObject({ refusal: { code: 'credential_missing' } })
  })

  it('take the address behind a trusted proxy, and nobody else’s word for it', async () => {
    const of = rig({ limits: { socketsPerAddress: 1 }, trustedProxies: ['10.0.0.1'] })
    const behind = (client: string): UpgradeAsk => ({
      peer: '10.0.0.1',
      headers: { 'x-forwarded-for': client },
    })
    await admitted(of, { ticket: (await of.ticketOf('ada')).ticket, ...behind('203.0.113.1') })
    await refused(of, behind('203.0.113.1'), 'rate_limited')
    await refused(of, behind('198.51.100.7, 203.0.113.1'), 'rate_limited')
    await refused(of, behind('203.0.113.2'), 'credential_missing')
    await admitted(of, { ticket: (await of.ticketOf('ada')).ticket, peer: '192.0.2.7' })
    await refused(of, { peer: '192.0.2.7', headers: { 'x-forwarded-for': '203.0.113.3' } }, 'rate_limited')
  })

  it('free the place of an address when a redeem breaks', async () => {
    let broken = true
    let counter = 0
    const of = rig({
      limits: { socketsPerAddress: 1 },
      random: (size) => {
        if (size === 16 && broken) throw new RangeError('no entropy')
        return new Uint8Array(size).fill(counter++)
      },
    })
    const { ticket } = await of.ticketOf('ada')
    await expect(admit(of, { ticket })).rejects.toThrow('no entropy')
    broken = false
    await admitted(of, { ticket })
  })
})

describe('a node that drains', () => {
  it('refuses upgrades and does not burn their tickets', async () => {
    const of = rig()
    const { ticket, ref } = await of.ticketOf('ada')
    await of.wsticket.close()
    await refused(of, { ticket }, 'draining')
    expect(await of.wsticket.inspect(ref)).toMatchObject({ state: 'outstanding' })
  })
})

describe('an upgrade that is redeemed while the node begins to close', () => {
  it('is closed with 1012 like all others, and not forgotten', async () => {
    const clock = manualClock()
    const memory = memoryStore({ clock })
    let answer = (): void => {}
    const redeem: TicketStore['redeem'] = async (...args) => {
      const outcome = await memory.redeem(...args)
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return outcome
    }
    const of = rig({ clock, store: storeWith(memory, { redeem }) })
    const { ticket } = await of.ticketOf('ada')
    const waiting = admitted(of, { ticket })
    await of.clock.run(0)
    const closing = of.wsticket.close()
    await of.clock.run(0)
    answer()
    const admission = await waiting
    const closed: unknown[] = []
    admission.hold({ ...CLOSED, close: (...how) => closed.push(how) }).ended()
    expect(closed).toEqual([[1012, 'draining']])
    await closing
    expect(of.take('session.closed')).toHaveLength(1)
  })
})

describe('a store that fails', () => {
  function broken(changed: (store: TicketStore) => Partial<TicketStore>): Rig {
    const clock = manualClock()
    const store = memoryStore({ clock })
    return rig({ store: storeWith(store, changed(store)), clock })
  }
  const ways: readonly (readonly [string, () => Rig])[] = [
    ['is down', () => broken(() => ({ redeem: fails }))],
    [
      'throws at once',
      () =>
        broken(() => ({
          redeem: () => {
            throw new Error('not connected')
          },
        })),
    ],
    ['does not answer', () => broken(() => ({ redeem: hangs }))],
    ['gives no notices', () => broken(() => ({ notices: fails }))],
    ['does not answer for notices', () => broken(() => ({ notices: noNotices }))],
  ]

  it.each(ways)('and %s is a 503 with a delay, never an admission', async (_what, make) => {
    const of = make()
    const { ticket } = await of.ticketOf('ada')
    const waiting = admit(of, { ticket })
    await of.clock.run(5000)
    const decision = await waiting
    expect(decision).toMatchObject({
      ok: false,
      refusal: { code: 'store_unavailable', retryAfterSeconds: 1 },
    })
    expect(of.take('redeem.refused')).toHaveLength(1)
    expect(of.take('store.failed').length).toBeGreaterThan(0)
    expect(of.take('session.opened')).toEqual([])
  })

  it('and names the ticket in its error is told without it', async () => {
    const clock = manualClock()
    let ticket = ''
    const store = storeWith(memoryStore({ clock }), {
      redeem: async () => {
        throw new WsticketError('store_unavailable', `no answer to ${ticket}`)
      },
    })
    const of = rig({ store, clock })
    ticket = (await of.ticketOf('ada')).ticket
    const waiting = admit(of, { ticket })
    await clock.run(5000)
    await waiting
    const [told] = of.take('redeem.refused')
    expect(told).toMatchObject({ code: 'store_unavailable' })
    expect(JSON.stringify(told)).not.toContain(ticket)
  })

  it('and answers after we refused leaves no session open', async () => {
    let answer = (): void => {}
    const of = broken((store) => ({
      redeem: async (...args) => {
        await new Promise<void>((resolve) => {
          answer = resolve
        })
        return store.redeem(...args)
      },
    }))
    const { ticket } = await of.ticketOf('ada')
    const waiting = admit(of, { ticket })
    await of.clock.run(5000)
    expect(await waiting).toMatchObject({ ok: false })
    answer()
    await of.clock.run(0)
    expect(await of.ask({ target: '/api/websocket/sessions', token: of.tokenOf('ada') })).toMatchObject({
      json: { sessions: [] },
    })
  })
})

describe('a ticket that is redeemed without an adapter', () => {
  it('is held to the same audience and binding, and refused with one event', async () => {
    const of = rig({ bind: { origin: true } })
    const { ticket } = await of.ticketOf('ada', { headers: { origin: ORIGIN } })
    of.take('redeem.refused')
    expect(await of.wsticket.redeem(ticket, { audience: '/other', origin: ORIGIN })).toMatchObject({
      refusal: { code: 'audience_mismatch' },
    })
    expect(await of.wsticket.redeem(ticket, { audience: '/ws' })).toMatchObject({
      refusal: { code: 'binding_mismatch' },
    })
    const admission = await of.wsticket.redeem(ticket, { audience: '/ws', origin: ORIGIN })
    expect(admission).toMatchObject({ ok: true, session: { carrier: undefined, address: undefined } })
    expect(of.take('redeem.refused')).toHaveLength(2)
  })

  it('can be bound to a network and a cookie as well', async () => {
    const of = rig({ bind: { network: true, cookie: true } })
    const reply = await of.ask({ method: 'POST', target: '/api/websocket/ticket', token: of.tokenOf('ada') })
    const cookie = /=([^;]*)/.exec(String(reply.headers['set-cookie']))?.[1]
    const ticket = String(reply.json.ticket_id)
    expect(await of.wsticket.redeem(ticket, { audience: '/ws', address: '192.0.2.200' })).toMatchObject({
      ok: false,
    })
    expect(
      await of.wsticket.redeem(ticket, { audience: '/ws', address: '192.0.2.200', cookie }),
    ).toMatchObject({ ok: true })
  })
})

describe('a session that is revoked between the redeem and its socket', () => {
  it('is over before the application sees it, and its socket closed at once', async () => {
    const of = rig()
    const { ticket, ref } = await of.ticketOf('ada')
    const admission = await admitted(of, { ticket })
    await of.wsticket.revoke({ session: ref })
    await of.clock.run(0)
    expect(admission.session.signal.aborted).toBe(true)
    const closed: unknown[] = []
    admission.hold({ ...CLOSED, close: (...how) => closed.push(how) })
    expect(closed).toEqual([[3003, 'session_closed']])
  })
})
