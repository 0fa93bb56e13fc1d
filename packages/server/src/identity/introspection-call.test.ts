import type { RequestListener } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { within } from '../../../../test/within.js'
import { authService, presenting, sendJson } from '../../test/auth-service.js'
import { type ManualClock, manualClock } from '../conformance/manual-clock.js'
import { isWsticketError, type WsticketError } from '../errors.js'
import { introspection } from './introspection.js'
import type { IntrospectionOptions } from './introspection-options.js'

const NOW = 1_700_000_000
const GOOD = { active: true, sub: 'ada', iat: NOW - 60, exp: NOW + 900 }
const JSON_TYPE = { 'content-type': 'application/json' }

function asking(
  url: string,
  options: Partial<IntrospectionOptions> = {},
): { clock: ManualClock; ask: () => Promise<unknown> } {
  const clock = manualClock(NOW * 1000)
  const authenticate = introspection({ url, clock, ...options })
  return { clock, ask: () => authenticate(presenting('token-1')) }
}

/** The failure of a question; fails if there is an answer, whatever it is. */
async function failure(work: Promise<unknown>): Promise<WsticketError> {
  const outcome = await within(
    'the failure',
    work.then(
      (answer) => ({ answer }),
      (error: unknown) => error,
    ),
  )
  if (isWsticketError(outcome)) return outcome
  throw new Error(`No failure: ${JSON.stringify(outcome)}`)
}

function sending(
  body: string | Uint8Array,
  headers: Record<string, string> = JSON_TYPE,
  status = 200,
): RequestListener {
  return (_request, response) => void response.writeHead(status, headers).end(body)
}

function throwing(what: unknown): typeof fetch {
  return async () => {
    throw what
  }
}

