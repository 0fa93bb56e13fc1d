import { REFUSALS, type Refusal } from '@wsticket/protocol'
import { z } from 'zod'
import type { AuthService, Outcome, TokenPair } from './auth-service.js'

/** Bytes of a request body; a refresh token needs some hundred. */
export const AUTH_BODY_MAX_BYTES: number = 8 * 1024

/** A request as plain data, so that any server can bring one. */
export interface AuthRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Every `Authorization` line. */
  readonly authorization: readonly string[]
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The peer's address, for the limit per address. */
  readonly address: string
  /** `undefined`: it was larger than `AUTH_BODY_MAX_BYTES`. Called once at most. */
  readonly body: () => Promise<Buffer | undefined>
}

export interface AuthResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Where the codes are explained; the same page that the ticket routes point to. */
const REFUSALS_URL = '/docs/refusals'

type Reply =
  | { readonly ok: true; readonly value: unknown; readonly cache?: string }
  | { readonly ok: false; readonly refusal: Refusal }

interface Route {
  readonly method: 'GET' | 'POST'
  readonly handle: (service: AuthService, request: AuthRequest) => Promise<Reply>
}

const LoginBody = z.strictObject({ email: z.string().min(3).max(254), password: z.string().min(1).max(1024) })
const RefreshBody = z.strictObject({ refresh_token: z.string().min(1).max(512) })
const LogoutBody = z.strictObject({ everywhere: z.boolean().optional() })

const ROUTES: Readonly<Record<string, Route>> = {
  '/auth/login': { method: 'POST', handle: login },
  '/auth/refresh': { method: 'POST', handle: refresh },
  '/auth/logout': { method: 'POST', handle: logout },
  '/auth/me': { method: 'GET', handle: me },
  '/auth/jwks.json': { method: 'GET', handle: jwks },
}

/** Tells whether a path is one of the auth service's; `/auth/ticket`, for one, is not. */
export function isAuthPath(path: string): boolean {
  return Object.hasOwn(ROUTES, path)
}

