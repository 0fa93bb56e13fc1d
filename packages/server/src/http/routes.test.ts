import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { fails, hangs, storeWith } from '../../test/broken-store.js'
import { FOREIGN, httpRequest, ORIGIN, rig } from '../../test/rig.js'
import { manualClock } from '../conformance/manual-clock.js'
import { WsticketError } from '../errors.js'
import { memoryStore } from '../stores/memory.js'

const REF = `00${'A'.repeat(22)}`

/** Every path with the methods that it has. */
const ROUTES: readonly (readonly [string, readonly string[]])[] = [
  [PATHS.ticket, ['POST']],
  ...PATHS.ticketAliases.map((path) => [path, ['POST']] as const),
  [PATHS.validate.replace('{ref}', REF), ['GET']],
  [PATHS.ticketByRef.replace('{ref}', REF), ['DELETE']],
  [PATHS.status, ['GET']],
  [PATHS.renew.replace('{ref}', REF), ['POST']],
  [PATHS.sessions, ['GET']],
  [PATHS.sessionByRef.replace('{ref}', REF), ['DELETE']],
  [PATHS.logout, ['POST']],
  [PATHS.config, ['GET']],
]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'get', 'BREW']

describe('the paths', () => {
  it('have the names that the protocol give them', () => {
    expect(PATHS.ticket).toBe('/api/websocket/ticket')
    expect(PATHS.ticketAliases).toEqual(['/websocket/ticket', '/auth/ticket'])
  })

  it.each(ROUTES)('%s takes %j, and answers others with 405 and Allow', async (target, methods) => {
    const of = rig()
    for (const method of METHODS.filter((name) => !methods.includes(name))) {
      const reply = await of.ask({ method, target, token: of.tokenOf('ada') })
      expect(reply, method).toMatchObject({
        status: 405,
        headers: { allow: [...methods, 'OPTIONS'].join(', ') },
        json: { code: 'request_invalid' },
      })
    }
    expect(of.take('request.refused')).toHaveLength(METHODS.length - methods.length)
  })

  it.each([
    '/',
    '/api/websocket',
    '/api/websocket/ticket/',
    '/api/websocket/Ticket',
    '/api/websocket/ticket/a/b',
    '/api/websocket/session',
    '/api/websocket/session//renew',
    '//api/websocket/ticket',
    'http://api.example.com/api/websocket/ticket',
    '*',
    '',
  ])('do not have %j', async (target) => {
    const { wsticket } = rig()
    expect(await wsticket.binding.routes.handle(httpRequest({ method: 'POST', target }))).toBeUndefined()
  })

  it('are the same with a query', async () => {
    expect(await rig().ask({ target: `${PATHS.config}?x=1` })).toMatchObject({ status: 200 })
  })
})

