import { jwtProtocols, type RefusalCode } from '@wsticket/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { storeWith } from '../../test/broken-store.js'
import { FOREIGN, ORIGIN, type RigOptions, rig, type UpgradeAsk } from '../../test/rig.js'
import { makeToken, part, SECRET } from '../../test/tokens.js'
import { admit, admitted, refused } from '../../test/upgrades.js'
import { manualClock } from '../conformance/manual-clock.js'
import type { CredentialRefusal, CredentialRequest } from '../identity/principal.js'
import { memoryStore } from '../stores/memory.js'

const CLOSED = { close: () => {}, terminate: () => {}, ping: () => {} }
const FORGED = `wst1_00${'A'.repeat(54)}`
const JWT_ON = { pathways: { jwtSubprotocol: 'on' } } as const
const ALL_ON = { pathways: { jwtSubprotocol: 'on', anonymous: 'on' } } as const

/** An upgrade by JWT. */
function by(jwt: string, more: UpgradeAsk = {}): UpgradeAsk {
  return { ...more, protocols: [...jwtProtocols(jwt), ...(more.protocols ?? [])] }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('an upgrade by JWT', () => {
  it('is refused until somebody switches that pathway on, and the refusal says so', async () => {
    const of = rig()
    const told = await refused(of, by(of.tokenOf('ada')), 'pathway_disabled')
    expect(told).toMatchObject({ pathway: 'jwt_subprotocol', carrier: 'subprotocol' })
    expect(of.take('pathway.used')).toEqual([])
    expect(of.wsticket.counters().byPathway.get('jwt_subprotocol')).toEqual({ opened: 0, refused: 1 })
  })

  it('opens a session with the whole principal, and nothing of the JWT goes on', async () => {
    const of = rig(JWT_ON)
    const token = of.tokenOf('ada', { email: 'ada@example.com', permissions: ['read'], team: 'x', sid: 's' })
    const decision = await admitted(of, by(token, { protocols: ['chat.v2'] }))
    expect(decision.session).toMatchObject({
      pathway: 'jwt_subprotocol',
      principal: { subject: 'ada', email: 'ada@example.com', permissions: ['read'], claims: { team: 'x' } },
      metadata: {},
      audience: '/ws',
      carrier: 'subprotocol',
      address: '192.0.2.1',
      origin: ORIGIN,
    })
    expect(decision.protocols).toEqual(['chat.v2'])
    expect(decision.fallbackProtocol).toBe('wsticket.v1')
    expect(decision.target).toBe('/ws')
    const { ref } = decision.session
    expect(of.take('pathway.used')).toMatchObject([
      {
        pathway: 'jwt_subprotocol',
        deprecated: false,
        ref,
        subject: 'ada',
        carrier: 'subprotocol',
        origin: ORIGIN,
      },
    ])
    expect(of.take('session.opened')).toMatchObject([{ ref, pathway: 'jwt_subprotocol' }])
    // No ticket changed hands.
    expect([...of.take('ticket.issued'), ...of.take('ticket.redeemed')]).toEqual([])
    expect(of.wsticket.counters()).toMatchObject({ issued: 0, redeemed: 0 })
    expect(of.wsticket.counters().byPathway.get('jwt_subprotocol')).toEqual({ opened: 1, refused: 0 })
    expect(JSON.stringify(of.heard)).not.toContain(token.split('.')[2])
  })

  it('is told as deprecated where it is set to warn', async () => {
    const of = rig({ pathways: { jwtSubprotocol: 'warn' } })
    await admitted(of, by(of.tokenOf('ada')))
    expect(of.take('pathway.used')).toMatchObject([{ pathway: 'jwt_subprotocol', deprecated: true }])
  })

  it('needs wsticket.v1 beside it: elsewhere the name is the application’s', async () => {
    const of = rig(JWT_ON)
    const jwt = `jwt.${of.tokenOf('ada')}`
    await refused(of, { protocols: [jwt] }, 'credential_missing')
    await refused(of, { protocols: ['wsticket.refused', jwt] }, 'credential_missing')
  })

  it('may come without an Origin, as a ticket may, and from a foreign one as little as a ticket', async () => {
    const of = rig(JWT_ON)
    for (const origin of [FOREIGN, 'null', `${ORIGIN}/`, [ORIGIN, ORIGIN]]) {
      const told = await refused(of, by(of.tokenOf('ada'), { origin }), 'origin_refused')
      expect(told.pathway).toBe('jwt_subprotocol')
    }
    await admitted(of, by(of.tokenOf('ada'), { origin: null }))
    const strict = rig({ ...JWT_ON, requireOrigin: true })
    await refused(strict, by(strict.tokenOf('ada'), { origin: null }), 'origin_refused')
  })

  it('is refused by the one verifier, for every token that it refuses over HTTP', async () => {
    const of = rig(ALL_ON)
    const good = of.tokenOf('ada')
    const [header = '', payload = '', signature = ''] = good.split('.')
    const now = Math.floor(of.clock.now() / 1000)
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const tokens = {
      'of another audience': of.tokenOf('ada', { aud: 'other' }),
      'of another issuer': of.tokenOf('ada', { iss: 'https://evil.example' }),
      'that has expired': of.tokenOf('ada', { iat: now - 900, exp: now - 6 }),
      'from the future': of.tokenOf('ada', { iat: now + 60 }),
      'without an end': of.tokenOf('ada', { exp: undefined }),
      'without a subject': of.tokenOf('ada', { sub: undefined }),
      'that lives for too long': of.tokenOf('ada', { exp: now + 90_000 }),
      'of another key': makeToken(claims, { alg: 'HS256', key: `${SECRET}!` }),
      'of no algorithm': `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      'of no algorithm, signed all the same': `${part({ alg: 'none' })}.${payload}.${signature}`,
      'whose header says RS256': `${part({ alg: 'RS256' })}.${payload}.${signature}`,
      'without a signature': `${header}.${payload}.`,
      'with another payload': `${header}.${part({ ...Object(claims), sub: 'eve' })}.${signature}`,
      'that is cut off': good.slice(0, -1),
      'that is none': 'hello',
      'that is longer than any': `${header}.${'A'.repeat(8200)}.${signature}`,
    }
    for (const [what, token] of Object.entries(tokens)) {
      const told = await refused(of, by(token), 'credential_invalid')
      expect(told, what).toMatchObject({ pathway: 'jwt_subprotocol' })
      const reply = await of.ask({ method: 'POST', target: '/api/websocket/ticket', token })
      expect([reply.status, reply.json.code], what).toEqual([401, 'credential_invalid'])
    }
    await refused(of, { protocols: ['wsticket.v1', 'jwt.'] }, 'credential_invalid')
    expect(of.take('session.opened')).toEqual([])
    await admitted(of, by(good))
  })

  it('with two JWTs is refused, with or without a ticket, and neither is looked at', async () => {
    const asked: unknown[] = []
    const of = rig({ ...ALL_ON, authenticate: async (request) => void asked.push(request) })
    const two = ['wsticket.v1', `jwt.${of.tokenOf('ada')}`, `jwt.${of.tokenOf('eve')}`]
    await refused(of, { protocols: two }, 'credential_ambiguous')
    await refused(of, { protocols: [...two, `wsticket.${FORGED}`] }, 'credential_ambiguous')
    const twice = by(of.tokenOf('ada'), { protocols: [`jwt.${of.tokenOf('ada')}`] })
    await refused(of, twice, 'request_invalid')
    expect(asked).toEqual([])
  })

  it('is refused when headers are too large, before anything is verified', async () => {
    const asked: unknown[] = []
    const of = rig({ ...JWT_ON, authenticate: async (request) => void asked.push(request) })
    const decision = await admit(of, by('A'.repeat(17_000)))
    expect(decision).toMatchObject({ answer: 'http', refusal: { code: 'request_invalid', status: 431 } })
    expect(asked).toEqual([])
  })
})

describe('what authenticate sees of an upgrade by JWT', () => {
  it('is the JWT as its bearer, as over HTTP, and no credential that a browser adds by itself', async () => {
    const asked: CredentialRequest[] = []
    const of = rig({
      ...JWT_ON,
      trustedProxies: ['10.0.0.1'],
      authenticate: async (request) => {
        asked.push(request)
        return { subject: 'ada', permissions: [], claims: {} }
      },
    })
    await admitted(
      of,
      by('opaque-token', {
        target: '/ws?room=1',
        peer: '10.0.0.1',
        headers: {
          cookie: 'session=of-the-victim',
          authorization: 'Basic YTpi',
          'proxy-authorization': 'Basic YTpi',
          'x-forwarded-for': '203.0.113.7',
          'x-tenant': ['a', 'b'],
        },
      }),
    )
    const [request] = asked
    expect(request).toMatchObject({ method: 'GET', bearer: 'opaque-token', address: '203.0.113.7' })
    expect(request?.target).toBe('/ws?room=1')
    const seen = [
      'Authorization',
      'cookie',
      'Cookie',
      'Proxy-Authorization',
      'Sec-WebSocket-Protocol',
      'X-Tenant',
    ]
    expect(seen.map((name) => request?.header(name))).toEqual([
      'Bearer opaque-token',
      undefined,
      undefined,
      undefined,
      undefined,
      'a, b',
    ])
  })

  const answers: readonly (readonly [string, CredentialRefusal | undefined, RefusalCode])[] = [
    ['nobody', undefined, 'credential_invalid'],
    [
      'a refusal with its reason',
      { refused: 'credential_missing', reason: 'no session' },
      'credential_missing',
    ],
  ]
  it.each(answers)('may lead to %s', async (_what, answer, code) => {
    const of = rig({ ...ALL_ON, authenticate: async () => answer })
    const told = await refused(of, by('opaque'), code)
    expect(told.reason).toBe(answer?.reason)
  })

  it('may not be told for want of a service: a 503 with a delay, and nobody is let in', async () => {
    const of = rig({
      ...ALL_ON,
      authenticate: async (): Promise<never> => {
        throw new Error('connect ECONNREFUSED')
      },
    })
    const decision = await admit(of, by('opaque', { protocols: ['wsticket.refused'] }))
    expect(decision).toMatchObject({
      answer: 'socket',
      refusal: { code: 'identity_unavailable', retryAfterSeconds: 1 },
    })
    expect(of.take('identity.failed')).toHaveLength(1)
    expect(of.take('session.opened')).toEqual([])
  })

  it('may be a mistake of the programmer’s, which lets nobody in and frees the place', async () => {
    let principal: object = { subject: '' }
    const of = rig({
      ...JWT_ON,
      limits: { socketsPerAddress: 1 },
      authenticate: async () => principal as never,
    })
    await expect(admit(of, by('opaque'))).rejects.toThrow(/this principal is not one: subject/)
    principal = { subject: 'ada', permissions: [], claims: {} }
    await admitted(of, by('opaque'))
  })
})

describe('a session that a JWT opened', () => {
  it('ends with the JWT and the skew, by 3008', async () => {
    const of = rig(JWT_ON)
    const now = Math.floor(of.clock.now() / 1000)
    const { session, hold } = await admitted(of, by(of.tokenOf('ada', { exp: now + 120 })))
    const closed: unknown[] = []
    const held = hold({ ...CLOSED, close: (...how) => closed.push(how), ping: () => held.heard() })
    expect(session.deadline).toBe((now + 125) * 1000)
    await of.clock.run(124_000)
    expect(closed).toEqual([])
    await of.clock.run(1500)
    expect(closed).toEqual([[3008, 'session_expired']])
  })

  it('ends at the session maximum, if the JWT would live longer', async () => {
    const of = rig({ ...JWT_ON, sessions: { maxSeconds: 60 } })
    const { session } = await admitted(of, by(of.tokenOf('ada')))
    expect(session.deadline - of.clock.now()).toBe(60_000)
  })

  it('is renewed over HTTP by its ref, which its owner finds in the list', async () => {
    const of = rig(JWT_ON)
    const now = Math.floor(of.clock.now() / 1000)
    const claims = { sid: 's', permissions: ['read', 'write'] }
    const { session } = await admitted(of, by(of.tokenOf('ada', { ...claims, exp: now + 120 })))
    const token = of.tokenOf('ada', { ...claims, permissions: ['read'] })
    const list = await of.ask({ target: '/api/websocket/sessions', token })
    expect(list.json.sessions).toMatchObject([
      { session_id: session.ref, origin: ORIGIN, address: '192.0.2.1', sockets: 1 },
    ])
    const renewed = await of.ask({
      method: 'POST',
      target: `/api/websocket/session/${session.ref}/renew`,
      token,
    })
    expect(renewed.status).toBe(200)
    expect(session.deadline).toBe((now + 905) * 1000)
    expect(session.principal.permissions).toEqual(['read'])
    const other = await of.ask({
      method: 'POST',
      target: `/api/websocket/session/${session.ref}/renew`,
      token: of.tokenOf('eve'),
    })
    expect(other.status).toBe(404)
  })

  it('is closed by its owner, and its ref is no way in', async () => {
    const of = rig(JWT_ON)
    const { session } = await admitted(of, by(of.tokenOf('ada')))
    expect(await of.wsticket.inspect(session.ref)).toMatchObject({ state: 'used' })
    await refused(of, { target: `/ws?ticket=wst1_${session.ref}` }, 'ticket_unknown')
    const target = `/api/websocket/session/${session.ref}`
    expect((await of.ask({ method: 'DELETE', target, token: of.tokenOf('ada') })).status).toBe(200)
    await of.clock.run(0)
    expect(session.signal.reason).toBe('session_closed')
  })

  it('ends with its login, and that login’s JWT opens no other', async () => {
    const of = rig(ALL_ON)
    const token = of.tokenOf('ada', { sid: 'phone' })
    const { session } = await admitted(of, by(token))
    const other = await admitted(of, by(of.tokenOf('ada', { sid: 'laptop' })))
    await of.wsticket.revoke({ issuer: 'https://id.example.com', subject: 'ada', login: 'phone' })
    await of.clock.run(0)
    expect(session.signal.reason).toBe('session_revoked')
    expect(other.session.signal.aborted).toBe(false)
    await refused(of, by(token), 'credential_revoked')
    of.clock.advance(60_000)
    await refused(of, by(of.tokenOf('ada', { sid: 'phone' })), 'credential_revoked')
  })

  it('ends with a logout everywhere, and only a JWT from after it opens another', async () => {
    const of = rig(ALL_ON)
    const before = of.tokenOf('ada', { iat: Math.floor(of.clock.now() / 1000) - 10 })
    const sameSecond = of.tokenOf('ada')
    const { session } = await admitted(of, by(before))
    const body = { everywhere: true }
    await of.ask({ method: 'POST', target: '/api/websocket/logout', token: before, body })
    await of.clock.run(0)
    expect(session.signal.reason).toBe('session_revoked')
    await refused(of, by(before), 'credential_revoked')
    const decision = await admit(of, by(sameSecond, { protocols: ['wsticket.refused'] }))
    expect(decision).toMatchObject({
      answer: 'socket',
      refusal: { code: 'credential_invalid', retryAfterSeconds: 1 },
    })
    of.clock.advance(1000)
    await admitted(of, by(of.tokenOf('ada')))
  })
})

describe('a ticket and a JWT in one upgrade', () => {
  it('are decided about by the ticket: a bad one is refused, however good the JWT', async () => {
    const of = rig(ALL_ON)
    const { ticket } = await of.ticketOf('ada')
    const eve = of.tokenOf('eve')
    const both = (one: string): UpgradeAsk => ({ ticket: one, protocols: [`jwt.${eve}`] })
    const { session } = await admitted(of, both(ticket))
    expect(session).toMatchObject({ pathway: 'ticket', principal: { subject: 'ada' } })
    expect(await refused(of, both(ticket), 'ticket_used')).toMatchObject({ pathway: 'ticket' })
    await refused(of, both(FORGED), 'ticket_unknown')
    await refused(of, both('wst1_'), 'ticket_unknown')
    await refused(of, by(eve, { target: `/ws?ticket=${FORGED}` }), 'ticket_unknown')
    expect(of.take('pathway.used')).toEqual([])
  })

  it('are decided about by the JWT where tickets are switched off: what is closed is not looked at', async () => {
    const of = rig({ pathways: { ticket: 'off', jwtSubprotocol: 'on', anonymous: 'on' } })
    const both = { ticket: FORGED, protocols: [`jwt.${of.tokenOf('eve')}`] }
    const { session } = await admitted(of, both)
    expect(session).toMatchObject({ pathway: 'jwt_subprotocol', principal: { subject: 'eve' } })
    await refused(of, { ...both, protocols: ['jwt.bad'] }, 'credential_invalid')
  })
})

describe('tickets that are switched off', () => {
  const off: RigOptions = { pathways: { ticket: 'off', jwtSubprotocol: 'on' } }

  it('are neither issued nor redeemed, on any way', async () => {
    const of = rig(off)
    const ask = { method: 'POST', target: '/api/websocket/ticket' }
    for (const token of [of.tokenOf('ada'), undefined]) {
      const reply = await of.ask({ ...ask, ...(token !== undefined && { token }) })
      expect([reply.status, reply.json.code]).toEqual([403, 'pathway_disabled'])
    }
    expect(of.take('request.refused')).toHaveLength(2)
    const principal = { subject: 'ada', permissions: [], claims: {} }
    expect(await of.wsticket.issue(principal)).toMatchObject({ refusal: { code: 'pathway_disabled' } })
    expect(await refused(of, { ticket: FORGED }, 'pathway_disabled')).toMatchObject({ pathway: 'ticket' })
    await refused(of, { ticket: FORGED, by: 'query' }, 'pathway_disabled')
    const redeemed = await of.wsticket.redeem(FORGED, { audience: '/ws', carrier: 'payload' })
    expect(redeemed).toMatchObject({ ok: false, refusal: { code: 'pathway_disabled' } })
    expect(of.take('redeem.refused')).toMatchObject([
      { code: 'pathway_disabled', pathway: 'ticket', carrier: 'payload' },
    ])
  })

  it.each(['ENABLE_TICKET_AUTH', 'ENABLE_WEBSOCKET_TICKETS'])('may be so by %s', async (name) => {
    vi.stubEnv(name, 'false')
    const of = rig(JWT_ON)
    await refused(of, { ticket: FORGED }, 'pathway_disabled')
    await admitted(of, by(of.tokenOf('ada')))
    expect(() => rig()).toThrow(/^pathways: every one is off/)
    vi.stubEnv(name, 'true')
    const on = rig(off)
    await admitted(on, { ticket: (await on.ticketOf('ada')).ticket })
  })

  it('are told as deprecated where they are set to warn, by upgrade and without', async () => {
    const of = rig({ pathways: { ticket: 'warn' } })
    await admitted(of, { ticket: (await of.ticketOf('ada')).ticket })
    await of.wsticket.redeem((await of.ticketOf('ada')).ticket, { audience: '/ws' })
    expect(of.take('ticket.redeemed')).toHaveLength(2)
    expect(of.take('pathway.used')).toMatchObject([
      { pathway: 'ticket', deprecated: true },
      { pathway: 'ticket', deprecated: true },
    ])
  })
})

describe('an anonymous upgrade', () => {
  it('is refused until somebody switches that on', async () => {
    const of = rig(JWT_ON)
    const told = await refused(of, { protocols: ['wsticket.v1'] }, 'credential_missing')
    expect(told.pathway).toBeUndefined()
  })

  it('opens a session of nobody in particular, with no permissions, bounded by the session maximum', async () => {
    const of = rig({ ...ALL_ON, sessions: { maxSeconds: 3600 } })
    const first = await admitted(of, { protocols: ['wsticket.v1', 'chat.v2'] })
    const second = await admitted(of, {})
    expect(first).toMatchObject({ protocols: ['chat.v2'], fallbackProtocol: 'wsticket.v1' })
    expect(second.fallbackProtocol).toBeUndefined()
    for (const { session } of [first, second]) {
      expect(session).toMatchObject({
        pathway: 'anonymous',
        carrier: undefined,
        principal: { issuer: 'wsticket:anonymous', permissions: [], claims: {} },
      })
      expect(session.principal.subject).toMatch(/^anonymous:[A-Za-z0-9_-]{22}$/)
      expect(session.deadline - of.clock.now()).toBe(3_600_000)
    }
    expect(first.session.principal.subject).not.toBe(second.session.principal.subject)
    expect(of.take('pathway.used')).toMatchObject([{ pathway: 'anonymous' }, { pathway: 'anonymous' }])
    // An operator ends one, or all sockets of one, like anybody's.
    expect(await of.wsticket.revoke({ session: first.session.ref })).toBe(true)
    const { issuer, subject } = second.session.principal
    await of.wsticket.revoke({ issuer, subject })
    await of.clock.run(0)
    expect([first, second].map(({ session }) => session.signal.reason)).toEqual([
      'session_closed',
      'session_revoked',
    ])
  })

  // They were let in as nobody, and nobody was told.
  it('is none with a bearer in its header; a password of a proxy’s says nothing', async () => {
    const of = rig(ALL_ON)
    for (const bearer of ['Bearer abc', 'bearer abc', 'Bearer']) {
      await refused(of, { headers: { authorization: bearer } }, 'credential_missing')
    }
    const { session } = await admitted(of, { headers: { authorization: 'Basic YTpi' } })
    expect(session.pathway).toBe('anonymous')
  })

  it('has the permissions and claims that were named for it', async () => {
    const of = rig({
      pathways: { anonymous: { mode: 'warn', permissions: ['read'], claims: { guest: true } } },
    })
    const { session } = await admitted(of, {})
    expect(session.principal).toMatchObject({ permissions: ['read'], claims: { guest: true } })
    expect(of.take('pathway.used')).toMatchObject([{ pathway: 'anonymous', deprecated: true }])
  })

  it('keeps to the Origin as everybody does', async () => {
    const of = rig(ALL_ON)
    await refused(of, { origin: FOREIGN }, 'origin_refused')
    await refused(of, { origin: 'null' }, 'origin_refused')
  })

  const presented: readonly (readonly [string, UpgradeAsk, RefusalCode])[] = [
    ['a forged ticket', { ticket: FORGED }, 'ticket_unknown'],
    ['a forged ticket in the query', { ticket: FORGED, by: 'query' }, 'ticket_unknown'],
    ['half a ticket', { ticket: 'wst1_short' }, 'ticket_unknown'],
    ['a ticket without wsticket.v1', { protocols: [`wsticket.${FORGED}`] }, 'credential_missing'],
    ['what should be a ticket', { protocols: ['wsticket.v1', 'wsticket.undefined'] }, 'credential_missing'],
    ['an empty ticket', { protocols: ['wsticket.v1', 'wsticket.'] }, 'credential_missing'],
    ['another version', { protocols: ['wsticket.v1', 'wsticket.v2'] }, 'credential_missing'],
    ['a bad JWT', by('bad'), 'credential_invalid'],
    ['an empty JWT', { protocols: ['wsticket.v1', 'jwt.'] }, 'credential_invalid'],
    ['a malformed header', { protocols: ['wsticket.v1', 'wsticket.v1'] }, 'request_invalid'],
  ]
  it.each(presented)('is nobody who presents %s', async (_what, upgrade, code) => {
    const of = rig(ALL_ON)
    await refused(of, upgrade, code)
    expect(of.take('session.opened')).toEqual([])
  })

  it('is nobody whose credential belongs to a pathway that is closed: no downgrade is silent', async () => {
    const of = rig({ pathways: { ticket: 'off', anonymous: 'on' } })
    const token = of.tokenOf('ada')
    expect(await refused(of, by(token), 'pathway_disabled')).toMatchObject({ pathway: 'jwt_subprotocol' })
    expect(await refused(of, { ticket: FORGED }, 'pathway_disabled')).toMatchObject({ pathway: 'ticket' })
    await refused(of, { ticket: FORGED, protocols: [`jwt.${token}`] }, 'pathway_disabled')
    await admitted(of, {})
  })
})

describe('the caps of those who come without a ticket', () => {
  it('are the same: a rate for each user, which tickets and sessions share', async () => {
    const of = rig({ ...JWT_ON, limits: { issuePerUser: { burst: 2, perSecond: 1 } } })
    await of.ticketOf('ada')
    await admitted(of, by(of.tokenOf('ada')))
    const decision = await admit(of, by(of.tokenOf('ada', { jti: 'another' })))
    expect(decision).toMatchObject({ refusal: { code: 'rate_limited', retryAfterSeconds: 1 } })
    await admitted(of, by(of.tokenOf('eve')))
    of.clock.advance(1000)
    await admitted(of, by(of.tokenOf('ada')))
  })

  it('count each upgrade as a request for a ticket from its address, before anything is verified', async () => {
    const asked: unknown[] = []
    const of = rig({
      ...ALL_ON,
      authenticate: async (request) => void asked.push(request),
      limits: { issuePerAddress: { burst: 2, perSecond: 0.5 } },
    })
    await admitted(of, {})
    await refused(of, by('bad'), 'credential_invalid')
    for (const upgrade of [{}, by('bad')]) {
      const told = await refused(of, upgrade, 'rate_limited')
      expect(told).toMatchObject({ reason: 'requests of one address' })
      expect(await admit(of, upgrade)).toMatchObject({ refusal: { retryAfterSeconds: 2 } })
    }
    const reply = await of.ask({ method: 'POST', target: '/api/websocket/ticket', token: 'bad' })
    expect(reply.json.code).toBe('rate_limited')
    expect(asked).toHaveLength(1)
    await admitted(of, { peer: '198.51.100.1' })
    of.clock.advance(2000)
    await admitted(of, {})
  })

  it('do not count upgrades by ticket there: those were counted when it was issued', async () => {
    const of = rig({ ...ALL_ON, limits: { issuePerAddress: { burst: 2, perSecond: 0.001 } } })
    const tickets = [await of.ticketOf('ada'), await of.ticketOf('ada')]
    for (const { ticket } of tickets) await admitted(of, { ticket })
    await refused(of, { ticket: FORGED }, 'ticket_unknown')
    await refused(of, {}, 'rate_limited')
  })

  it('hold at the cap on a user’s sockets, and leave the user’s tickets alone', async () => {
    const of = rig({ ...JWT_ON, limits: { sessionsPerUser: 1, outstandingPerUser: 1 } })
    const { ticket, ref } = await of.ticketOf('ada')
    const first = await admitted(of, by(of.tokenOf('ada')))
    await refused(of, by(of.tokenOf('ada')), 'session_limit')
    expect(of.take('ticket.voided')).toEqual([])
    expect(await of.wsticket.inspect(ref)).toMatchObject({ state: 'outstanding' })
    await refused(of, { ticket }, 'session_limit')
    first.release()
    await admitted(of, { ticket })
  })

  it('let all tabs of a user back in at once, however few tickets may be outstanding', async () => {
    const clock = manualClock()
    const memory = memoryStore({ clock })
    const TABS = 20
    let issued = 0
    let allIssued = (): void => {}
    const meanwhile = new Promise<void>((resolve) => {
      allIssued = resolve
    })
    const store = storeWith(memory, {
      issue: async (...args) => {
        const outcome = await memory.issue(...args)
        issued += 1
        if (issued === TABS) allIssued()
        return outcome
      },
      redeem: async (...args) => {
        await meanwhile
        return memory.redeem(...args)
      },
    })
    const of = rig({ ...JWT_ON, clock, store, limits: { outstandingPerUser: 2, sessionsPerUser: TABS } })
    const tabs = Array.from({ length: TABS }, () => admit(of, by(of.tokenOf('ada'))))
    const decisions = await Promise.all(tabs)
    expect(decisions.map((decision) => decision.ok || decision.refusal.code)).toEqual(tabs.map(() => true))
  })

  it('count a socket that is being verified as one of its address, and free it at every way out', async () => {
    let answer = (_principal: undefined): void => {}
    const of = rig({
      ...JWT_ON,
      limits: { socketsPerAddress: 1 },
      authenticate: () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    })
    const waiting = admit(of, by('opaque'))
    await of.clock.run(0)
    await refused(of, by('another'), 'rate_limited')
    answer(undefined)
    expect(await waiting).toMatchObject({ refusal: { code: 'credential_invalid' } })
    // One that never answers is given up after its budget.
    const late = admit(of, by('opaque'))
    await of.clock.run(10_000)
    expect(await late).toMatchObject({ refusal: { code: 'identity_unavailable' } })
    void admit(of, by('opaque'))
    await of.clock.run(0)
    answer(undefined)
  })

  it('refuse claims that are too large for the store, as at the issue', async () => {
    const of = rig(JWT_ON)
    const decision = await admit(of, by(of.tokenOf('ada', { photo: 'x'.repeat(5000) })))
    expect(decision).toMatchObject({ refusal: { code: 'request_invalid' }, answer: 'http' })
  })
})

describe('a node that drains while a credential is verified', () => {
  it('opens nothing any more, though the store is let go of by then', async () => {
    let answer = (): void => {}
    const of = rig({
      ...JWT_ON,
      authenticate: () =>
        new Promise((resolve) => {
          answer = () => resolve({ subject: 'ada', permissions: [], claims: {} })
        }),
    })
    const waiting = admit(of, by('opaque'))
    await of.clock.run(0)
    await of.wsticket.close()
    answer()
    expect(await waiting).toMatchObject({ refusal: { code: 'draining' } })
    expect(of.take('session.opened')).toEqual([])
  })
})
