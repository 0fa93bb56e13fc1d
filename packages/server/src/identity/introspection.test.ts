import { describe, expect, it, vi } from 'vitest'
import { authService, presenting, sendJson, type TestAuthService } from '../../test/auth-service.js'
import { type ManualClock, manualClock } from '../conformance/manual-clock.js'
import { introspection } from './introspection.js'
import type { ServiceAnswer } from './introspection-call.js'
import type { IntrospectionOptions } from './introspection-options.js'
import type { CredentialRefusal, Principal } from './principal.js'

const NOW = 1_700_000_000
const GOOD = { active: true, sub: 'ada', iat: NOW - 60, exp: NOW + 900 }
const INVALID = { refused: 'credential_invalid' }

interface SetUp {
  readonly clock: ManualClock
  readonly service: TestAuthService
  ask(token?: string): Promise<Principal | CredentialRefusal | undefined>
  /** Lets time go on. */
  pass(seconds: number): void
}

async function setUp(
  options: Partial<IntrospectionOptions> = {},
  behaviour: Parameters<typeof authService>[0] = GOOD,
): Promise<SetUp> {
  const clock = manualClock(NOW * 1000)
  const service = await authService(behaviour)
  const authenticate = introspection({ url: service.url, clock, ...options })
  return {
    clock,
    service,
    ask: (token = 'token-1') => authenticate(presenting(token)),
    pass: (seconds) => clock.advance(seconds * 1000),
  }
}

describe('introspection', () => {
  it('asks as RFC 7662 has it, and makes a principal of the answer', async () => {
    const { ask, service } = await setUp()
    expect(await ask('a+b/c=&d')).toMatchObject({ subject: 'ada', expiresAt: NOW + 900 })
    expect(service.asked).toMatchObject([
      {
        method: 'POST',
        url: '/introspect',
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      },
    ])
    const form = new URLSearchParams(service.asked[0]?.body)
    expect(Object.fromEntries(form)).toEqual({ token: 'a+b/c=&d', token_type_hint: 'access_token' })
    expect(service.asked[0]?.headers.authorization).toBeUndefined()
  })

  it('says who we are by HTTP Basic, each part encoded as in a form', async () => {
    // A secret with a colon, a space or an umlaut would otherwise be another one.
    const { ask, service } = await setUp({ client: { id: 'chat:1', secret: 'p ä+%/*' } })
    await ask()
    const [scheme, encoded = ''] = service.asked[0]?.headers.authorization?.split(' ') ?? []
    expect([scheme, atob(encoded)]).toEqual(['Basic', 'chat%3A1:p+%C3%A4%2B%25%2F*'])
  })

  it('says who we are by a bearer token, and by headers', async () => {
    const { ask, service } = await setUp({ bearer: 'service-key', headers: { 'X-Api-Key': 'k' } })
    await ask()
    expect(service.asked[0]?.headers).toMatchObject({ authorization: 'Bearer service-key', 'x-api-key': 'k' })
  })

  it('asks nobody about a request without a token, or with what cannot be one', async () => {
    const { ask, service } = await setUp()
    expect(await introspection({ url: service.url })(presenting(undefined))).toMatchObject({
      refused: 'credential_missing',
    })
    for (const token of ['', 'ä', 'a b', 'a\nb', 'a\0', 'a'.repeat(8193)])
      expect(await ask(token)).toMatchObject(INVALID)
    expect(service.asked).toEqual([])
  })

  it('refuses a token that is not active, of another issuer, or for another audience', async () => {
    const { ask, service } = await setUp({ issuer: 'https://id.example.com', audience: 'chat' })
    const right = { ...GOOD, iss: 'https://id.example.com', aud: ['chat'] }
    const cases: [object, object][] = [
      [right, { subject: 'ada', issuer: 'https://id.example.com' }],
      [{ active: false }, INVALID],
      [{ ...right, iss: 'https://evil.example' }, INVALID],
      [{ ...right, aud: 'other' }, INVALID],
      [{ ...right, exp: NOW - 60 }, INVALID],
      [{ ...right, sub: undefined }, INVALID],
    ]
    for (const [index, [answer, verdict]] of cases.entries()) {
      service.behave(answer)
      expect(await ask(`token-${index}`)).toMatchObject(verdict)
    }
  })

  it('reads a status as a bad token where it was told to, and then uses the connection again', async () => {
    const { ask, service } = await setUp({ invalidStatuses: [401, 404] }, (_request, response) => {
      response.writeHead(401, { 'content-type': 'text/plain; charset=latin1' }).end('ung\xfcltig', 'latin1')
    })
    for (let token = 0; token < 20; token += 1) expect(await ask(`token-${token}`)).toMatchObject(INVALID)
    expect(service.connections()).toBeLessThan(4)
  })

  it('lets an answer make a principal for so long at most', async () => {
    const { ask, service, pass } = await setUp({ goodForSeconds: 300 }, { ...GOOD, exp: undefined })
    expect(await ask('a')).toMatchObject({ expiresAt: NOW + 300 })
    service.behave({ ...GOOD, exp: NOW + 40 })
    expect(await ask('b')).toMatchObject({ expiresAt: NOW + 40 })
    service.behave(GOOD)
    pass(60)
    expect(await ask('a')).toMatchObject({ expiresAt: NOW + 360 })
  })
})

