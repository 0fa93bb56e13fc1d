import { PATHS } from '@wsticket/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ask, checkReply, httpRequest, ORIGIN, read, rig } from '../../test/rig.js'

const paths = [
  PATHS.ticket,
  PATHS.validate,
  PATHS.ticketByRef,
  PATHS.status,
  PATHS.renew,
  PATHS.sessionByRef,
  PATHS.sessions,
  PATHS.logout,
  PATHS.config,
]
const segment = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('..', '%00', '%2e%2e', '__proto__', `00${'A'.repeat(22)}`),
)
const target = fc.oneof(
  fc
    .tuple(fc.constantFrom(...paths), segment, fc.string())
    .map(([path, ref, query]) => `${path.replace('{ref}', () => ref)}?${query}`),
  fc.string(),
)
const anyJson = fc.jsonValue({ maxDepth: 6 })
const nearlyRight = fc.record(
  {
    ttl_seconds: fc.oneof(fc.integer(), fc.double(), anyJson),
    single_use: fc.oneof(fc.boolean(), anyJson),
    permissions: fc.oneof(fc.array(fc.string()), anyJson),
    metadata: fc.oneof(fc.dictionary(fc.string(), anyJson), anyJson),
    audience: fc.oneof(fc.constant('/ws'), anyJson),
    everywhere: fc.oneof(fc.boolean(), anyJson),
  },
  { requiredKeys: [] },
)
const deep = fc
  .nat({ max: 4000 })
  .map((depth) => `{"metadata":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`)
const body = fc.oneof(
  nearlyRight.map((value) => JSON.stringify(value)),
  anyJson.map((value) => JSON.stringify(value)),
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '{"__proto__":{"admin":true}}',
    '{"metadata":{"__proto__":{}}}',
    '{"ttl_seconds":1e400}',
    ' ',
    '\ufeff{}',
  ),
  deep,
)
const headerText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))
const headers = fc.record(
  {
    host: fc.oneof(fc.constant('api.example.com'), headerText),
    origin: fc.oneof(fc.constant(ORIGIN), headerText, fc.array(headerText)),
    'content-type': fc.oneof({ weight: 5, arbitrary: fc.constant('application/json') }, headerText),
    authorization: fc.oneof(headerText, fc.array(headerText, { maxLength: 3 })),
    cookie: headerText,
    'x-forwarded-for': fc.oneof(headerText, fc.array(fc.ipV6())),
    'x-forwarded-host': headerText,
    'x-forwarded-proto': headerText,
  },
  { requiredKeys: [] },
)

// Two thousand requests; on a busy machine they take longer than a test is given.
const RUNS_MS = 60_000

describe('the routes, for any request', () => {
  it(
    'never reject, never fail, and always answer in the documented shape',
    async () => {
      const of = rig({
        validate: 'owner',
        bind: { cookie: true, network: true, origin: true },
        trustedProxies: ['10.0.0.0/8'],
      })
      const token = of.tokenOf('ada')
      const request = fc.record({
        method: fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS', 'PUT'),
        target,
        body,
        headers,
        peer: fc.constantFrom('10.0.0.1', '203.0.113.1', ''),
        signedIn: fc.boolean(),
      })
      const plain = { headers: {}, peer: '203.0.113.1', signedIn: true }
      const seen = new Set<number>()
      await fc.assert(
        fc.asyncProperty(request, async ({ signedIn, ...rest }) => {
          const ask: Ask = signedIn
            ? { ...rest, headers: { ...rest.headers, authorization: `Bearer ${token}` } }
            : rest
          const answer = await of.wsticket.binding.routes.handle(httpRequest(ask))
          if (answer === undefined) return
          seen.add(answer.status)
          expect(answer.status).toBeLessThan(500)
          for (const value of Object.values(answer.headers)) expect(value).not.toMatch(/[\r\n\0]/)
          checkReply(ask, read(answer))
        }),
        {
          numRuns: 2000,
          examples: [
            [{ ...plain, method: 'POST', target: PATHS.ticket, body: '{"ttl_seconds":60}' }],
            [{ ...plain, method: 'POST', target: PATHS.ticket, body: '{"ttl_seconds":1}' }],
            [{ ...plain, method: 'GET', target: PATHS.sessions, body: '' }],
          ],
        },
      )
      // It did get somewhere.
      expect([...seen]).toEqual(expect.arrayContaining([200, 201, 400]))
      expect(of.take('handler.failed')).toEqual([])
      expect({}).not.toHaveProperty('admin')
    },
    RUNS_MS,
  )
})