/** Answers a request to one of the auth service's paths. `origins` are the pages that may call it. */
export async function answerAuth(
  service: AuthService,
  origins: readonly string[],
  request: AuthRequest,
): Promise<AuthResponse> {
  const refuse = (refusal: Refusal, headers: Readonly<Record<string, string>>): AuthResponse => {
    service.noteRefusal(request, refusal)
    return problem(refusal, headers)
  }
  const route = Object.hasOwn(ROUTES, request.path) ? ROUTES[request.path] : undefined
  if (route === undefined) return refuse({ code: 'not_found' }, {})
  const origin = request.headers.origin
  const allowed = origin !== undefined && origins.includes(origin)
  const cors: Record<string, string> = {
    vary: 'Origin',
    ...(allowed && {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'Retry-After, Date',
    }),
  }
  const foreign = origin !== undefined && !allowed
  if (request.method === 'OPTIONS')
    return foreign ? refuse({ code: 'origin_refused' }, cors) : preflight(route, cors)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  if (method !== route.method) {
    const allow = route.method === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS'
    const detail = `${request.path} takes ${route.method}.`
    return refuse({ code: 'request_invalid', status: 405, detail }, { ...cors, allow })
  }
  if (method === 'POST' && foreign) return refuse({ code: 'origin_refused' }, cors)
  const reply = await route.handle(service, request)
  if (!reply.ok) return problem(reply.refusal, cors)
  return {
    status: 200,
    headers: {
      ...cors,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': reply.cache ?? 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: JSON.stringify(reply.value),
  }
}

async function login(service: AuthService, request: AuthRequest): Promise<Reply> {
  const body = await readJson(service, request, LoginBody)
  if (!body.ok) return body
  return tokenReply(await service.login({ ...body.value, address: request.address }))
}

async function refresh(service: AuthService, request: AuthRequest): Promise<Reply> {
  const body = await readJson(service, request, RefreshBody)
  if (!body.ok) return body
  return tokenReply(await service.refresh(body.value.refresh_token))
}

async function logout(service: AuthService, request: AuthRequest): Promise<Reply> {
  const token = bearer(request)
  if (typeof token !== 'string') return refusedToken(service, request, token)
  const body = await readJson(service, request, LogoutBody, { empty: {} })
  if (!body.ok) return body
  return await service.logout(token, body.value.everywhere === true ? 'subject' : 'login')
}

async function me(service: AuthService, request: AuthRequest): Promise<Reply> {
  const token = bearer(request)
  if (typeof token !== 'string') return refusedToken(service, request, token)
  const known = await service.identify(token)
  if (!known.ok) return known
  const { user, login: loginId, expiresAt } = known.value
  const { subject: user_id, email, name, permissions } = user
  return { ok: true, value: { user_id, email, name, permissions, login: loginId, expires_at: expiresAt } }
}

async function jwks(service: AuthService): Promise<Reply> {
  // Public, and asked for by every verifier; short, so that a new key is seen soon.
  return { ok: true, value: service.jwks, cache: 'public, max-age=60' }
}

const NO_TOKEN: Refusal = { code: 'credential_missing', detail: 'Send Authorization: Bearer <access_token>.' }

// Which of the two a proxy in front looked at, nobody knows.
const TWO_TOKENS: Refusal = { code: 'credential_ambiguous', detail: 'Send one Authorization header.' }

function refusedToken(service: AuthService, request: AuthRequest, refusal: Refusal): Reply {
  service.noteRefusal(request, refusal)
  return { ok: false, refusal }
}

function tokenReply(outcome: Outcome<TokenPair>): Reply {
  if (!outcome.ok) return outcome
  const { accessToken, refreshToken, expiresIn } = outcome.value
  return {
    ok: true,
    value: {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: expiresIn,
    },
  }
}

function bearer({ authorization }: AuthRequest): string | Refusal {
  if (authorization.length > 1) return TWO_TOKENS
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization[0] ?? '')?.[1] ?? NO_TOKEN
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

async function readJson<T>(
  service: AuthService,
  request: AuthRequest,
  schema: z.ZodType<T>,
  options: { readonly empty?: T } = {},
): Promise<Read<T>> {
  const read = await readBody(request, schema, options)
  if (!read.ok) service.noteRefusal(request, read.refusal)
  return read
}

async function readBody<T>(
  request: AuthRequest,
  schema: z.ZodType<T>,
  options: { readonly empty?: T },
): Promise<Read<T>> {
  const bytes = await request.body()
  if (bytes === undefined) return invalid(413, `The body may have ${AUTH_BODY_MAX_BYTES} bytes at most.`)
  if (bytes.length === 0 && options.empty !== undefined) return { ok: true, value: options.empty }
  const type = request.headers['content-type']
  if (!/^application\/json *(;|$)/i.test(type ?? '')) {
    return invalid(415, 'Send the body with Content-Type: application/json.')
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return invalid(undefined, 'The body is not valid JSON in UTF-8.')
  }
  const result = schema.safeParse(parsed)
  return result.success ? { ok: true, value: result.data } : invalid(undefined, explain(result.error))
}

// Zod's messages name types and bounds, never what was sent; a field that is not known is named, clipped.
function explain(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => {
      if (issue.code === 'unrecognized_keys') {
        const names = issue.keys.slice(0, 5).map((key) => JSON.stringify(key.slice(0, 40)))
        return `Unknown field ${names.join(', ')}.`
      }
      const field = issue.path.length === 0 ? 'The body' : issue.path.join('.')
      return `${field}: ${issue.message}.`
    })
    .join(' ')
}

function invalid(status: 413 | 415 | undefined, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code: 'request_invalid', detail, ...(status && { status }) } }
}

function preflight(route: Route, cors: Readonly<Record<string, string>>): AuthResponse {
  const headers = {
    ...cors,
    'access-control-allow-methods': route.method,
    'access-control-allow-headers': 'authorization, content-type, traceparent',
    'access-control-max-age': '600',
    'cache-control': 'no-store',
  }
  return { status: 204, headers, body: '' }
}

/** The answer that says a refusal. */
export function problem(refusal: Refusal, headers: Readonly<Record<string, string>>): AuthResponse {
  const { code } = refusal
  const { http, title } = REFUSALS[code]
  const status = refusal.status ?? http ?? 500
  const retryAfter = refusal.retryAfterSeconds
  return {
    status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(status === 401 && { 'www-authenticate': 'Bearer realm="chat"' }),
    },
    body: JSON.stringify({
      type: `${REFUSALS_URL}#${code}`,
      title,
      status,
      code,
      ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    }),
  }
}
