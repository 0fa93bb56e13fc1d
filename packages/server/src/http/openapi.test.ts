import { createServer } from 'node:http'
import { PATHS } from '@wsticket/protocol'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { listen } from '../../../../test/listen.js'
import { fails, storeWith } from '../../test/broken-store.js'
import { serverLimits, ticketRoutes } from '../adapters/node-http.js'
import { jwt } from '../identity/jwt.js'
import type { Claims } from '../identity/principal.js'
import { memoryStore } from '../stores/memory.js'
import { createWsticket, type Wsticket } from '../wsticket.js'
import { type JsonObject, type OpenApiDocument, openApiDocument } from './openapi.js'
import { operationTexts } from './openapi-operations.js'
import type { RouteParts } from './operation.js'
import { operations } from './operations.js'

const SECRET = 'a secret of the tests, thirty-two bytes or more'
const PAGE = 'https://app.example.com'
const settings = { maxTtlSeconds: 3600, validate: 'owner' } as const

// All that the list of operations itself reads.
const parts = { tickets: { maxTtlSeconds: 3600 } } as unknown as RouteParts<Claims>
const described = [
  ...operations(parts),
  { name: 'openapi', method: 'GET', paths: ['/openapi.json'] } as const,
]
const document = openApiDocument(described, settings)

function token(claims: Record<string, unknown> = {}, subject = 'ada', login = 'login-1'): Promise<string> {
  return new SignJWT({ sid: login, permissions: ['chat'], ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('https://id.example.com')
    .setAudience('chat')
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET))
}

async function serve(options: Partial<Parameters<typeof createWsticket>[0]> = {}): Promise<{
  readonly wsticket: Wsticket
  readonly url: string
}> {
  const wsticket = createWsticket({
    store: memoryStore(),
    authenticate: jwt({ issuer: 'https://id.example.com', audience: 'chat', secret: SECRET }),
    origins: [PAGE],
    publicUrl: 'wss://api.example.com/ws',
    validate: 'owner',
    ...options,
  })
  const { http } = await listen(createServer(serverLimits, ticketRoutes(wsticket)))
  return { wsticket, url: http }
}

/** Every operation of a document, with its path and method. */
function* each({ paths }: OpenApiDocument): Generator<[path: string, method: string, operation: JsonObject]> {
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) yield [path, method, operation]
  }
}

function dig(value: unknown, ...names: readonly string[]): unknown {
  let found = value
  for (const name of names) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as JsonObject)[name]
  }
  return found
}

function* everything(value: unknown): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value) yield* everything(item)
  else if (typeof value === 'object' && value !== null) {
    yield value as JsonObject
    for (const item of Object.values(value)) yield* everything(item)
  }
}

/** Compiles a schema of the document itself, not the one that it was made of. */
function compile(of: OpenApiDocument, schema: unknown): z.ZodType {
  const whole = { ...(schema as JsonObject), $defs: of.components.schemas }
  const text = JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema(JSON.parse(text))
}

