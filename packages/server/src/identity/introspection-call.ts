import { type Clock, withDeadline } from '../clock.js'
import { WsticketError } from '../errors.js'

/** What an auth service answers: a JSON object. */
export type ServiceAnswer = Readonly<Record<string, unknown>>

/** How a token is put to an auth service of your own. */
export interface ServiceRequest {
  /** @default 'POST' */
  readonly method?: 'GET' | 'POST' | undefined
  /** Besides those of the options; of one name, these are sent. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `URLSearchParams` are sent as a form, anything else as JSON. */
  readonly body?: object | undefined
}

/** An auth service, and how it is asked. */
export interface AuthService {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly request: (token: string) => ServiceRequest
  /** Statuses that call the token bad. */
  readonly invalidStatuses: readonly number[]
  /** For an answer as a whole, the connection included. */
  readonly timeoutMs: number
  readonly fetch: typeof fetch
  readonly clock: Clock
}

// What says who somebody is takes a kilobyte or two. A service that is broken, or not ours, may send without end.
const ANSWER_MAX_BYTES = 65_536
// RFC 6839: structured suffixes.
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i
// What programs call their errors. A message could hold anything: the request, or a piece of the answer.
const ERROR_CODE = /^\w{1,64}$/
// fetch wraps once, and sometimes twice. A chain can also be a ring.
const CAUSES_MAX = 4
// A service that recovers sooner than it said should not find us gone.
const RETRY_AFTER_MAX_SECONDS = 60

/**
 * Asks the auth service about a token: once, within the timeout, without following redirects.
 *
 * Gives its answer, or `undefined` if a status calls the token bad. Rejects with `identity_unavailable` for everything
 * that is no clear answer. No message holds the token, our own credentials or the address's query.
 */
export function ask(service: AuthService, token: string): Promise<ServiceAnswer | undefined> {
  const { clock, timeoutMs } = service
  const stop = new AbortController()
  return withDeadline(exchange(service, token, stop.signal), {
    clock,
    ms: timeoutMs,
    late: () => {
      stop.abort()
      return unavailable(service, `did not answer within ${timeoutMs} ms`)
    },
  })
}

/** What the auth service did instead of answering. */
export function unavailable(
  { url }: Pick<AuthService, 'url'>,
  what: string,
  more: { readonly remedy?: string; readonly retryAfterSeconds?: number | undefined } = {},
): WsticketError {
  // Without the query, which may hold a key; userinfo is not accepted in the first place.
  return new WsticketError(
    'identity_unavailable',
    `the auth service at ${url.origin}${url.pathname} ${what}`,
    more,
  )
}

async function exchange(
  service: AuthService,
  token: string,
  signal: AbortSignal,
): Promise<ServiceAnswer | undefined> {
  const response = await send(service, token, signal)
  const bad = service.invalidStatuses.includes(response.status)
  const type = response.headers.get('content-type') ?? ''
  if (!bad && !(response.ok && JSON_TYPE.test(type))) {
    drop(response)
    throw response.ok ? unavailable(service, 'answered something else than JSON') : failed(service, response)
  }
  // The whole of it, also where nobody looks at it: the connection can then be used again.
  const body = await readBody(service, response)
  return bad ? undefined : parse(service, body)
}

async function send(service: AuthService, token: string, signal: AbortSignal): Promise<Response> {
  const init = requestInit(service, token)
  // Called without an object before it: some runtimes insist.
  const { fetch } = service
  try {
    // Not 'error', which Workers do not know: the redirect itself is then the answer, or one without a status.
    return await fetch(service.url, { ...init, redirect: 'manual', signal })
  } catch (error) {
    throw unavailable(service, `cannot be reached${codeOf(error)}`, {
      remedy: 'Check that its address is right and can be reached from here.',
    })
  }
}

function requestInit(service: AuthService, token: string): RequestInit & { headers: Headers } {
  try {
    const { method = 'POST', headers = {}, body } = service.request(token)
    const all = new Headers({ accept: 'application/json', ...service.headers })
    if (body !== undefined) {
      const form = body instanceof URLSearchParams
      all.set('content-type', form ? 'application/x-www-form-urlencoded' : 'application/json')
    }
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    if (body === undefined) return { method, headers: all }
    return {
      method,
      headers: all,
      body: body instanceof URLSearchParams ? body.toString() : JSON.stringify(body),
    }
  } catch (error) {
    // Its message may hold the header or the token that it is about.
    const name = error instanceof Error ? error.name : 'something'
    throw unavailable(service, `was not asked: making the request threw ${name}`, {
      remedy: 'Check the option `request`: its headers must be names and values that HTTP can carry.',
    })
  }
}

function failed(service: AuthService, response: Response): WsticketError {
  const { status } = response
  const retryAfterSeconds = retryAfter(response, service.clock)
  // Some runtimes show no more of a redirect than that it was one.
  if (status === 0 || (status >= 300 && status < 400)) {
    return unavailable(service, 'answered with a redirect, which is not followed', {
      remedy: 'Give the address that it leads to as `url`.',
    })
  }
  if (status === 401 || status === 403) {
    const what = `answered ${status}, which is about our own credentials unless invalidStatuses has it`
    return unavailable(service, what, {
      remedy: 'Check `client`, `bearer` or `headers`.',
      retryAfterSeconds,
    })
  }
  return unavailable(service, `answered ${status}`, { retryAfterSeconds })
}

/** Seconds of `Retry-After`, in either of its forms (RFC 9110, 10.2.3). */
function retryAfter(response: Response, clock: Clock): number | undefined {
  const value = response.headers.get('retry-after') ?? ''
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - clock.now()) / 1000)
  if (Number.isNaN(seconds)) return undefined
  return Math.min(Math.max(seconds, 1), RETRY_AFTER_MAX_SECONDS)
}

/** Reads a body as it comes, decompressed, up to the limit. Leaving the loop cancels what is left of it. */
async function readBody(service: AuthService, response: Response): Promise<Uint8Array> {
  const body: AsyncIterable<Uint8Array> | null = response.body
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength
      if (bytes > ANSWER_MAX_BYTES) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw unavailable(service, `broke off its answer${codeOf(error)}`)
  }
  if (bytes > ANSWER_MAX_BYTES) throw unavailable(service, `answered more than ${ANSWER_MAX_BYTES} bytes`)
  return joined(chunks, bytes)
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.byteLength
  }
  return all
}

function parse(service: AuthService, body: Uint8Array): ServiceAnswer {
  try {
    const answer: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (isObject(answer)) return answer
  } catch {
    // The parser's message quotes what it could not read.
  }
  throw unavailable(service, 'answered something that is no JSON object')
}

function isObject(value: unknown): value is ServiceAnswer {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A body that nobody reads would keep its connection. */
function drop(response: Response): void {
  response.body?.cancel().catch(() => {})
}

/** The code of an error, or of what caused it, as ` (ECONNREFUSED)`. */
function codeOf(error: unknown): string {
  let at = error
  for (let depth = 0; depth < CAUSES_MAX && at instanceof Error; depth += 1) {
    if ('code' in at && typeof at.code === 'string' && ERROR_CODE.test(at.code)) return ` (${at.code})`
    at = at.cause
  }
  return ''
}
