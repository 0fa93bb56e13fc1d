import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isConfigResponse,
  isProblem,
  isRenewResponse,
  isSessionsResponse,
  isTicketResponse,
  METADATA_MAX_BYTES,
  PATHS,
  REFRESH_THRESHOLD_SECONDS,
  TTL_SECONDS,
} from './messages.js'

const TICKET = {
  ticket_id: `wst1_7f${'A'.repeat(54)}`,
  ref: `7f${'a'.repeat(22)}`,
  created_at: 1_700_000_000,
  expires_at: 1_700_000_060,
  ttl_seconds: 60,
  single_use: true,
  websocket_url: 'wss://api.example.com/ws?ticket=…',
}
const PROBLEM = {
  type: 'https://example.com/refusals#ticket_used',
  title: 'Used',
  status: 403,
  code: 'ticket_used',
}
const RENEWED = { session_id: TICKET.ref, expires_at: 1_700_000_900 }
const SESSION = {
  session_id: TICKET.ref,
  opened_at: 1_700_000_000,
  expires_at: 1_700_000_900,
  sockets: 1,
  audience: 'chat',
  origin: 'https://app.example.com',
  address: '192.0.2.1',
}
const CONFIG = {
  pathways: ['ticket'],
  carriers: ['subprotocol', 'query'],
  ttl_seconds: 300,
  max_ttl_seconds: 3600,
  refresh_threshold_seconds: 30,
}

const guards: readonly {
  readonly name: string
  readonly guard: (value: unknown) => boolean
  readonly good: Readonly<Record<string, unknown>>
  readonly optional?: readonly string[]
}[] = [
  { name: 'isTicketResponse', guard: isTicketResponse, good: TICKET },
  { name: 'isProblem', guard: isProblem, good: PROBLEM, optional: ['type'] },
  { name: 'isRenewResponse', guard: isRenewResponse, good: RENEWED },
  { name: 'isConfigResponse', guard: isConfigResponse, good: CONFIG },
]

describe.each(guards)('$name', ({ guard, good, optional = [] }) => {
  const fields = Object.keys(good).filter((field) => !optional.includes(field))

  it('takes a whole message, with fields of a later version too', () => {
    expect(guard(good)).toBe(true)
    expect(guard({ ...good, something_new: { deep: [1] } })).toBe(true)
  })

  it.each(fields)('misses the field %s', (field) => {
    const { [field]: _, ...rest } = good
    expect(guard(rest)).toBe(false)
  })

  it.each(fields)('refuses the field %s in another type', (field) => {
    const original = good[field]
    const sameShape = (value: unknown): boolean =>
      typeof value === typeof original && typeof value !== 'object' && !Number.isNaN(value)
    fc.assert(
      fc.property(
        fc.anything().filter((value) => !sameShape(value) && !Array.isArray(value)),
        (value) => !guard({ ...good, [field]: value }),
      ),
    )
  })

  it('refuses whatever else there is', () => {
    fc.assert(fc.property(fc.anything(), (value) => !guard(value)))
    for (const value of [null, undefined, '', 0, [], [good], JSON.stringify(good)]) {
      expect(guard(value)).toBe(false)
    }
  })
})

describe('guards, particulars', () => {
  it('refuse a problem whose code is not in the table', () => {
    expect(isProblem({ ...PROBLEM, code: 'teapot' })).toBe(false)
    expect(isProblem({ ...PROBLEM, code: 'toString' })).toBe(false)
  })

  it('refuse numbers that JSON could not have carried', () => {
    expect(isRenewResponse({ ...RENEWED, expires_at: Number.NaN })).toBe(false)
    expect(isRenewResponse({ ...RENEWED, expires_at: Number.POSITIVE_INFINITY })).toBe(false)
  })

  it('refuse a list of texts with something else in it', () => {
    expect(isConfigResponse({ ...CONFIG, pathways: ['ticket', 1] })).toBe(false)
    expect(isConfigResponse({ ...CONFIG, carriers: 'query' })).toBe(false)
    expect(isConfigResponse({ ...CONFIG, carriers: [] })).toBe(true)
  })
})

describe('isSessionsResponse', () => {
  it('takes a list of sessions, an empty one too, with fields of a later version', () => {
    const { origin: _origin, address: _address, ...bare } = SESSION
    expect(isSessionsResponse({ sessions: [] })).toBe(true)
    expect(isSessionsResponse({ sessions: [SESSION, bare, { ...SESSION, more: [1] }], more: 1 })).toBe(true)
  })

  it.each(Object.keys(SESSION))('refuses a session whose %s is of another type', (field) => {
    expect(isSessionsResponse({ sessions: [SESSION, { ...SESSION, [field]: [] }] })).toBe(false)
  })

  it.each(['session_id', 'opened_at', 'expires_at', 'sockets', 'audience'])(
    'refuses a session without %s',
    (field) => {
      const rest = Object.fromEntries(Object.entries(SESSION).filter(([name]) => name !== field))
      expect(isSessionsResponse({ sessions: [SESSION, rest] })).toBe(false)
    },
  )

  it('refuses whatever else there is', () => {
    fc.assert(fc.property(fc.anything(), (value) => !isSessionsResponse(value)))
    for (const value of [null, [], [SESSION], { sessions: SESSION }, { sessions: [null] }]) {
      expect(isSessionsResponse(value)).toBe(false)
    }
  })
})

describe('constants of the wire', () => {
  it('are those of the contract', () => {
    expect(PATHS).toEqual({
      ticket: '/api/websocket/ticket',
      ticketAliases: ['/websocket/ticket', '/auth/ticket'],
      validate: '/api/websocket/ticket/{ref}/validate',
      ticketByRef: '/api/websocket/ticket/{ref}',
      status: '/api/websocket/tickets/status',
      renew: '/api/websocket/session/{ref}/renew',
      sessionByRef: '/api/websocket/session/{ref}',
      sessions: '/api/websocket/sessions',
      logout: '/api/websocket/logout',
      config: '/api/websocket/config',
      health: '/healthz',
      ready: '/readyz',
    })
    expect(TTL_SECONDS).toEqual({ min: 30, max: 3600 })
    expect(METADATA_MAX_BYTES).toBe(2048)
    expect(REFRESH_THRESHOLD_SECONDS).toBe(30)
  })
})
