import { createServer, type RequestListener } from 'node:http'
import { inspect } from 'node:util'
import { PATHS } from '@wsticket/protocol'
import { describe, expect, it, vi } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { authService, presenting, sendJson, type TestAuthService } from '../../test/auth-service.js'
import { type Canary, findLeaks, type Written } from '../../test/leaks.js'
import { type Rig, rig } from '../../test/rig.js'
import { serverLimits, ticketRoutes } from '../adapters/node-http.js'
import { manualClock } from '../conformance/manual-clock.js'
import { auditLog } from '../events/audit.js'
import { introspection } from './introspection.js'
import type { IntrospectionOptions } from './introspection-options.js'

const NOW = 1_700_000_000
const GOOD = { active: true, sub: 'ada', sid: 'login-1', scope: 'chat', iat: NOW - 60, exp: NOW + 900 }

interface Deployment {
  readonly service: TestAuthService
  readonly of: Rig
  /** Asks the ticket server over HTTP. */
  post(
    path: string,
    token?: string,
  ): Promise<{ status: number; retryAfter: number | undefined; text: string }>
}

/** A ticket server and an auth service, each a server of its own. */
async function deploy(options: Partial<IntrospectionOptions> = {}): Promise<Deployment> {
  const clock = manualClock(NOW * 1000)
  const service = await authService(GOOD)
  const of = rig({ clock, authenticate: introspection({ url: service.url, clock, ...options }) })
  const { http } = await listen(createServer(serverLimits, ticketRoutes(of.wsticket)))
  return {
    service,
    of,
    post: async (path, token = 'token-1') => {
      const answer = await fetch(http + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      })
      const retryAfter = answer.headers.get('retry-after')
      return {
        status: answer.status,
        retryAfter: retryAfter === null ? undefined : Number(retryAfter),
        text: await answer.text(),
      }
    },
  }
}

const DOWN: RequestListener = (_request, response) => sendJson(response, {}, 500)

describe('tickets by introspection', () => {
  it('are issued to whom the auth service knows', async () => {
    const { post, service, of } = await deploy({ client: { id: 'chat', secret: 'secret' } })
    const { status, text } = await post(PATHS.ticket)
    expect([status, JSON.parse(text)]).toMatchObject([201, { ttl_seconds: 300 }])
    expect(of.take('ticket.issued')).toMatchObject([{ subject: 'ada' }])
    service.behave({ active: false })
    const refused = await post(PATHS.ticket, 'token-2')
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([401, { code: 'credential_invalid' }])
    expect(of.take('request.refused')).toMatchObject([{ code: 'credential_invalid', reason: 'not active' }])
  })

  it('are a 503 with Retry-After while it is down, and come back by one try', async () => {
    const { post, service, of } = await deploy()
    service.behave(DOWN)
    for (let failure = 0; failure < 5; failure += 1) {
      const { status, retryAfter, text } = await post(PATHS.ticket, `token-${failure}`)
      expect([status, retryAfter, JSON.parse(text)]).toMatchObject([503, 1, { code: 'identity_unavailable' }])
    }
    expect(of.take('identity.failed')).toMatchObject(
      Array.from({ length: 5 }, () => ({ message: `the auth service at ${service.url} answered 500` })),
    )

    // From here on it is left alone.
    service.behave(GOOD)
    const refused = await post(PATHS.ticket)
    expect([refused.status, refused.retryAfter]).toEqual([503, 5])
    expect(of.take('identity.failed')).toMatchObject([
      { message: `not asked for another 5 s: the auth service at ${service.url} answered 500` },
    ])
    expect(service.asked.length).toBe(5)

    // Then one asks, and the others wait for how that goes.
    of.clock.advance(5000)
    let release = (): void => {}
    service.behave((_request, response) => {
      service.behave(GOOD)
      release = () => sendJson(response, GOOD)
    })
    const many = Array.from({ length: 10 }, (_none, index) => post(PATHS.ticket, `again-${index}`))
    const identified = vi.spyOn(of.wsticket.binding.routes, 'handle')
    await vi.waitUntil(() => service.asked.length === 6 && identified.mock.calls.length === 10)
    // Time enough for others to ask, if they did.
    for (let round = 0; round < 3; round += 1) expect((await post('/nowhere')).status).toBe(404)
    expect(service.asked.length).toBe(6)
    release()
    const statuses = (await Promise.all(many)).map(({ status }) => status)
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 201))
    expect(of.take('identity.failed')).toEqual([])
  })

  it('end with a logout at once, whatever is remembered', async () => {
    const { post, service } = await deploy({ cacheSeconds: 60 })
    expect((await post(PATHS.ticket)).status).toBe(201)
    expect((await post(PATHS.logout)).status).toBe(200)
    const after = await post(PATHS.ticket)
    expect([after.status, JSON.parse(after.text)]).toMatchObject([401, { code: 'credential_revoked' }])
    // It was the memory that answered each time.
    expect(service.asked.length).toBe(1)
  })

  it('end with a logout of a token without a login, too', async () => {
    const { post, service } = await deploy({ cacheSeconds: 60 })
    service.behave({ ...GOOD, sid: undefined })
    expect((await post(PATHS.ticket)).status).toBe(201)
    expect((await post(PATHS.logout)).status).toBe(200)
    expect(JSON.parse((await post(PATHS.ticket)).text)).toMatchObject({ code: 'credential_revoked' })
  })

  it('are still issued within the memory of a token that the service alone revoked, and not after', async () => {
    const { post, service, of } = await deploy()
    expect((await post(PATHS.ticket)).status).toBe(201)
    service.behave({ active: false })
    of.clock.advance(9_999)
    expect((await post(PATHS.ticket)).status).toBe(201)
    of.clock.advance(1)
    expect((await post(PATHS.ticket)).status).toBe(401)
  })
})