describe('a service of one’s own', () => {
  interface OwnAnswer {
    readonly valid: boolean
    readonly user?: { readonly id: string; readonly roles: readonly string[] }
  }
  const principal = ({ valid, user }: OwnAnswer): Principal | undefined =>
    valid && user !== undefined ? { subject: user.id, permissions: user.roles, claims: {} } : undefined
  const own = { principal, goodForSeconds: 900 } as unknown as Partial<IntrospectionOptions>
  const ADA = { valid: true, user: { id: 'ada', roles: ['chat'] } }

  it('is asked in JSON, and its answer read, in a few lines', async () => {
    const { ask, service } = await setUp({ ...own, request: (token) => ({ body: { token } }) }, ADA)
    expect(await ask()).toEqual({ subject: 'ada', permissions: ['chat'], claims: {}, expiresAt: NOW + 900 })
    expect(service.asked).toMatchObject([
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"token":"token-1"}' },
    ])
    service.behave({ valid: false })
    expect(await ask('token-2')).toMatchObject(INVALID)
  })

  it('is asked by GET with the token in a header, which goes before our own', async () => {
    const request = (token: string) =>
      ({
        method: 'GET',
        headers: { Authorization: `Bearer ${token}`, Accept: 'application/x+json' },
      }) as const
    const { ask, service } = await setUp({ ...own, bearer: 'service-key', request }, ADA)
    expect(await ask()).toMatchObject({ subject: 'ada' })
    expect(service.asked).toMatchObject([
      { method: 'GET', headers: { authorization: 'Bearer token-1', accept: 'application/x+json' }, body: '' },
    ])
    expect(service.asked[0]?.headers).not.toHaveProperty('content-type')
  })

  it.each([
    ['undefined', undefined, INVALID],
    ['null', null, INVALID],
    ['a refusal', { refused: 'credential_invalid', reason: 'banned' }, { ...INVALID, reason: 'banned' }],
    ['an issuer', { ...principalOf('ada'), issuer: 'https://a.example' }, { issuer: 'https://a.example' }],
    ['no issuer', principalOf('ada'), { issuer: 'https://a.example' }],
    ['another issuer', { ...principalOf('ada'), issuer: 'https://b.example' }, INVALID],
    ['an earlier end', { ...principalOf('ada'), expiresAt: NOW + 60 }, { expiresAt: NOW + 60 }],
    ['a later end', { ...principalOf('ada'), expiresAt: NOW + 9000 }, { expiresAt: NOW + 900 }],
  ])('may give %s', async (_what, gives, verdict) => {
    const reader = { principal: () => gives, goodForSeconds: 900, issuer: 'https://a.example' }
    const { ask } = await setUp(reader as Partial<IntrospectionOptions>, {})
    expect(await ask()).toMatchObject(verdict)
  })

  it.each([
    ['gives no end', () => principalOf('ada'), /give expiresAt in `principal`, or goodForSeconds/],
    ['gives nobody', () => ({ ...principalOf('ada'), subject: '' }), /this principal is not one: subject/],
    ['gives milliseconds', () => ({ ...principalOf('ada'), expiresAt: Date.now() }), /not milliseconds/],
    ['gives NaN', () => ({ ...principalOf('ada'), expiresAt: Number.NaN }), /principal is not one/],
    ['gives a promise', async () => principalOf('ada'), /this principal is not one/],
    ['gives something else', () => true, /makes no principal of/],
    ['trips', (answer: { user: { id: string } }) => answer.user.id, /reading 'id'/],
    [
      'complains about the token',
      () => {
        throw new Error('what is token-1?')
      },
      /what is \[token\]\?$/,
    ],
  ])('is unavailable, and asked again, when its reader %s', async (_what, reader, message) => {
    const { ask, service } = await setUp(
      { principal: reader } as unknown as Partial<IntrospectionOptions>,
      {},
    )
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await expect(ask()).rejects.toMatchObject({
        code: 'identity_unavailable',
        message: expect.stringMatching(message),
      })
    }
    // The service did answer: it is not left alone for our own mistake.
    expect(service.asked.length).toBe(10)
  })

  it.each([
    [
      'throws',
      (token: string) => {
        throw new RangeError(`not ${token}`)
      },
    ],
    [
      'throws what is no error',
      (token: unknown) => {
        throw token
      },
    ],
    ['gives a header that cannot be sent', (token: string) => ({ headers: { 'x-token': `${token}\nx` } })],
    ['gives a name that is none', (token: string) => ({ headers: { [`x ${token}`]: 'a' } })],
  ])('is not asked when making the request %s', async (_what, request) => {
    const { ask, service } = await setUp({ request })
    const error: unknown = await ask().catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      message: expect.stringContaining('was not asked: making the request threw'),
    })
    expect(String(error)).not.toContain('token-1')
    expect(service.asked).toEqual([])
  })
})