/** Resolves when a connection is closed, however that is done. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

const text = JSON.stringify(GOOD)
const huge = JSON.stringify({ ...GOOD, padding: 'x'.repeat(10 * 1024 * 1024) })
const tooLarge = JSON.stringify({ ...GOOD, padding: 'x'.repeat(65_536) })

describe('what is no clear answer', () => {
  const unclear: readonly (readonly [string, RequestListener | object, RegExp])[] = [
    ['500', (_request, response) => sendJson(response, GOOD, 500), /answered 500$/],
    ['503', (_request, response) => sendJson(response, GOOD, 503), /answered 503$/],
    ['429', (_request, response) => sendJson(response, GOOD, 429), /answered 429$/],
    ['400', (_request, response) => sendJson(response, { active: false }, 400), /answered 400$/],
    [
      '401',
      (_request, response) => sendJson(response, GOOD, 401),
      /answered 401, which is about our own credentials unless invalidStatuses has it$/,
    ],
    [
      '403',
      (_request, response) => sendJson(response, GOOD, 403),
      /answered 403, which is about our own credentials unless/,
    ],
    ['204', (_request, response) => void response.writeHead(204, JSON_TYPE).end(), /no JSON object$/],
    ['304', (_request, response) => void response.writeHead(304).end(), /redirect, which is not followed$/],
    ['a web page', sending(text, { 'content-type': 'text/html' }), /something else than JSON$/],
    ['no content type', sending(text, {}), /something else than JSON$/],
    [
      'a type that only looks like JSON',
      sending(text, { 'content-type': 'application/jsonp' }),
      /else than JSON$/,
    ],
    [
      'a signed answer (RFC 9701)',
      sending(text, { 'content-type': 'application/token-introspection+jwt' }),
      /else than/,
    ],
    ['half of JSON', sending(text.slice(0, -9)), /no JSON object$/],
    ['nothing', sending(''), /no JSON object$/],
    [
      'invalid UTF-8',
      sending(Buffer.concat([Buffer.from('{"active":true,"sub":"'), Buffer.from([0xff, 0x22, 0x7d])])),
      /no JSON/,
    ],
    ['null', sending('null'), /no JSON object$/],
    ['true', sending('true'), /no JSON object$/],
    ['a list', sending(`[${text}]`), /no JSON object$/],
    ['a text', sending('"active"'), /no JSON object$/],
    ['an empty object', {}, /without `active` being true or false$/],
    ['active: "true"', { ...GOOD, active: 'true' }, /without `active` being/],
    ['active: 1', { ...GOOD, active: 1 }, /without `active` being/],
    ['active: null', { ...GOOD, active: null }, /without `active` being/],
    ['active one level down', { data: GOOD }, /without `active` being/],
    ['64 KiB and more', sending(tooLarge), /answered more than 65536 bytes$/],
    ['10 MiB', sending(huge), /answered more than 65536 bytes$/],
    [
      '10 MiB, in 10 KiB of gzip',
      sending(gzipSync(huge), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
      /answered more than 65536 bytes$/,
    ],
    [
      'what it calls gzip',
      sending(text, { ...JSON_TYPE, 'content-encoding': 'gzip' }),
      /broke off its answer/,
    ],
    ['nothing: it resets', (request) => void request.socket.resetAndDestroy(), /cannot be reached \(\w+\)$/],
    ['nothing: it hangs up', (request) => void request.socket.destroy(), /cannot be reached \(\w+\)$/],
    [
      'no HTTP',
      (request) => void request.socket.end('SSH-2.0-OpenSSH\r\n\r\n'),
      /cannot be reached \(\w+\)$/,
    ],
    [
      'half, then it resets',
      (request, response) => {
        response.writeHead(200, { ...JSON_TYPE, 'content-length': 1000 })
        response.write('{"active":true,', () => request.socket.resetAndDestroy())
      },
      /broke off its answer/,
    ],
    [
      'a good half, then it hangs up',
      (request, response) => {
        response.writeHead(200, JSON_TYPE)
        response.write(text, () => request.socket.destroy())
      },
      /broke off its answer/,
    ],
  ]

  it.each(unclear)('is unavailable: %s', async (_what, behaviour, message) => {
    const service = await authService(behaviour)
    const { ask } = asking(service.url)
    const error = await failure(ask())
    expect(error).toMatchObject({ code: 'identity_unavailable', retryAfterSeconds: undefined })
    expect(error.message).toMatch(message)
    expect(error.message).toContain(`the auth service at ${service.url} `)
    // And it was no more than a failure.
    service.behave(GOOD)
    expect(await ask()).toMatchObject({ subject: 'ada' })
  })

  it('includes a service that is down', async () => {
    const service = await authService(GOOD)
    await service.stop()
    const { ask } = asking(service.url)
    const error = await failure(ask())
    expect(error.message).toMatch(/cannot be reached \(ECONNREFUSED\)$/)
    expect(error.remedy).toMatch(/address/)
  })

  it.each([301, 302, 303, 307, 308])('includes a redirect by %i, which is not followed', async (status) => {
    const trap = await authService(GOOD)
    const service = await authService((_request, response) => {
      response.writeHead(status, { ...JSON_TYPE, location: trap.url }).end(text)
    })
    const error = await failure(asking(service.url).ask())
    expect(error.message).toMatch(/redirect, which is not followed$/)
    expect(error.remedy).toMatch(/as `url`/)
    expect(trap.asked).toEqual([])
  })

  it('includes a redirect of which the runtime shows no more', async () => {
    const opaque = Object.defineProperty(new Response(null), 'status', { value: 0 })
    Object.defineProperty(opaque, 'ok', { value: false })
    const error = await failure(asking('https://id.example.com/', { fetch: async () => opaque }).ask())
    expect(error.message).toMatch(/redirect, which is not followed$/)
  })

  it('includes whatever a fetch of one’s own throws, without repeating it', async () => {
    const ring = new Error('x')
    ring.cause = ring
    for (const thrown of [
      ring,
      new Error('token-1'),
      'token-1',
      undefined,
      Object.assign(new Error('x'), { code: 'to ken' }),
    ]) {
      const error = await failure(asking('https://id.example.com/', { fetch: throwing(thrown) }).ask())
      expect(error.message).toBe('the auth service at https://id.example.com/ cannot be reached')
      expect(error.cause).toBeUndefined()
    }
  })

  it.each([
    ['7', 7],
    ['0', 1],
    ['86400', 60],
    ['99999999999999999999', 60],
    [new Date((NOW + 7) * 1000).toUTCString(), 7],
    [new Date((NOW - 7) * 1000).toUTCString(), 1],
    ['soon', undefined],
    ['', undefined],
  ])('says what the service said in Retry-After: %s', async (value, seconds) => {
    for (const status of [429, 503]) {
      const service = await authService(sending('', { 'retry-after': value }, status))
      expect((await failure(asking(service.url).ask())).retryAfterSeconds).toBe(seconds)
    }
  })
})

describe('what is a clear answer', () => {
  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/vnd.id.v1+json ;v=1'])(
    'is of type %s',
    async (type) => {
      const service = await authService(sending(text, { 'content-type': type }))
      expect(await asking(service.url).ask()).toMatchObject({ subject: 'ada' })
    },
  )

  it('may come in pieces, compressed, up to 64 KiB', async () => {
    const full = JSON.stringify({ ...GOOD, email: 'ä@example.com', padding: '' })
    const padded = full.replace('"padding":""', `"padding":"${'x'.repeat(65_536 - Buffer.byteLength(full))}"`)
    const service = await authService(sending(gzipSync(padded), { ...JSON_TYPE, 'content-encoding': 'gzip' }))
    expect(await asking(service.url).ask()).toMatchObject({ email: 'ä@example.com' })
    service.behave((_request, response) => {
      response.writeHead(200, JSON_TYPE)
      for (const byte of Buffer.from(JSON.stringify({ ...GOOD, email: 'ä@example.com' })))
        response.write(Buffer.of(byte))
      response.end()
    })
    expect(await asking(service.url).ask()).toMatchObject({ email: 'ä@example.com' })
  })

  it('leaves the connection for the next question', async () => {
    const service = await authService(GOOD)
    const { ask } = asking(service.url, { cacheSeconds: 0 })
    for (let times = 0; times < 20; times += 1) await ask()
    expect(service.connections()).toBeLessThan(4)
  })
})

describe('a service that takes too long', () => {
  const slow: readonly (readonly [string, RequestListener])[] = [
    ['does not answer', () => {}],
    [
      'sends its headers and then nothing',
      (_request, response) => response.writeHead(200, JSON_TYPE).flushHeaders(),
    ],
    [
      'sends a byte now and then',
      (_request, response) => {
        response.writeHead(200, JSON_TYPE)
        const timer = setInterval(() => response.write(' '), 2)
        response.on('close', () => clearInterval(timer))
      },
    ],
    [
      'does not end a status that calls the token bad',
      (_request, response) => void response.writeHead(404, JSON_TYPE).write('{'),
    ],
  ]

  it.each(slow)('%s is given up after two seconds, and its connection closed', async (_what, behaviour) => {
    const closed: Promise<unknown>[] = []
    const service = await authService((request, response) => {
      closed.push(closing(request.socket))
      behaviour(request, response)
    })
    const { ask, clock } = asking(service.url, { invalidStatuses: [404] })
    const outcome = failure(ask())
    await vi.waitUntil(() => closed.length === 1)
    clock.advance(1999)
    service.behave(GOOD)
    clock.advance(1)
    expect((await outcome).message).toMatch(/did not answer within 2000 ms$/)
    await within('the connection to close', Promise.all(closed))
    expect(await ask()).toMatchObject({ subject: 'ada' })
  })

  it('accepts connections and says nothing, as one behind a broken line does', async () => {
    const asked: Promise<void>[] = []
    const server = createTcpServer((socket) => {
      socket.on('error', () => {}).once('data', () => asked.push(closing(socket)))
    })
    const { http } = await listen(server)
    const { ask, clock } = asking(http, { timeoutMs: 500 })
    const outcome = failure(ask())
    await vi.waitUntil(() => asked.length === 1)
    clock.advance(500)
    expect((await outcome).message).toMatch(/did not answer within 500 ms$/)
    await within('the connection to close', Promise.all(asked))
  })

  it('is given up, also where fetch knows no signals', async () => {
    let asked = 0
    const deaf: typeof fetch = () => {
      asked += 1
      return new Promise(() => {})
    }
    const { ask, clock } = asking('https://id.example.com/', { fetch: deaf })
    const outcome = failure(ask())
    await vi.waitUntil(() => asked === 1)
    clock.advance(2000)
    expect((await outcome).message).toMatch(/did not answer within 2000 ms$/)
  })
})

describe('a body that nobody wants', () => {
  const endless: RequestListener = (request, response) => {
    const status = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('status'))
    response.writeHead(status, status === 299 ? { 'content-type': 'text/plain' } : JSON_TYPE)
    const more = (): void => {
      while (response.write('x'.repeat(16_384)));
    }
    response.on('drain', more)
    more()
  }

  it.each([200, 299, 302, 401, 429, 500])('is cancelled, with status %i', async (status) => {
    const closed: Promise<unknown>[] = []
    const service = await authService((request, response) => {
      closed.push(closing(request.socket))
      endless(request, response)
    })
    await failure(asking(`${service.url}?status=${status}`).ask())
    expect(closed.length).toBe(1)
    await within('the connection to close', Promise.all(closed))
  })
})