describe('CORS', () => {
  it.each(ROUTES)('of %s answers the preflight of an allowed origin', async (target, methods) => {
    const of = rig()
    const reply = await of.ask({ method: 'OPTIONS', target, headers: { origin: ORIGIN } })
    expect(reply).toMatchObject({ status: 204, text: '' })
    expect(reply.headers).toMatchObject({
      vary: 'Origin',
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': [...methods, 'OPTIONS'].join(', '),
      'access-control-allow-headers': 'authorization, content-type, traceparent',
    })
    expect(reply.headers).not.toHaveProperty('access-control-allow-credentials')
  })

  it.each([FOREIGN, 'null', `${ORIGIN}.evil.example`, [ORIGIN, ORIGIN]])(
    'lets %j read nothing, and change nothing',
    async (origin) => {
      const of = rig()
      const { ref } = await of.ticketOf('ada')
      const headers = { origin }
      for (const [target, methods] of ROUTES) {
        for (const method of ['OPTIONS', ...methods]) {
          const reply = await of.ask({ method, target, headers, token: of.tokenOf('ada') })
          expect(reply.headers).not.toHaveProperty('access-control-allow-origin')
          if (method === 'POST' || method === 'DELETE') {
            expect(reply, target).toMatchObject({ status: 403, json: { code: 'origin_refused' } })
          }
        }
      }
      expect(await of.wsticket.inspect(ref)).toMatchObject({ state: 'outstanding' })
    },
  )

  it('exposes what clients must read, on successes and on refusals', async () => {
    const of = rig()
    const headers = { origin: ORIGIN }
    for (const token of [of.tokenOf('ada'), 'garbage']) {
      expect(await of.ask({ method: 'POST', target: PATHS.ticket, headers, token })).toMatchObject({
        headers: {
          'access-control-allow-origin': ORIGIN,
          'access-control-expose-headers': 'Retry-After, RateLimit, RateLimit-Policy, Date',
        },
      })
    }
  })

  it('allows credentials only with cookie binding', async () => {
    const of = rig({ bind: { cookie: true } })
    for (const method of ['OPTIONS', 'POST']) {
      const reply = await of.ask({
        method,
        target: PATHS.ticket,
        headers: { origin: ORIGIN },
        token: of.tokenOf('ada'),
      })
      expect(reply.headers).toMatchObject({ 'access-control-allow-credentials': 'true' })
    }
    const foreign = await of.ask({ method: 'OPTIONS', target: PATHS.ticket, headers: { origin: FOREIGN } })
    expect(foreign.headers).not.toHaveProperty('access-control-allow-credentials')
  })
})

describe('what is refused', () => {
  // The browser sends nothing after it and says only that there was no answer, so this is the one trace that there is.
  it('is told of a preflight, too', async () => {
    const of = rig()
    await of.ask({ method: 'OPTIONS', target: PATHS.ticket, headers: { origin: FOREIGN } })
    expect(of.take('request.refused')).toMatchObject([
      {
        code: 'origin_refused',
        operation: 'ticket',
        origin: FOREIGN,
        reason: 'this origin is not in "origins"',
      },
    ])
    await of.ask({ method: 'OPTIONS', target: PATHS.ticket, headers: { origin: ORIGIN } })
    expect(of.take('request.refused')).toEqual([])
  })

  it('is told with who asked and about what, as far as that is known', async () => {
    const of = rig()
    const token = of.tokenOf('ada')
    const { ref } = await of.ticketOf('alan')
    const askFor = async (named: string, more: object = {}): Promise<unknown> => {
      await of.ask({ method: 'DELETE', target: PATHS.ticketByRef.replace('{ref}', named), ...more })
      return of.take('request.refused')[0]
    }
    expect(await askFor(ref, { token })).toMatchObject({ code: 'not_found', subject: 'ada', ref })
    expect(await askFor('nonsense', { token })).toMatchObject({ subject: 'ada', ref: undefined })
    expect(await askFor(ref)).toMatchObject({
      code: 'credential_missing',
      subject: undefined,
      ref: undefined,
    })
    await of.ask({ method: 'POST', target: PATHS.ticket, token, body: { ttl_seconds: 1 } })
    expect(of.take('request.refused')).toMatchObject([{ code: 'request_invalid', subject: 'ada' }])
    of.clock.advance(2000)
    await of.wsticket.revoke({ subject: 'ada' })
    expect(await askFor(ref, { token })).toMatchObject({ code: 'credential_revoked', subject: 'ada' })
  })

  it('takes a ticket with a broken seal for an unknown one, and does not ask the store about it', async () => {
    const clock = manualClock()
    const calls = { inspect: fails, revoke: fails, renewSession: fails }
    const of = rig({ clock, store: storeWith(memoryStore({ clock }), calls) })
    const { ticket } = await of.ticketOf('ada')
    const forged = ticket.slice(0, -1) + (ticket.endsWith('A') ? 'B' : 'A')
    const token = of.tokenOf('ada')
    const at = (path: string): string => path.replace('{ref}', forged)
    expect(await of.ask({ target: at(PATHS.validate), token })).toMatchObject({
      json: { valid: false, code: 'ticket_unknown' },
    })
    for (const [method, path] of [
      ['DELETE', PATHS.ticketByRef],
      ['DELETE', PATHS.sessionByRef],
      ['POST', PATHS.renew],
    ] as const) {
      expect(await of.ask({ method, target: at(path), token })).toMatchObject({ status: 404 })
    }
    expect(of.take('store.failed')).toEqual([])
    expect(of.take('request.refused').map(({ ref }) => ref)).toEqual([undefined, undefined, undefined])
  })
})

