import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { fails, storeWith } from '../../test/broken-store.js'
import { ORIGIN, type Reply, type Rig, rig, upgradeRequest } from '../../test/rig.js'
import { manualClock } from '../conformance/manual-clock.js'
import { memoryStore } from '../stores/memory.js'

function post(
  of: Rig,
  body?: unknown,
  claims: object = {},
  headers: Record<string, string> = {},
): Promise<Reply> {
  const target = PATHS.ticket
  return of.ask({
    method: 'POST',
    target,
    token: of.tokenOf('ada', claims),
    headers,
    ...(body === undefined ? {} : { body }),
  })
}

/** The path of an operation on a ticket or session. */
function at(path: string, ref: string): string {
  return path.replace('{ref}', ref)
}

describe('POST ticket', () => {
  it.each([PATHS.ticket, ...PATHS.ticketAliases])(
    'at %s answers 201 with a ticket that is ready to dial',
    async (target) => {
      const of = rig()
      const now = of.clock.now() / 1000
      const reply = await of.ask({ method: 'POST', target, token: of.tokenOf('ada') })
      expect(reply.status).toBe(201)
      expect(reply.json).toEqual({
        ticket_id: expect.stringMatching(/^wst1_[0-9a-f]{2}[A-Za-z0-9_-]{54}$/),
        ref: expect.stringMatching(/^[0-9a-f]{2}[A-Za-z0-9_-]{22}$/),
        created_at: now,
        expires_at: now + 300,
        ttl_seconds: 300,
        single_use: true,
        websocket_url: `wss://api.example.com/?ticket=${String(reply.json.ticket_id)}`,
      })
      expect(of.take('ticket.issued')).toMatchObject([
        { ref: reply.json.ref, subject: 'ada', address: '192.0.2.1' },
      ])
    },
  )

  it.each([undefined, '', '{}', '{"ttl_seconds":60}'])('takes %j as its body', async (body) => {
    expect(await post(rig(), body)).toMatchObject({ status: 201 })
  })

  it('grants what is asked for', async () => {
    const of = rig({ audiences: ['/ws', '/feed'] })
    const wishes = {
      ttl_seconds: 30,
      single_use: false,
      permissions: ['b'],
      metadata: { a: [1, null] },
      audience: '/feed',
    }
    const reply = await post(of, wishes, { permissions: ['a', 'b'] })
    expect(reply).toMatchObject({ status: 201, json: { ttl_seconds: 30, single_use: false } })
    const known = await of.wsticket.inspect(String(reply.json.ref))
    expect(known).toMatchObject({
      record: {
        audience: '/feed',
        metadata: { a: [1, null] },
        principal: { permissions: ['b'] },
        singleUse: false,
      },
    })
  })

  it.each([30, 3600])('takes a life of %i seconds', async (ttl_seconds) => {
    expect(await post(rig(), { ttl_seconds }, { exp: 2_000_000_000, iat: 1_699_999_999 })).toMatchObject({
      status: 401,
    })
    expect(await post(rig(), { ttl_seconds }, { exp: 1_700_000_000 + 80_000 })).toMatchObject({
      status: 201,
      json: { ttl_seconds },
    })
  })

  it('keeps to the longest life that was configured', async () => {
    const of = rig({ tickets: { maxTtlSeconds: 120, ttlSeconds: 60 } })
    expect(await post(of, { ttl_seconds: 120 })).toMatchObject({ status: 201 })
    expect(await post(of, { ttl_seconds: 121 })).toMatchObject({ status: 400 })
    expect(await post(of)).toMatchObject({ json: { ttl_seconds: 60 } })
  })

  it('never lets a ticket outlive its JWT, also when less than 30 seconds are left', async () => {
    const of = rig()
    const now = of.clock.now() / 1000
    const reply = await post(of, { ttl_seconds: 300 }, { exp: now + 12 })
    expect(reply.json).toMatchObject({ expires_at: now + 12, ttl_seconds: 12 })
    expect(await post(of, {}, { exp: now - 3 })).toMatchObject({
      status: 401,
      json: { code: 'credential_invalid' },
    })
  })

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['an unknown field', { ttl: 60 }, /unknown field: ttl$/],
    ['several unknown fields', { a: 1, b: 2 }, /unknown field: a, b$/],
    ['a field of every object', { constructor: 1 }, /unknown field: constructor/],
    ['a prototype', '{"__proto__":{"ttl_seconds":60}}', /unknown field: __proto__/],
    ['a prototype further in', '{"metadata":{"a":[{"__proto__":{}}]}}', /unknown field: __proto__/],
    ['too short a life', { ttl_seconds: 29 }, /ttl_seconds/],
    ['too long a life', { ttl_seconds: 3601 }, /ttl_seconds/],
    ['half seconds', { ttl_seconds: 60.5 }, /ttl_seconds/],
    ['a life in text', { ttl_seconds: '60' }, /ttl_seconds/],
    ['a life beyond all numbers', '{"ttl_seconds":1e400}', /ttl_seconds/],
    ['single_use in text', { single_use: 'false' }, /single_use/],
    ['permissions in text', { permissions: 'read' }, /permissions/],
    ['numbers among permissions', { permissions: ['read', 1] }, /permissions.1/],
    ['too many permissions', { permissions: Array.from({ length: 257 }, () => 'a') }, /permissions/],
    ['metadata that is a list', { metadata: [] }, /metadata/],
    ['metadata that is text', { metadata: 'x' }, /metadata/],
    ['metadata over 2 KiB', { metadata: { a: 'x'.repeat(2041) } }, /metadata must be at most 2048 bytes/],
    [
      'metadata over 2 KiB in UTF-8',
      { metadata: { a: 'ü'.repeat(1021) } },
      /metadata must be at most 2048 bytes/,
    ],
    [
      'metadata of no end',
      `{"metadata":{"a":${'['.repeat(4000)}${']'.repeat(4000)}}}`,
      /nest deeper than 32/,
    ],
    ['an unknown audience', { audience: '/other' }, /audience must be one of: \/ws/],
    ['an audience that is no text', { audience: 1 }, /audience/],
    ['a list', [], /the body/],
    ['null', 'null', /the body/],
    ['text', '"ttl_seconds"', /the body/],
    ['half a body', '{"ttl_seconds":60', /not valid JSON/],
    ['two bodies', '{}{}', /not valid JSON/],
    ['another format', 'ttl_seconds=60', /not valid JSON/],
  ]

  it.each(bad)('refuses %s with 400 and says which field', async (_what, body, detail) => {
    const of = rig()
    const reply = await post(of, body)
    expect(reply).toMatchObject({
      status: 400,
      json: { code: 'request_invalid', detail: expect.stringMatching(detail) },
    })
    expect(of.take('request.refused')).toMatchObject([{ code: 'request_invalid', operation: 'ticket' }])
    expect(of.take('ticket.issued')).toEqual([])
  })

  it('takes metadata of 2 KiB to the byte', async () => {
    expect(await post(rig(), { metadata: { a: 'x'.repeat(2040) } })).toMatchObject({ status: 201 })
  })

  it('tells no more of a wild body than helps, and redacts it', async () => {
    const ticket = `wst1_00${'A'.repeat(54)}`
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field-${index}`, 1]))
    const detail = String((await post(rig(), many)).json.detail)
    expect(detail).toBe('unknown field: field-0, field-1, field-2, field-3, field-4')
    const of = rig()
    const reply = await post(of, { [ticket]: 1, ['x'.repeat(200)]: 1 })
    expect(reply.json.detail).toBe(`unknown field: wst1_[redacted], ${'x'.repeat(64)}…`)
    expect(JSON.stringify(of.heard)).not.toContain(ticket)
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'multipart/form-data',
    '',
  ])('refuses a body of type %j with 415', async (type) => {
    expect(await post(rig(), '{}', {}, { 'content-type': type })).toMatchObject({ status: 415 })
  })

  it.each(['application/json', 'Application/JSON', 'application/json; charset=utf-8'])(
    'takes a body of type %s',
    async (type) => {
      expect(await post(rig(), '{}', {}, { 'content-type': type })).toMatchObject({ status: 201 })
    },
  )

  it('refuses a body over 8 KiB with 413', async () => {
    expect(await post(rig(), `"${'x'.repeat(8190)}"`)).toMatchObject({ status: 400 })
    expect(await post(rig(), `"${'x'.repeat(8191)}"`)).toMatchObject({
      status: 413,
      json: { code: 'request_invalid' },
    })
  })

  it('refuses what the credential does not grant with 403', async () => {
    const beyond = await post(rig(), { permissions: ['a', 'admin'] }, { permissions: ['a'] })
    expect(beyond).toMatchObject({ status: 403, json: { code: 'permissions_exceeded' } })
    expect(beyond.text).not.toContain('admin')
    const reusable = await post(rig({ tickets: { reusable: false } }), { single_use: false })
    expect(reusable).toMatchObject({ status: 403, json: { code: 'permissions_exceeded' } })
  })

  it('wants to be told the audience where there are several', async () => {
    const of = rig({ audiences: ['/ws', '/feed'] })
    expect(await post(of)).toMatchObject({
      status: 400,
      json: { detail: 'audience must be one of: /ws, /feed' },
    })
    expect(await post(of, { audience: '/feed' })).toMatchObject({ status: 201 })
  })

  it('refuses claims that are too large to be kept, and says what to do', async () => {
    expect(await post(rig(), {}, { note: 'x'.repeat(4096) })).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining('keep fewer claims') },
    })
  })

  it('refuses a credential that is missing, doubled, of another scheme or bad', async () => {
    const of = rig()
    const token = of.tokenOf('ada')
    const ask = (authorization: string | string[]): Promise<Reply> =>
      of.ask({ method: 'POST', target: PATHS.ticket, headers: { authorization } })
    expect(await of.ask({ method: 'POST', target: PATHS.ticket })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      json: { code: 'credential_missing' },
    })
    expect(await ask([`Bearer ${token}`, `Bearer ${token}`])).toMatchObject({
      status: 403,
      json: { code: 'credential_ambiguous' },
    })
    for (const value of [
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token} ${token}`,
      `Basic ${token}`,
      'Bearer',
      token,
      '',
    ]) {
      expect(await ask(value), value.slice(0, 12)).toMatchObject({ status: 401 })
    }
    expect(await ask(`Bearer ${token}x`)).toMatchObject({ status: 401, json: { code: 'credential_invalid' } })
    expect(await ask(`bearer  ${token}`)).toMatchObject({ status: 201 })
  })

  it('does not take a JWT from the query, where it would be logged', async () => {
    const of = rig()
    for (const name of ['access_token', 'token', 'jwt', 'ticket']) {
      const target = `${PATHS.ticket}?${name}=${of.tokenOf('ada')}`
      expect(await of.ask({ method: 'POST', target })).toMatchObject({ status: 401 })
    }
  })

  it('refuses a JWT that lives longer than a logout is remembered', async () => {
    const now = 1_700_000_000
    expect(await post(rig(), {}, { exp: now + 86_401 })).toMatchObject({
      status: 401,
      json: { code: 'credential_invalid' },
    })
    expect(await post(rig(), {}, { exp: now + 86_400 })).toMatchObject({ status: 201 })
  })
})