describe('the OpenAPI document', () => {
  it('has every operation under every path and method of it, and no other', () => {
    const offered = described.flatMap(({ method, paths }) => paths.map((path) => `${method} ${path}`))
    const told = [...each(document)].map(([path, method]) => `${method.toUpperCase()} ${path}`)
    expect(told.toSorted()).toEqual(offered.toSorted())
    expect(Object.keys(operationTexts('owner')).toSorted()).toEqual(
      described.map(({ name }) => name).toSorted(),
    )
  })

  it('has every path of the wire contract', () => {
    const paths = Object.keys(document.paths)
    for (const path of Object.values(PATHS).flat()) expect(paths).toContain(path)
  })

  it('refuses an operation that nobody described', () => {
    expect(() => openApiDocument([{ name: 'dance', method: 'GET', paths: ['/dance'] }], settings)).toThrow(
      /operation dance has no text/,
    )
  })

  it('refers only to what it has', () => {
    const refs = [...everything(document)].map(({ $ref }) => $ref).filter((ref) => typeof ref === 'string')
    expect(refs.length).toBeGreaterThan(20)
    for (const ref of refs) {
      expect(ref).toMatch(/^#\/components\/(schemas|headers)\/[\w-]+$/)
      expect(dig(document, ...ref.slice(2).split('/')), ref).toBeDefined()
    }
    const text = JSON.stringify(document)
    for (const left of ['$defs', '$schema', '__schema', 'readOnly']) expect(text).not.toContain(left)
  })

  it('gives each operation an id of its own, a summary, a known tag and the parameters of its path', () => {
    const ids = [...each(document)].map(([, , { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = (document.tags as { readonly name: string }[]).map(({ name }) => name)
    for (const [path, method, operation] of each(document)) {
      const where = `${method} ${path}`
      expect(operation.summary, where).toMatch(/^[A-Z].*[^.]$/)
      expect(tags, where).toContain(dig(operation, 'tags', '0'))
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const parameters = (operation.parameters ?? []) as { readonly name: string; readonly in: string }[]
      expect(
        parameters.map(({ name }) => name),
        where,
      ).toEqual(variables)
      for (const requirement of operation.security as JsonObject[]) {
        expect(Object.keys(requirement), where).toEqual(['bearer'])
      }
      const responses = Object.values(operation.responses as JsonObject)
      for (const response of responses) expect(dig(response, 'description'), where).toMatch(/\S/)
    }
    expect(document.components.securitySchemes).toHaveProperty('bearer')
  })

  it('says that bearers alone may validate a ticket where only its owner may', () => {
    const publicly = openApiDocument(described, { ...settings, validate: 'public' })
    expect(dig(document, 'paths', PATHS.validate, 'get', 'security')).toEqual([{ bearer: [] }])
    expect(dig(publicly, 'paths', PATHS.validate, 'get', 'security')).toEqual([])
    expect(dig(publicly, 'paths', PATHS.validate, 'get', 'responses', '401')).toBeUndefined()
  })

  it('gives examples of bodies that its own schemas accept', () => {
    const examples = [...each(document)].flatMap(([, , { requestBody }]) => {
      const content = dig(requestBody, 'content', 'application/json')
      return content === undefined ? [] : [content]
    })
    expect(examples.length).toBeGreaterThan(1)
    for (const content of examples) {
      const { schema, example } = content as JsonObject
      expect(compile(document, schema).safeParse(example)).toMatchObject({ success: true })
    }
  })
})

describe('a running server', () => {
  let served: OpenApiDocument
  const seen = new Set<string>()

  /** Makes a request, and holds the answer against what the served document says of it. */
  async function call(
    url: string,
    method: string,
    template: string,
    options: {
      readonly ref?: string
      readonly bearer?: string
      readonly body?: string
      readonly type?: string
    } = {},
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const answer = await fetch(url + template.replace('{ref}', options.ref ?? ''), {
      method,
      headers: {
        ...(options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` }),
        ...(options.body === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: options.body }),
    })
    const where = `${method} ${template} ${answer.status}`
    const response = dig(served, 'paths', template, method.toLowerCase(), 'responses', String(answer.status))
    expect(response, `${where} is described`).toBeDefined()
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? ''
    const schema = dig(response, 'content', type, 'schema')
    expect(schema, `${where} as ${type} is described`).toBeDefined()
    const body = (await answer.json()) as Record<string, unknown>
    const checked = compile(served, schema).safeParse(body)
    expect(checked.error?.issues, `${where}: ${JSON.stringify(body)}`).toBeUndefined()
    if (answer.status < 300 || answer.status === 429) {
      for (const name of Object.keys(dig(response, 'headers') ?? {})) {
        expect(answer.headers.get(name), `${where} has ${name}`).not.toBeNull()
      }
    }
    if (answer.status >= 400 && 'code' in body) {
      expect(dig(response, 'description'), where).toContain(`\`${String(body.code)}\``)
    }
    seen.add(where)
    return { status: answer.status, body }
  }

  async function documentOf(url: string): Promise<OpenApiDocument> {
    return (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument
  }

  it('answers what its document says, in every operation', async () => {
    const { wsticket, url } = await serve()
    served = await documentOf(url)
    const ada = await token()

    const issued = await call(url, 'POST', PATHS.ticket, {
      bearer: ada,
      body: '{"metadata":{"a":[1,{"b":null}]}}',
    })
    const ref = String(issued.body.ref)
    for (const alias of PATHS.ticketAliases) await call(url, 'POST', alias, { bearer: ada })
    expect(await call(url, 'GET', PATHS.validate, { ref, bearer: ada })).toMatchObject({
      body: { valid: true },
    })
    const admission = await wsticket.redeem(String(issued.body.ticket_id), { audience: '/ws' })
    if (!admission.ok) throw new Error(`not admitted: ${admission.refusal.code}`)
    expect((await call(url, 'GET', PATHS.sessions, { bearer: ada })).body.sessions).toHaveLength(1)
    await call(url, 'POST', PATHS.renew, { ref, bearer: ada })
    await call(url, 'DELETE', PATHS.sessionByRef, { ref, bearer: ada })
    await call(url, 'POST', PATHS.renew, { ref, bearer: ada })
    admission.release()
    const other = await call(url, 'POST', PATHS.ticket, { bearer: ada })
    await call(url, 'DELETE', PATHS.ticketByRef, { ref: String(other.body.ref), bearer: ada })
    expect(
      (await call(url, 'GET', PATHS.validate, { ref: String(other.body.ref), bearer: ada })).body.code,
    ).toBe('ticket_revoked')
    await call(url, 'GET', PATHS.status)
    await call(url, 'GET', PATHS.config)
    await call(url, 'GET', PATHS.health)
    await call(url, 'GET', PATHS.ready)
    await call(url, 'GET', '/openapi.json')
    await call(url, 'POST', PATHS.logout, { bearer: ada, body: '{}' })

    const documented = [...each(served)].map(([path, method, { responses }]) => {
      const success = Object.keys(responses as JsonObject).find((status) => status < '300')
      return `${method.toUpperCase()} ${path} ${success}`
    })
    for (const success of documented) expect([...seen]).toContain(success)
  })

  it('refuses as its document says', async () => {
    const { url } = await serve({ limits: { issuePerUser: { burst: 1, perSecond: 0.01 } } })
    served = await documentOf(url)
    const ada = await token()
    const ticket = async (options: Parameters<typeof call>[3]): Promise<unknown> =>
      (await call(url, 'POST', PATHS.ticket, options)).status
    expect(await ticket({})).toBe(401)
    expect(await ticket({ bearer: 'garbage' })).toBe(401)
    expect(await ticket({ bearer: ada, body: '{"ttl_seconds":1}' })).toBe(400)
    expect(await ticket({ bearer: ada, body: '{"permissions":["root"]}' })).toBe(403)
    expect(await ticket({ bearer: ada, body: 'x', type: 'text/plain' })).toBe(415)
    expect(await ticket({ bearer: ada, body: JSON.stringify({ audience: 'x'.repeat(9000) }) })).toBe(413)
    expect(await ticket({ bearer: ada })).toBe(201)
    expect(await ticket({ bearer: ada })).toBe(429)
    const ref = `00${'x'.repeat(22)}`
    for (const [method, path] of [
      ['DELETE', PATHS.ticketByRef],
      ['DELETE', PATHS.sessionByRef],
      ['POST', PATHS.renew],
    ] as const) {
      expect((await call(url, method, path, { ref, bearer: ada })).status).toBe(404)
    }
  })

  it('has a name for every schema, and the shape of the answer where the store is down', () => {
    const schemas = Object.keys(document.components.schemas ?? {})
    expect(schemas).toContain('Json')
    expect(schemas.filter((name) => name.startsWith('_'))).toEqual([])
    expect(dig(document, 'paths', PATHS.status, 'get', 'responses', '503')).toMatchObject({
      headers: { 'Retry-After': {} },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Status' } } },
    })
  })

  it('says so, as described, when its store is down', async () => {
    const { url } = await serve({
      store: storeWith(memoryStore(), { health: fails, sealKeys: fails }),
    })
    served = await documentOf(url)
    expect((await call(url, 'GET', PATHS.status)).status).toBe(503)
    expect((await call(url, 'GET', PATHS.ready)).status).toBe(503)
    expect((await call(url, 'GET', PATHS.health)).status).toBe(200)
    expect((await call(url, 'POST', PATHS.ticket, { bearer: await token() })).status).toBe(503)
  })

  it('allows on each path exactly the methods that its document has', async () => {
    const { url } = await serve()
    for (const [path, methods] of Object.entries((await documentOf(url)).paths)) {
      const answer = await fetch(url + path.replace('{ref}', 'x'), { method: 'OPTIONS' })
      const expected = [...Object.keys(methods).map((method) => method.toUpperCase()), 'OPTIONS']
      expect(answer.headers.get('allow')?.split(', ').toSorted(), path).toEqual(expected.toSorted())
    }
  })

  it('tells the limits of this server, and lets an allowed page read them', async () => {
    const { url } = await serve({ tickets: { maxTtlSeconds: 120, ttlSeconds: 60 }, validate: 'public' })
    const answer = await fetch(`${url}/openapi.json`, { headers: { origin: PAGE } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    const own = await answer.json()
    expect(dig(own, 'components', 'schemas', 'TicketRequest', 'properties', 'ttl_seconds')).toMatchObject({
      minimum: 30,
      maximum: 120,
    })
    expect(dig(own, 'paths', PATHS.validate, 'get', 'security')).toEqual([])
  })
})
