import { PATHS } from '@wsticket/protocol'
import { expect, onTestFinished } from 'vitest'
import type { UpgradeRequest } from '../src/admission/upgrade.js'
import { type ManualClock, manualClock } from '../src/conformance/manual-clock.js'
import type { WsticketEventName, WsticketEvents } from '../src/events/events.js'
import {
  closeResponseSchema,
  configResponseSchema,
  healthResponseSchema,
  logoutResponseSchema,
  problemSchema,
  readyResponseSchema,
  renewResponseSchema,
  revokeResponseSchema,
  sessionsResponseSchema,
  statusResponseSchema,
  ticketResponseSchema,
  validateResponseSchema,
} from '../src/http/schemas.js'
import { jwt } from '../src/identity/jwt.js'
import type { WsticketOptions } from '../src/options.js'
import type { HttpRequest, HttpResponse } from '../src/request/message.js'
import { memoryStore } from '../src/stores/memory.js'
import type { TicketStore } from '../src/stores/store.js'
import { createWsticket, type Wsticket } from '../src/wsticket.js'
import { AUDIENCE, ISSUER, makeToken, SECRET } from './tokens.js'

export const ORIGIN = 'https://app.example.com'
export const FOREIGN = 'https://evil.example'

/** An event, with its name. */
export interface Heard {
  readonly name: WsticketEventName
  readonly [field: string]: unknown
}

/** A request to the routes, as a test writes it. */
export interface Ask {
  readonly method?: string
  readonly target: string
  readonly token?: string
  /** An object becomes JSON with its content type; text is sent as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly peer?: string
  readonly secure?: boolean
}

/** An answer of the routes, read. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly json: Record<string, unknown>
}

/** A ticket authority of a test, with a clock that stands still and everything that was told. */
export interface Rig {
  readonly wsticket: Wsticket
  readonly clock: ManualClock
  readonly store: TicketStore
  readonly heard: Heard[]
  /** Takes out what was told under a name since it was asked last. */
  take(name: WsticketEventName): Heard[]
  /** A token of a user that was issued now. */
  tokenOf(subject: string, claims?: object): string
  /** Asks the routes; fails if the path is none of theirs. */
  ask(request: Ask): Promise<Reply>
  /** Issues a ticket to a user over the routes. */
  ticketOf(
    subject: string,
    options?: TicketOptions,
  ): Promise<{ readonly ticket: string; readonly ref: string }>
}

export interface TicketOptions extends Omit<Ask, 'target' | 'token'> {
  readonly claims?: object
}

/** Options of the authority; its clock is a manual one. */
export type RigOptions = Partial<Omit<WsticketOptions, 'clock'>> & { readonly clock?: ManualClock }

/** Puts together a ticket authority with the memory store and HS256. */
export function rig(
  options: Partial<Omit<WsticketOptions, 'clock'>> & { readonly clock?: ManualClock } = {},
): Rig {
  const clock = options.clock ?? manualClock()
  const store = options.store ?? memoryStore({ clock })
  const wsticket = createWsticket({
    store,
    clock,
    authenticate: jwt({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET, clock }),
    origins: [ORIGIN],
    audiences: ['/ws'],
    ...options,
  })
  onTestFinished(() => closed(wsticket, clock))
  const heard: Heard[] = []
  wsticket.events.onAny((name, event: WsticketEvents[WsticketEventName]) => heard.push({ name, ...event }))
  const tokenOf = (subject: string, claims: object = {}): string => {
    const now = Math.floor(clock.now() / 1000)
    return makeToken({ iss: ISSUER, aud: AUDIENCE, sub: subject, iat: now, exp: now + 900, ...claims })
  }
  const ask = async (request: Ask): Promise<Reply> => {
    const answer = await wsticket.binding.routes.handle(httpRequest(request))
    if (answer === undefined) throw new Error(`${request.target} is no path of the routes`)
    const reply = read(answer)
    checkReply(request, reply)
    return reply
  }
  return {
    wsticket,
    clock,
    store,
    heard,
    take: (name) => {
      const taken = heard.filter((event) => event.name === name)
      heard.splice(0, heard.length, ...heard.filter((event) => event.name !== name))
      return taken
    },
    tokenOf,
    ask,
    ticketOf: async (subject, { claims = {}, ...more } = {}) => {
      const token = tokenOf(subject, claims)
      const reply = await ask({ method: 'POST', target: '/api/websocket/ticket', token, ...more })
      if (reply.status !== 201) throw new Error(`No ticket: ${reply.text}`)
      return { ticket: String(reply.json.ticket_id), ref: String(reply.json.ref) }
    },
  }
}

// Longer than any socket is waited for, and any store, after the longest window in which sockets are closed.
const CLOSED_MS = 30_000

/** Closes a ticket authority whose clock stands still, though nobody of those that it holds answers. */
export async function closed(wsticket: Wsticket, clock: ManualClock): Promise<void> {
  await Promise.all([wsticket.close(), clock.run(CLOSED_MS)])
}

/** A request as plain data. */
export function httpRequest({
  method = 'GET',
  target,
  token,
  body,
  headers = {},
  peer,
  secure,
}: Ask): HttpRequest {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  const all: Record<string, string | readonly string[]> = {
    host: 'api.example.com',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  }
  return {
    method,
    target,
    headers: headerLines(all),
    peer: peer ?? '192.0.2.1',
    secure: secure ?? true,
    readBody: async (limit) => (Buffer.byteLength(text) > limit ? undefined : text),
  }
}

/** Headers as the core reads them: by their lower-case name, a line each. */
export function headerLines(
  headers: Readonly<Record<string, string | readonly string[]>>,
): (name: string) => readonly string[] {
  const lines = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat()]))
  return (name) => lines.get(name) ?? []
}

