import { createServer, request as httpRequest, type Server } from 'node:http'
import { connect } from 'node:net'
import { REFUSALS } from '@wsticket/protocol'
import { WsticketError } from '@wsticket/server'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { forwardingAuthStore } from '../../test/forwarding-auth-store.js'
import { anyNumber, anyString, containing, jsonOf, listen, portOf, textOf } from '../../test/helpers.js'
import { type AuthEvent, AuthService, type LogoutTarget } from './auth-service.js'
import type { AuthStore } from './auth-store.js'
import { addDemoUsers } from './demo-users.js'
import { memoryAuthStore } from './memory-auth-store.js'
import { authRoutes } from './node-auth.js'
import { PasswordHasher } from './passwords.js'

const ORIGIN = 'https://app.example.com'
const JSON_TYPE = { 'content-type': 'application/json' }

let server: Server
let base: string
let failing: Error | undefined
const ended: LogoutTarget[] = []
const errors: unknown[] = []
const events: AuthEvent[] = []

beforeAll(async () => {
  const memory = memoryAuthStore()
  const store: AuthStore = {
    ...forwardingAuthStore(() => memory),
    findUserByEmail: async (email) => {
      if (failing !== undefined) throw failing
      return await memory.findUserByEmail(email)
    },
  }
  const service = await AuthService.create({
    store,
    issuer: 'test',
    audience: 'chat',
    // What is tested here is not the strength of a hash, and some tests make dozens.
    hasher: new PasswordHasher({ cost: { N: 2, r: 1, p: 1 } }),
    onLogout: async (target) => {
      ended.push(target)
    },
    onEvent: (event) => events.push(event),
  })
  await addDemoUsers(service)
  const auth = authRoutes(service, { origins: [ORIGIN], onError: (error) => errors.push(error) })
  server = createServer((request, response) => {
    if (!auth(request, response)) response.writeHead(418).end('not mine')
  })
  base = `http://127.0.0.1:${await listen(server)}`
})