function principalOf(subject: string): Principal {
  return { subject, permissions: [], claims: {} }
}

describe('the memory of answers', () => {
  it('keeps a good answer for ten seconds, and then asks again', async () => {
    const { ask, service, pass } = await setUp()
    const first = await ask()
    service.behave({ active: false })
    pass(9)
    expect(await ask()).toBe(first)
    expect(service.asked.length).toBe(1)
    pass(1)
    expect(await ask()).toMatchObject(INVALID)
    expect(service.asked.length).toBe(2)
  })

  it('keeps a bad answer for five seconds', async () => {
    const { ask, service, pass } = await setUp({}, { active: false })
    expect(await ask()).toMatchObject(INVALID)
    service.behave(GOOD)
    pass(4)
    expect(await ask()).toMatchObject(INVALID)
    pass(1)
    expect(await ask()).toMatchObject({ subject: 'ada' })
  })

  it('keeps a bad answer no longer than a good one', async () => {
    const { ask, service, pass } = await setUp({ cacheSeconds: 2 }, { active: false })
    await ask()
    service.behave(GOOD)
    pass(2)
    expect(await ask()).toMatchObject({ subject: 'ada' })
  })

  it('keeps nothing when it is switched off', async () => {
    const { ask, service } = await setUp({ cacheSeconds: 0 })
    for (let times = 0; times < 3; times += 1) expect(await ask()).toMatchObject({ subject: 'ada' })
    service.behave({ active: false })
    for (let times = 0; times < 3; times += 1) expect(await ask()).toMatchObject(INVALID)
    expect(service.asked.length).toBe(6)
  })

  it('keeps an answer no longer than the token lives', async () => {
    const { ask, service, pass } = await setUp({ cacheSeconds: 60 }, { ...GOOD, exp: NOW + 20 })
    await ask()
    pass(19)
    await ask()
    expect(service.asked.length).toBe(1)
    pass(1)
    await ask()
    // Within the skew it is still good, but not remembered.
    await ask()
    expect(service.asked.length).toBe(3)
  })

  it('counts from the question: what was revoked while the answer was on its way is not kept longer', async () => {
    const { ask, service, pass } = await setUp({ cacheSeconds: 2 }, (_request, response) => {
      pass(1.5)
      sendJson(response, GOOD)
    })
    await ask()
    service.behave({ active: false })
    pass(0.4)
    expect(await ask()).toMatchObject({ subject: 'ada' })
    pass(0.1)
    expect(await ask()).toMatchObject(INVALID)
  })

  it('does not mix tokens up', async () => {
    const { ask, service } = await setUp({}, (request, response) => {
      void request
      const { body = '' } = service.asked.at(-1) ?? {}
      sendJson(response, { ...GOOD, sub: new URLSearchParams(body).get('token') })
    })
    const tokens = ['a', 'A', 'a ', 'token', 'toke', '__proto__'].map((token) => token.trim())
    for (let round = 0; round < 2; round += 1)
      for (const token of tokens) expect(await ask(token)).toMatchObject({ subject: token })
  })

  it('does not lose good answers to a flood of bad tokens', async () => {
    let asked = 0
    const unknown = new Response(null, { status: 404 })
    const answers: typeof fetch = async (_url, init) => {
      asked += 1
      return String(init?.body).startsWith('token=good&') ? Response.json(GOOD) : unknown
    }
    const { ask } = await setUp({ fetch: answers, invalidStatuses: [404] })
    await ask('good')
    for (let token = 0; token < 10_001; token += 1) await ask(`bad-${token}`)
    expect(asked).toBe(10_002)
    await ask('good')
    await ask('bad-10000')
    expect(asked).toBe(10_002)
    // The bad ones are bounded, too.
    await ask('bad-0')
    expect(asked).toBe(10_003)
  }, 20_000)

  it('does not keep a failure', async () => {
    const { ask, service } = await setUp({}, (_request, response) => sendJson(response, {}, 500))
    await expect(ask()).rejects.toThrow('answered 500')
    service.behave(GOOD)
    expect(await ask()).toMatchObject({ subject: 'ada' })
  })
})