describe('the rate limits of POST ticket', () => {
  it('are told on every answer, for the user and for the address', async () => {
    const reply = await post(rig())
    expect(reply.headers).toMatchObject({
      'ratelimit-policy': '"user";q=60;w=60, "address";q=600;w=60',
      ratelimit: '"user";r=59;t=0, "address";r=599;t=0',
    })
  })

  it('refuse a user who takes too many, with Retry-After, and nobody else', async () => {
    const of = rig({ limits: { issuePerUser: { burst: 2, perSecond: 0.5 } } })
    await post(of)
    await post(of)
    expect(await post(of)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '2', ratelimit: '"user";r=0;t=2, "address";r=597;t=0' },
      json: { code: 'rate_limited', retry_after: 2 },
    })
    expect(await of.ask({ method: 'POST', target: PATHS.ticket, token: of.tokenOf('alan') })).toMatchObject({
      status: 201,
    })
    of.clock.advance(2000)
    expect(await post(of)).toMatchObject({ status: 201 })
  })

  it('refuse an address that asks too often, before anybody is identified', async () => {
    const of = rig({ limits: { issuePerAddress: { burst: 1, perSecond: 0.1 } } })
    expect(await of.ask({ method: 'POST', target: PATHS.ticket, token: 'garbage' })).toMatchObject({
      status: 401,
    })
    expect(await post(of)).toMatchObject({
      status: 429,
      headers: {
        'retry-after': '10',
        'ratelimit-policy': '"address";q=1;w=10',
        ratelimit: '"address";r=0;t=10',
      },
      json: { code: 'rate_limited', retry_after: 10 },
    })
    const elsewhere = { method: 'POST', target: PATHS.ticket, peer: '192.0.2.2' }
    expect(await of.ask({ ...elsewhere, token: of.tokenOf('ada') })).toMatchObject({ status: 201 })
  })

  it('do not let a client write its own address', async () => {
    const of = rig({ limits: { issuePerAddress: { burst: 1, perSecond: 0.1 } } })
    await post(of, undefined, {}, { 'x-forwarded-for': '203.0.113.1' })
    expect(await post(of, undefined, {}, { 'x-forwarded-for': '203.0.113.2' })).toMatchObject({ status: 429 })
  })

  it('say nothing of an address that has none', async () => {
    const exempt = await post(rig({ limits: { exempt: ['192.0.2.0/24'] } }))
    expect(exempt.headers).toMatchObject({ ratelimit: '"user";r=59;t=0' })
  })
})