afterEach(() => {
  failing = undefined
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = JSON_TYPE,
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return await fetch(base + path, { method: 'POST', headers, body: text })
}

async function signIn(): Promise<{ access_token: string; refresh_token: string }> {
  const response = await post('/auth/login', { email: 'ada@example.com', password: 'ada-demo' })
  expect(response.status).toBe(200)
  const body = await jsonOf(response)
  return { ...body, access_token: textOf(body, 'access_token'), refresh_token: textOf(body, 'refresh_token') }
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

describe('the way of a user', () => {
  it('signs in, is known, refreshes, signs out', async () => {
    const first = await signIn()
    expect(first).toEqual({
      access_token: anyString,
      refresh_token: anyString,
      token_type: 'Bearer',
      expires_in: 900,
    })
    const me = await fetch(`${base}/auth/me`, { headers: bearer(first.access_token) })
    expect(me.headers.get('cache-control')).toBe('no-store')
    expect(await me.json()).toEqual({
      user_id: 'user-ada',
      email: 'ada@example.com',
      name: 'Ada',
      permissions: ['chat:read', 'chat:write'],
      login: anyString,
      expires_at: anyNumber,
    })
    const second = await jsonOf(await post('/auth/refresh', { refresh_token: first.refresh_token }))
    const token = textOf(second, 'access_token')
    const sid = async (of: string): Promise<unknown> =>
      (await jsonOf(await fetch(`${base}/auth/me`, { headers: bearer(of) }))).login
    expect(await sid(token)).toBe(await sid(first.access_token))
    const out = await fetch(`${base}/auth/logout`, { method: 'POST', headers: bearer(token) })
    expect([out.status, await out.json()]).toEqual([200, { scope: 'login' }])
    expect(ended).toHaveLength(1)
    expect((await fetch(`${base}/auth/me`, { headers: bearer(token) })).status).toBe(401)
    expect((await post('/auth/refresh', { refresh_token: second.refresh_token })).status).toBe(401)
  })

  it('signs out everywhere', async () => {
    const [here, there] = [await signIn(), await signIn()]
    const out = await post(
      '/auth/logout',
      { everywhere: true },
      { ...JSON_TYPE, ...bearer(here.access_token) },
    )
    expect(await out.json()).toEqual({ scope: 'subject' })
    expect((await fetch(`${base}/auth/me`, { headers: bearer(there.access_token) })).status).toBe(401)
  })

  it('verifies by the published keys', async () => {
    const { access_token } = await signIn()
    const response = await fetch(`${base}/auth/jwks.json`)
    expect(response.headers.get('cache-control')).toBe('public, max-age=60')
    const keys = (await response.json()) as JSONWebKeySet
    const { payload } = await jwtVerify(access_token, createLocalJWKSet(keys))
    expect(payload.sub).toBe('user-ada')
  })
})

describe('bad input', () => {
  const login = '/auth/login'
  const good = { email: 'ada@example.com', password: 'ada-demo' }
  it.each([
    ['malformed JSON', login, '{"email":', 400, 'not valid JSON'],
    ['an array', login, [], 400, 'The body'],
    ['an empty body', login, '', 400, 'not valid JSON'],
    ['a missing field', login, { email: 'ada@example.com' }, 400, 'password'],
    ['a wrong type', login, { ...good, password: 7 }, 400, 'password'],
    ['an unknown field', login, { ...good, remember: true }, 400, 'Unknown field "remember"'],
    ['too long a password', login, { ...good, password: 'x'.repeat(1025) }, 400, 'password'],
    ['a body over 8 KiB', login, { ...good, password: 'x'.repeat(9000) }, 413, '8192 bytes'],
    ['a refresh token that is none', '/auth/refresh', { refresh_token: 'x' }, 401, 'refresh_token'],
    ['a refresh without a token', '/auth/refresh', {}, 400, 'refresh_token'],
    ['a wrong password', login, { ...good, password: 'x' }, 401, 'wrong'],
  ])('%s is answered clearly', async (_name, path, body, status, detail) => {
    const response = await post(path, body)
    const problem = await jsonOf(response)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(problem).toMatchObject({
      status,
      code: anyString,
      detail: containing(detail),
    })
    expect(JSON.stringify(problem)).not.toContain('ada-demo')
  })

  it('a body over 8 KiB in a hurry or in pieces is 413 too', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${base}${login}`, { method: 'POST', headers: JSON_TYPE }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      for (let i = 0; i < 40; i += 1) request.write('x'.repeat(1024))
      request.end()
    })
    expect(status).toBe(413)
  })

  it('another content type is 415', async () => {
    for (const type of ['text/plain', 'application/jsonp', 'application/x-www-form-urlencoded']) {
      expect((await post(login, good, { 'content-type': type })).status).toBe(415)
    }
    expect((await post(login, good, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200)
  })

  it('bytes that are no UTF-8 are 400', async () => {
    const response = await fetch(base + login, {
      method: 'POST',
      headers: JSON_TYPE,
      body: new Uint8Array([0x22, 0xff, 0x22]),
    })
    expect(response.status).toBe(400)
  })

  it('unknown fields of a logout are refused before anything ends', async () => {
    const { access_token } = await signIn()
    const headers = { ...JSON_TYPE, ...bearer(access_token) }
    expect((await post('/auth/logout', { everywhere: 'yes' }, headers)).status).toBe(400)
    expect((await post('/auth/logout', { all: true }, headers)).status).toBe(400)
    expect((await fetch(`${base}/auth/me`, { headers })).status).toBe(200)
  })

  it('a missing or malformed bearer is 401 with a challenge', async () => {
    for (const headers of [{}, { authorization: 'Basic abc' }, { authorization: 'Bearer' }, bearer('a b')]) {
      const response = await fetch(`${base}/auth/me`, { headers })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="chat"')
      expect((await fetch(`${base}/auth/logout`, { method: 'POST', headers })).status).toBe(401)
    }
    expect((await fetch(`${base}/auth/me`, { headers: bearer('a.b.c') })).status).toBe(401)
  })

  it('two Authorization headers are 403, whichever is good', async () => {
    const { access_token } = await signIn()
    const right = `Bearer ${access_token}`
    for (const lines of [
      [right, right],
      [right, 'Bearer a.b.c'],
      ['Basic abc', right],
    ]) {
      for (const [method, path] of [
        ['GET', '/auth/me'],
        ['POST', '/auth/logout'],
      ] as const) {
        events.length = 0
        const status = await new Promise((resolve, reject) => {
          const request = httpRequest(`${base}${path}`, { method })
          request.setHeader('authorization', lines)
          request.on('response', (response) => {
            response.resume()
            resolve(response.statusCode)
          })
          request.on('error', reject)
          request.end()
        })
        expect(status).toBe(403)
        expect(events).toMatchObject([{ name: 'request.refused', path, code: 'credential_ambiguous' }])
      }
    }
    expect((await fetch(`${base}/auth/me`, { headers: bearer(access_token) })).status).toBe(200)
  })

  it('too many wrong passwords are 429 with Retry-After', async () => {
    const body = { email: 'alan@example.com', password: 'guess' }
    const responses = await Promise.all(Array.from({ length: 21 }, () => post(login, body)))
    const limited = responses.filter((response) => response.status === 429)
    expect(limited).toHaveLength(1)
    expect(Number(limited[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await limited[0]?.json()).toMatchObject({ code: 'rate_limited', retry_after: anyNumber })
  })
})

describe('methods and paths', () => {
  it('leaves other paths alone', async () => {
    for (const path of ['/auth/ticket', '/auth', '/auth/login/', '/', '/auth/constructor']) {
      expect((await fetch(base + path)).status).toBe(418)
    }
  })

  it('says which method is right', async () => {
    const wrong = await fetch(`${base}/auth/login`)
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    const other = await post('/auth/me', {})
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  it('answers HEAD without a body, and takes a query', async () => {
    const head = await fetch(`${base}/auth/jwks.json?x=1`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })
})

describe('origins', () => {
  const foreign = [
    'https://evil.example',
    'null',
    `${ORIGIN}.evil.example`,
    'http://app.example.com',
    `${ORIGIN}, ${ORIGIN}`,
  ]

  it('refuses a POST of a foreign page', async () => {
    for (const origin of foreign) {
      const response = await post(
        '/auth/login',
        { email: 'ada@example.com', password: 'ada-demo' },
        { ...JSON_TYPE, origin },
      )
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ code: 'origin_refused' })
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('lets an allowed page in and says so', async () => {
    const response = await post(
      '/auth/login',
      { email: 'ada@example.com', password: 'no' },
      { ...JSON_TYPE, origin: ORIGIN },
    )
    expect(response.status).toBe(401)
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(response.headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect(response.headers.get('vary')).toBe('Origin')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  })

  it('answers the preflight of an allowed page only', async () => {
    const ask = (origin: string): Promise<Response> =>
      fetch(`${base}/auth/login`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    const yes = await ask(ORIGIN)
    expect(yes.status).toBe(204)
    expect(yes.headers.get('access-control-allow-methods')).toBe('POST')
    expect(yes.headers.get('access-control-allow-headers')).toContain('authorization')
    expect((await ask('https://evil.example')).status).toBe(403)
  })

  it('gives a foreign page no reading rights', async () => {
    const response = await fetch(`${base}/auth/jwks.json`, { headers: { origin: 'https://evil.example' } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('every refusal is an event with its code', () => {
  const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify(body),
  })
  const address = { address: containing('127.0.0.1') }
  const refused = (path: string, code: string, status?: number): object => ({
    name: 'request.refused',
    path,
    code,
    ...(status !== undefined && { status }),
    ...address,
  })
  it.each<[string, string, RequestInit, object]>([
    [
      'a wrong password',
      '/auth/login',
      json({ email: 'ada@example.com', password: 'x' }),
      { name: 'login.refused', code: 'credential_invalid', ...address },
    ],
    [
      'a wrong refresh token',
      '/auth/refresh',
      json({ refresh_token: 'x' }),
      { name: 'refresh.refused', code: 'credential_invalid' },
    ],
    [
      'a logout with a token that is none',
      '/auth/logout',
      json({}, bearer('a.b.c')),
      { name: 'logout.refused', code: 'credential_invalid' },
    ],
    [
      'a question with a token that is none',
      '/auth/me',
      { headers: bearer('a.b.c') },
      { name: 'identify.refused', code: 'credential_invalid' },
    ],
    ['a logout without a token', '/auth/logout', json({}), refused('/auth/logout', 'credential_missing')],
    ['a question without a token', '/auth/me', {}, refused('/auth/me', 'credential_missing')],
    ['a bad body', '/auth/login', json({ a: 1 }), refused('/auth/login', 'request_invalid')],
    ['a wrong method', '/auth/login?x=1', {}, refused('/auth/login', 'request_invalid', 405)],
    [
      'too large a body',
      '/auth/login',
      json({ email: 'x'.repeat(9000) }),
      refused('/auth/login', 'request_invalid', 413),
    ],
    [
      'another content type',
      '/auth/login',
      json({}, { 'content-type': 'text/plain' }),
      refused('/auth/login', 'request_invalid', 415),
    ],
    [
      'a foreign page',
      '/auth/login',
      json({}, { origin: 'https://evil.example' }),
      refused('/auth/login', 'origin_refused'),
    ],
    [
      'the preflight of a foreign page',
      '/auth/login',
      { method: 'OPTIONS', headers: { origin: 'https://evil.example' } },
      refused('/auth/login', 'origin_refused'),
    ],
  ])('%s', async (_name, path, init, event) => {
    events.length = 0
    const { status } = await fetch(base + path, init)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(events).toEqual([event])
  })

  it('a failing store', async () => {
    events.length = 0
    failing = new Error('store down')
    await post('/auth/login', { email: 'ada@example.com', password: 'ada-demo' })
    expect(events).toEqual([refused('/auth/login', 'identity_unavailable')])
  })
})

it('a failing store is 503, never a login', async () => {
  failing = new Error('store down')
  const response = await post('/auth/login', { email: 'ada@example.com', password: 'ada-demo' })
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({
    code: 'identity_unavailable',
    title: REFUSALS.identity_unavailable.title,
    retry_after: 1,
  })
  expect(errors.at(-1)).toMatchObject({ message: 'store down' })
})

it('a store that is away is told to be that, with what becomes of those who are connected', async () => {
  failing = new WsticketError('identity_unavailable', 'no Redis at canary')
  const response = await post('/auth/login', { email: 'ada@example.com', password: 'ada-demo' })
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  const { detail } = await jsonOf(response)
  expect(detail).toMatch(/cannot be read at the moment\. Who is connected stays connected\. Try again/)
  expect(detail).not.toContain('canary')
})

it('survives a client that leaves in the middle of its body', async () => {
  const before = errors.length
  events.length = 0
  await new Promise<void>((resolve) => {
    const socket = connect(portOf(server), '127.0.0.1', () => {
      socket.write(
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"em',
      )
      server.once('request', () => socket.destroy())
    })
    socket.on('close', () => resolve())
  })
  await expect
    .poll(() => events)
    .toEqual([
      {
        name: 'request.refused',
        path: '/auth/login',
        code: 'request_invalid',
        address: containing('127.0.0.1'),
      },
    ])
  // It once was logged as a failure of ours, with a stack.
  expect(errors).toHaveLength(before)
  await signIn()
})