/** Reads an answer; one that is no JSON has an empty object. */
export function read({ status, headers, body }: HttpResponse): Reply {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString()
  const json: unknown = text === '' ? {} : JSON.parse(text)
  return { status, headers, text, json: isObject(json) ? json : {} }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** An upgrade, as a test writes it. */
export interface UpgradeAsk {
  readonly ticket?: string
  /** @default 'subprotocol' */
  readonly by?: 'subprotocol' | 'query'
  readonly target?: string
  /** `null` for none. @default the allowed one */
  readonly origin?: string | readonly string[] | null
  /** Subprotocols beside the ticket's. */
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly method?: string
  readonly peer?: string
}

/** An upgrade request as plain data. */
export function upgradeRequest(upgrade: UpgradeAsk = {}): UpgradeRequest {
  const {
    ticket,
    by = 'subprotocol',
    target = '/ws',
    origin = ORIGIN,
    protocols = [],
    method = 'GET',
    peer,
  } = upgrade
  const offered = [
    ...(ticket !== undefined && by === 'subprotocol' ? ['wsticket.v1', `wsticket.${ticket}`] : []),
    ...protocols,
  ]
  const headers = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...(origin === null ? {} : { origin }),
    ...(offered.length === 0 ? {} : { 'sec-websocket-protocol': offered.join(', ') }),
    ...upgrade.headers,
  }
  return {
    ...httpRequest({
      method,
      target: ticket !== undefined && by === 'query' ? `${target}?ticket=${ticket}` : target,
      headers,
      ...(peer === undefined ? {} : { peer }),
    }),
    headerBytes: JSON.stringify(headers).length,
  }
}

const SCHEMAS = [
  ['POST', [PATHS.ticket, ...PATHS.ticketAliases], ticketResponseSchema],
  ['GET', [PATHS.validate], validateResponseSchema],
  ['DELETE', [PATHS.ticketByRef], revokeResponseSchema],
  ['GET', [PATHS.status], statusResponseSchema],
  ['POST', [PATHS.renew], renewResponseSchema],
  ['GET', [PATHS.sessions], sessionsResponseSchema],
  ['DELETE', [PATHS.sessionByRef], closeResponseSchema],
  ['POST', [PATHS.logout], logoutResponseSchema],
  ['GET', [PATHS.config], configResponseSchema],
  ['GET', [PATHS.health], healthResponseSchema],
  ['GET', [PATHS.ready], readyResponseSchema],
] as const

/** Fails unless an answer has the shape that the OpenAPI document promises, and the headers that all of them have. */
export function checkReply({ method = 'GET', target }: Pick<Ask, 'method' | 'target'>, reply: Reply): void {
  expect(reply.headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    vary: 'Origin',
  })
  if (reply.status === 204 || reply.status === 500) return
  if (reply.headers['content-type'] === 'application/problem+json') {
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(problemSchema.parse(reply.json)).toMatchObject({ status: reply.status })
    return
  }
  expect(reply.headers['content-type']).toBe('application/json')
  const path = target.split('?', 1)[0] ?? ''
  const row = SCHEMAS.find(([of, paths]) => of === method && paths.some((pattern) => fits(pattern, path)))
  row?.[2].parse(reply.json)
}

function fits(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replace('{ref}', '[^/]+')}$`).test(path)
}