describe('the websocket_url', () => {
  const dial = async (of: Rig, headers: Record<string, string> = {}, more: object = {}): Promise<unknown> => {
    const reply = await of.ask({
      method: 'POST',
      target: PATHS.ticket,
      token: of.tokenOf('ada'),
      headers,
      ...more,
    })
    return reply.status === 201 ? String(reply.json.websocket_url).replace(/=wst1_.*/, '=…') : reply.status
  }

  it('is publicUrl where that is configured, whatever the request says', async () => {
    const of = rig({
      publicUrl: 'wss://live.example.com/base/ws?v=1',
      audiences: [],
      trustedProxies: ['192.0.2.1'],
    })
    const forged = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' }
    expect(await dial(of, forged, { secure: false })).toBe('wss://live.example.com/base/ws?v=1&ticket=…')
  })

  it('has the path of the route, on the host of publicUrl where there are several', async () => {
    const of = rig({ publicUrl: 'wss://live.example.com', audiences: [] })
    of.wsticket.binding.registerRoute({ audience: 'chat', path: '/ws' })
    expect(await dial(of)).toBe('wss://live.example.com/ws?ticket=…')
    const prefixed = rig({ publicUrl: 'wss://live.example.com/base/ws', audiences: [] })
    prefixed.wsticket.binding.registerRoute({ audience: '/ws', path: '/ws' })
    // The proxy in front takes the prefix away; it was lost, and the route counted as a second audience.
    expect(await dial(prefixed)).toBe('wss://live.example.com/base/ws?ticket=…')
  })

  it('is else the connection’s scheme and its Host', async () => {
    const of = rig({ audiences: [] })
    of.wsticket.binding.registerRoute({ audience: '/ws', path: '/ws' })
    expect(await dial(of)).toBe('wss://api.example.com/ws?ticket=…')
    expect(await dial(of, { host: 'localhost:8080' }, { secure: false })).toBe(
      'ws://localhost:8080/ws?ticket=…',
    )
    expect(await dial(of, { host: '[::1]:8080' }, { secure: false })).toBe('ws://[::1]:8080/ws?ticket=…')
    expect(await dial(of, { 'x-forwarded-host': 'evil.example' })).toBe('wss://api.example.com/ws?ticket=…')
  })

  it('takes X-Forwarded-* only from trusted proxies', async () => {
    const of = rig({ trustedProxies: ['192.0.2.1'] })
    const headers = {
      host: 'internal:3000',
      'x-forwarded-host': 'api.example.com',
      'x-forwarded-proto': 'https',
    }
    expect(await dial(of, headers, { secure: false })).toBe('wss://api.example.com/?ticket=…')
    expect(await dial(of, headers, { secure: false, peer: '192.0.2.2' })).toBe('ws://internal:3000/?ticket=…')
    const chained = {
      ...headers,
      'x-forwarded-proto': 'http, https',
      'x-forwarded-host': 'evil.example, api.example.com',
    }
    expect(await dial(of, chained, { secure: false })).toBe('wss://api.example.com/?ticket=…')
    expect(await dial(of, { ...headers, 'x-forwarded-proto': 'http' })).toBe('ws://api.example.com/?ticket=…')
  })

  it.each([
    'evil.example/path',
    'evil.example?x',
    'evil.example#',
    'user@evil.example',
    'api.example.com@evil.example',
    'api.example.com evil.example',
    'api.example.com\r\nx: y',
    'api.example.com:99999',
    'api.example.com:',
    'api.example.com:80:80',
    'api.example.com,evil.example',
    '[::1',
    '[....]',
    '-',
    '..',
    '',
    'x'.repeat(300),
  ])('refuses the Host %j, and issues no ticket that would be lost', async (host) => {
    const of = rig()
    expect(await dial(of, { host })).toBe(400)
    expect(of.take('ticket.issued')).toEqual([])
    if (host.includes(',')) return
    expect(await dial(rig({ trustedProxies: ['192.0.2.1'] }), { 'x-forwarded-host': host })).toBe(400)
  })
})