describe('many requests at once', () => {
  async function held(): Promise<SetUp & { answer: (value: ServiceAnswer, status?: number) => void }> {
    const waiting: ((value: ServiceAnswer, status?: number) => void)[] = []
    const parts = await setUp({ cacheSeconds: 0 }, (_request, response) => {
      waiting.push((value, status) => sendJson(response, value, status))
    })
    return {
      ...parts,
      answer: (value, status) => {
        for (const respond of waiting.splice(0)) respond(value, status)
      },
    }
  }

  it('with one token are one question', async () => {
    const { ask, service, answer } = await held()
    const outcomes = Array.from({ length: 50 }, () => ask())
    await vi.waitUntil(() => service.asked.length > 0)
    answer(GOOD)
    const verdicts = await Promise.all(outcomes)
    expect(verdicts[0]).toMatchObject({ subject: 'ada' })
    expect(new Set(verdicts).size).toBe(1)
    expect(service.asked.length).toBe(1)
  })

  it('with different tokens are as many', async () => {
    const { ask, service, answer } = await held()
    const outcomes = ['a', 'b', 'c'].map((token) => ask(token))
    await vi.waitUntil(() => service.asked.length === 3)
    answer(GOOD)
    expect(await Promise.all(outcomes)).toHaveLength(3)
  })

  it('share a failure, and the next one asks again', async () => {
    const { ask, service, answer } = await held()
    const outcomes = Promise.allSettled([ask(), ask(), ask()])
    await vi.waitUntil(() => service.asked.length > 0)
    answer({}, 502)
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected' })
    const next = ask()
    await vi.waitUntil(() => service.asked.length === 2)
    answer(GOOD)
    expect(await next).toMatchObject({ subject: 'ada' })
  })

  it('do not wait for a question that is never heard of again', async () => {
    // A runtime may end a request's work together with the request.
    const answers = [deferred(), deferred(), deferred()]
    let asked = 0
    const stuck = { now: () => clock.now(), after: () => () => {} }
    const { clock, ask } = await setUp({
      fetch: async () => answers[asked++]?.promise ?? Promise.reject(new Error('asked too often')),
      clock: stuck,
      cacheSeconds: 0,
    })
    const lost = ask()
    await vi.waitUntil(() => asked === 1)
    clock.advance(9999)
    const waits = ask()
    clock.advance(1)
    const second = ask()
    await vi.waitUntil(() => asked === 2)
    // It is heard of after all: that does not end the one that came after it.
    answers[0]?.answer({ active: false })
    expect(await lost).toMatchObject(INVALID)
    expect(await waits).toMatchObject(INVALID)
    const joins = ask()
    answers[1]?.answer(GOOD)
    expect([await second, await joins]).toMatchObject([{ subject: 'ada' }, { subject: 'ada' }])
    expect(asked).toBe(2)
  })
})

function deferred(): { promise: Promise<Response>; answer: (value: object) => void } {
  let resolve: (response: Response) => void
  const promise = new Promise<Response>((settle) => {
    resolve = settle
  })
  return { promise, answer: (value) => resolve(Response.json(value)) }
}