describe('no secret of introspection', () => {
  const TOKEN = 'opaque-token.of+Ada/2b9d1c~'
  const canaries: Canary[] = [
    { name: 'token', secret: TOKEN },
    { name: 'client secret', secret: 'client secret of chat' },
    { name: 'api key', secret: 'api-key-4711-0815' },
    { name: 'query', secret: 'key-in-the-query-7' },
  ]
  const [token, secret, key, query] = canaries.map((canary) => canary.secret)
  const echo = JSON.stringify({ active: 'maybe', token, secret, key, query })
  const told = { 'content-type': 'application/json', 'x-token': TOKEN }
  const behaviours: RequestListener[] = [
    (_request, response) => response.writeHead(200, told).end(echo),
    (_request, response) => response.writeHead(200, told).end(`${echo}}`),
    (_request, response) => response.writeHead(200, { 'content-type': TOKEN }).end(echo),
    (_request, response) => response.writeHead(500, TOKEN, told).end(echo),
    (_request, response) => response.writeHead(401, TOKEN, told).end(echo),
    (_request, response) => response.writeHead(429, TOKEN, { ...told, 'retry-after': TOKEN }).end(echo),
    (_request, response) => response.writeHead(302, { ...told, location: `/?token=${TOKEN}` }).end(echo),
    (_request, response) => response.writeHead(200, { ...told, 'content-encoding': 'gzip' }).end(echo),
    (_request, response) => response.writeHead(200, told).end(echo.padEnd(100_000)),
    (request) => void request.socket.end(`HTTP/1.1 200 OK\r\n${TOKEN}\r\n\r\n${echo}`),
    (request) => void request.socket.end(`${TOKEN}\r\n${echo}`),
    (request) => void request.socket.resetAndDestroy(),
    (_request, response) => sendJson(response, { active: false, token }),
    (_request, response) => sendJson(response, { ...GOOD, sub: undefined, token }),
    (_request, response) => sendJson(response, { ...GOOD, iss: token, sid: 7 }),
  ]

  it.each([
    ['the breaker closed', 1000],
    ['the breaker open', 1],
  ])('is written anywhere, with %s', async (_what, failures) => {
    const written: Written[] = []
    const write = (where: string, value: unknown): void => {
      written.push({ where, text: inspect(value, { depth: 20, showHidden: true, maxStringLength: null }) })
    }
    const service = await authService(GOOD)
    const options: IntrospectionOptions = {
      url: `${service.url}?key=${query}`,
      client: { id: 'chat', secret: secret ?? '' },
      headers: { 'x-api-key': key ?? '' },
      breaker: { failures },
      cacheSeconds: 0,
    }
    const clock = manualClock(NOW * 1000)
    const authenticate = introspection({ ...options, clock })
    const { of, post } = await deploy(options)
    of.wsticket.events.onAny((name, event) => write(`event ${name}`, event))
    const level = (fields: object, message: string): void => write('audit', [fields, message])
    auditLog(of.wsticket.events, { debug: level, info: level, warn: level, error: level })
    for (const [index, behaviour] of behaviours.entries()) {
      service.behave(behaviour)
      write(`answer ${index}`, await post(PATHS.ticket, TOKEN))
      write(`error ${index}`, await authenticate(presenting(TOKEN)).catch((error: unknown) => error))
    }
    const refused = written.filter(({ where }) => where === 'event request.refused')
    expect(refused.length).toBe(behaviours.length)
    expect(findLeaks(canaries, written)).toEqual([])
    // A leak would be found.
    write('a leak', { url: `https://id.example.com/?token=${TOKEN}` })
    expect(findLeaks(canaries, written)).toEqual(['token stands in a leak'])
    expect(service.asked[0]?.url).toContain(query)
  })
})