describe('the binding cookie', () => {
  it('is given once, and an existing one is reused, so that tabs do not break each other', async () => {
    const of = rig({ bind: { cookie: true } })
    const first = (await post(of)).headers['set-cookie'] ?? ''
    expect(first).toMatch(/^__Host-wsticket=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
    const cookie = first.split(';')[0] ?? ''
    expect((await post(of, undefined, {}, { cookie })).headers['set-cookie']).toBe(first)
    expect(
      (await post(of, undefined, {}, { cookie: `${cookie}; ${cookie}` })).headers['set-cookie'],
    ).not.toBe(first)
    expect(
      (await post(of, undefined, {}, { cookie: '__Host-wsticket=short' })).headers['set-cookie'],
    ).not.toContain('=short')
  })

  it('is not given without that binding', async () => {
    expect((await post(rig())).headers).not.toHaveProperty('set-cookie')
  })
})

describe('GET validate', () => {
  const validate = (of: Rig, ref: string, token?: string): Promise<Reply> =>
    of.ask({ target: at(PATHS.validate, ref), ...(token === undefined ? {} : { token }) })

  it('tells, without consuming, whether a ticket is good, by ref and by ticket', async () => {
    const of = rig({ validate: 'public' })
    const { ticket, ref } = await of.ticketOf('ada', {
      claims: { email: 'ada@example.com', permissions: ['p'.repeat(300)] },
    })
    const known = {
      valid: true,
      expires_at: of.clock.now() / 1000 + 300,
      single_use: true,
      user: { user_id: 'ada', email: 'ada@example.com', permissions: ['p'.repeat(300)] },
    }
    expect(await validate(of, ref)).toMatchObject({ status: 200 })
    expect((await validate(of, ref)).json).toEqual(known)
    expect((await validate(of, ticket)).json).toEqual(known)
    expect(await of.wsticket.redeem(ticket, { audience: '/ws' })).toMatchObject({ ok: true })
  })

  it('tells used, revoked, voided, expired and unknown apart', async () => {
    const of = rig({ validate: 'public', limits: { outstandingPerUser: 2 } })
    const [voided, used, expired] = [
      await of.ticketOf('ada'),
      await of.ticketOf('ada'),
      await of.ticketOf('ada'),
    ]
    await of.wsticket.redeem(used.ticket, { audience: '/ws' })
    const revoked = await of.ticketOf('ada')
    await of.wsticket.revoke({ ticket: revoked.ref })
    of.clock.advance(300_000)
    const codes = []
    for (const { ref } of [voided, used, expired, revoked]) codes.push((await validate(of, ref)).json)
    expect(codes).toMatchObject([
      { valid: false, code: 'ticket_voided' },
      { valid: false, code: 'ticket_used' },
      { valid: false, code: 'ticket_expired' },
      { valid: false, code: 'ticket_revoked' },
    ])
    for (const ref of ['nonsense', `00${'A'.repeat(22)}`, `wst1_00${'A'.repeat(54)}`]) {
      expect((await validate(of, ref)).json).toEqual({ valid: false, code: 'ticket_unknown' })
    }
  })

  it('tells only the owner in production; to others a ticket looks unknown, to the byte', async () => {
    const of = rig({ validate: 'owner' })
    const { ticket, ref } = await of.ticketOf('ada')
    expect(await validate(of, ref)).toMatchObject({ status: 401 })
    expect(await validate(of, ref, of.tokenOf('ada'))).toMatchObject({ json: { valid: true } })
    const eve = of.tokenOf('eve')
    const foreign = await validate(of, ref, eve)
    for (const other of [ticket, `00${'A'.repeat(22)}`, 'nonsense']) {
      const reply = await validate(of, other, eve)
      expect([reply.status, reply.text, reply.headers]).toEqual([
        foreign.status,
        foreign.text,
        foreign.headers,
      ])
    }
    expect(foreign.json).toEqual({ valid: false, code: 'ticket_unknown' })
  })

  it('knows the owner where authenticate names its issuer once for all', async () => {
    const bare = async (): Promise<{ subject: string; permissions: string[]; claims: object }> => ({
      subject: 'ada',
      permissions: [],
      claims: {},
    })
    // A ticket kept the issuer, the caller had none of its own, and so was a stranger to the own ticket.
    const of = rig({
      validate: 'owner',
      authenticate: Object.assign(bare, { issuer: 'https://id.example.com' }) as never,
    })
    const { ref } = await of.ticketOf('ada')
    expect(await validate(of, ref, 'x')).toMatchObject({ json: { valid: true } })
  })

  it('refuses a credential that a logout has overtaken', async () => {
    const of = rig({ validate: 'owner' })
    const { ref } = await of.ticketOf('ada', { claims: { sid: 's' } })
    const token = of.tokenOf('ada', { sid: 's' })
    await of.wsticket.revoke({ subject: 'ada', login: 's' })
    expect(await validate(of, ref, token)).toMatchObject({
      status: 401,
      json: { code: 'credential_revoked' },
    })
  })
})

describe('DELETE ticket', () => {
  const remove = (of: Rig, ref: string, token?: string): Promise<Reply> =>
    of.ask({
      method: 'DELETE',
      target: at(PATHS.ticketByRef, ref),
      ...(token === undefined ? {} : { token }),
    })

  it('revokes at once, by ref and by ticket', async () => {
    const of = rig()
    const [one, two] = [await of.ticketOf('ada'), await of.ticketOf('ada')]
    for (const [name, ticket] of [
      [one.ref, one.ticket],
      [two.ticket, two.ticket],
    ] as const) {
      expect(await remove(of, name, of.tokenOf('ada'))).toMatchObject({
        status: 200,
        json: { revoked: true },
      })
      expect(await of.wsticket.redeem(ticket, { audience: '/ws' })).toMatchObject({
        refusal: { code: 'ticket_revoked' },
      })
    }
    expect(of.take('ticket.revoked')).toMatchObject([{ ref: one.ref }, { ref: two.ref }])
  })

  it('answers 404 with the same bytes for unknown ones and for somebody else’s, which stays good', async () => {
    const of = rig()
    const { ticket, ref } = await of.ticketOf('ada')
    const eve = of.tokenOf('eve')
    const foreign = await remove(of, ref, eve)
    expect(foreign).toMatchObject({ status: 404, json: { code: 'not_found' } })
    for (const other of [ticket, `00${'A'.repeat(22)}`, 'nonsense', `wst1_00${'A'.repeat(54)}`]) {
      const reply = await remove(of, other, eve)
      expect([reply.status, reply.text, reply.headers]).toEqual([
        foreign.status,
        foreign.text,
        foreign.headers,
      ])
    }
    expect(await of.wsticket.inspect(ref)).toMatchObject({ state: 'outstanding' })
    expect(await remove(of, ref)).toMatchObject({ status: 401 })
  })

  it('takes two issuers’ equal subjects for strangers', async () => {
    const of = rig({
      authenticate: async ({ bearer }) => ({
        issuer: bearer ?? '',
        subject: 'ada',
        permissions: [],
        claims: {},
      }),
    })
    const reply = await of.ask({ method: 'POST', target: PATHS.ticket, token: 'https://one.example' })
    const ref = String(reply.json.ref)
    expect(await remove(of, ref, 'https://two.example')).toMatchObject({ status: 404 })
    expect(await remove(of, ref, 'https://one.example')).toMatchObject({ status: 200 })
  })
})

describe('GET status', () => {
  it('tells the store, its promises, the configuration and the counters, to anyone', async () => {
    const of = rig({ limits: { outstandingPerUser: 7 } })
    const { ticket } = await of.ticketOf('ada')
    await of.wsticket.binding.desk.admit(upgradeRequest({ ticket }), '/ws')
    await of.wsticket.binding.desk.admit(upgradeRequest({ ticket }), '/ws')
    const reply = await of.ask({ target: PATHS.status, headers: { origin: ORIGIN } })
    expect(reply.json).toEqual({
      status: 'ok',
      store: {
        kind: 'memory',
        reachable: true,
        latency_ms: 0,
        promises: { single_use: 'absolute', revocation: 'absolute', shared: 'process' },
        warnings: [],
      },
      tickets: {
        default_ttl_seconds: 300,
        max_ttl_seconds: 3600,
        reusable: true,
        outstanding_per_user: 7,
        sessions_per_user: 20,
      },
      counters: { issued: 1, redeemed: 1, refused: 1, revoked: 0, expired: 0, sessions_live: 1 },
    })
    expect(reply.text).not.toMatch(/ada|wst1_/)
  })

  it('tells what the store cannot promise, and what to do about it', async () => {
    const clock = manualClock()
    const memory = memoryStore({ clock })
    const warnings = ['Set maxmemory-policy noeviction: revocations may be evicted.']
    const of = rig({
      clock,
      store: storeWith(memory, { health: async () => ({ ...(await memory.health()), warnings }) }),
    })
    expect(await of.ask({ target: PATHS.status })).toMatchObject({
      status: 200,
      json: { store: { warnings } },
    })
  })

  it.each(['throws', 'says so'])(
    'is 503 in the same shape when the store cannot be reached and %s',
    async (way) => {
      // It was a problem document without any of the fields that an operator asks for.
      const clock = manualClock()
      const memory = memoryStore({ clock })
      const health = way === 'throws' ? fails : async () => ({ ...(await memory.health()), reachable: false })
      const of = rig({ clock, store: storeWith(memory, { health }) })
      const reply = await of.ask({ target: PATHS.status })
      expect(reply).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        json: { status: 'unavailable', store: { kind: 'memory', reachable: false }, counters: { issued: 0 } },
      })
      expect(reply.text).not.toContain('ECONNREFUSED')
    },
  )
})

describe('GET config', () => {
  it('tells how to connect, to anyone', async () => {
    const of = rig({ tickets: { ttlSeconds: 60, maxTtlSeconds: 600 } })
    expect(await of.ask({ target: PATHS.config })).toMatchObject({
      status: 200,
      json: {
        pathways: ['ticket'],
        carriers: ['subprotocol', 'query'],
        ttl_seconds: 60,
        max_ttl_seconds: 600,
        refresh_threshold_seconds: 30,
      },
    })
  })

  it('names the pathways that are open, the one to prefer first', async () => {
    const of = rig({ pathways: { anonymous: 'warn', jwtSubprotocol: 'on' } })
    const { json } = await of.ask({ target: PATHS.config })
    expect(json.pathways).toEqual(['ticket', 'jwt_subprotocol', 'anonymous'])
  })

  it('says that tickets are switched off, and that nothing carries them then', async () => {
    const of = rig({ pathways: { ticket: 'off', jwtSubprotocol: 'on' } })
    const { json } = await of.ask({ target: PATHS.config })
    expect(json).toMatchObject({ pathways: ['jwt_subprotocol'], carriers: [] })
  })
})