describe('what fails', () => {
  it('is told without the ticket that somebody wrote into an error of ours', async () => {
    const of = rig({
      authenticate: async ({ bearer }) => {
        throw new WsticketError('identity_unavailable', `GET /introspect?token=${bearer}`)
      },
    })
    const token = of.tokenOf('ada')
    await of.ask({ method: 'POST', target: PATHS.ticket, token })
    expect(of.take('request.refused')).toMatchObject([{ reason: expect.stringContaining('GET /introspect') }])
    await of.ask({ method: 'POST', target: PATHS.ticket, token })
    expect(JSON.stringify(of.take('request.refused'))).not.toContain(token.split('.')[2])
  })

  const protectedRoutes = ROUTES.filter(([target]) => target !== PATHS.status && target !== PATHS.config)

  it.each(protectedRoutes)(
    '%s: without the identity service it is 503 with Retry-After',
    async (target, [method]) => {
      const of = rig({
        validate: 'owner',
        authenticate: async () => Promise.reject(new Error('ECONNREFUSED 10.1.2.3')),
      })
      const reply = await of.ask({ method: method ?? '', target, token: 'x' })
      expect(reply).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        json: { code: 'identity_unavailable' },
      })
      expect(reply.text).not.toContain('10.1.2.3')
      expect(of.take('identity.failed')).toMatchObject([{ message: 'ECONNREFUSED 10.1.2.3' }])
    },
  )

  it.each(protectedRoutes)(
    '%s: an identity service that does not answer is 503 in time',
    async (target, [method]) => {
      const of = rig({ validate: 'owner', authenticate: hangs })
      const waiting = of.ask({ method: method ?? '', target, token: 'x' })
      await of.clock.run(10_000)
      expect(await waiting).toMatchObject({ status: 503, json: { code: 'identity_unavailable' } })
    },
  )

  it.each(protectedRoutes)('%s: without the store it is 503 with Retry-After', async (target, [method]) => {
    const clock = manualClock()
    const calls = { issue: fails, inspect: fails, revoke: fails, renewSession: fails, checkCredential: fails }
    const of = rig({
      clock,
      validate: 'owner',
      store: storeWith(memoryStore({ clock }), { ...calls, listSessions: hangs }),
    })
    const waiting = of.ask({ method: method ?? '', target, token: of.tokenOf('ada') })
    await clock.run(2000)
    const reply = await waiting
    expect(reply).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { code: 'store_unavailable' },
    })
    expect(reply.text).not.toContain('ECONNREFUSED')
    expect(of.take('store.failed')).toHaveLength(1)
    expect(of.take('request.refused')).toHaveLength(1)
  })

  it('by a mistake of ours is 500 and says nothing of it', async () => {
    const of = rig({
      tickets: {
        ttlFor: () => {
          throw new Error('the password is hunter2')
        },
      },
    })
    const reply = await of.ask({
      method: 'POST',
      target: PATHS.ticket,
      token: of.tokenOf('ada'),
      headers: { origin: ORIGIN },
    })
    expect(reply.json).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 })
    expect(reply.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'access-control-allow-origin': ORIGIN,
    })
    expect(of.take('handler.failed')).toMatchObject([{ where: 'ticket', message: 'the password is hunter2' }])
  })

  it('because no route is known is a mistake of ours, told with its remedy to the operator only', async () => {
    const of = rig({ audiences: [] })
    const reply = await of.ask({ method: 'POST', target: PATHS.ticket, token: of.tokenOf('ada') })
    expect(reply.status).toBe(500)
    expect(of.take('handler.failed')).toMatchObject([{ message: expect.stringContaining('admitUpgrades') }])
  })
})
