import {
  type ConfigResponse,
  REFRESH_THRESHOLD_SECONDS,
  type RefusalCode,
  type StatusResponse,
  type TicketRequest,
  ticketUrl,
  type ValidateResponse,
} from '@wsticket/protocol'
import type { z } from 'zod'
import { refused } from '../authority/context.js'
import { cookieHash } from '../authority/secret.js'
import { RETRY_AFTER_SECONDS } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import { networkOf } from '../request/addresses.js'
import { bindingCookie, setBindingCookie } from '../request/binding-cookie.js'
import type { TicketState } from '../stores/store.js'
import { type Answer, type Call, type RouteParts, toSeconds } from './operation.js'
import { rateHeaders } from './rate-headers.js'
import { hostOf, websocketUrl } from './websocket-url.js'

export async function issueTicket<C extends Claims>(
  parts: RouteParts<C>,
  call: Call<C>,
  schema: z.ZodType<TicketRequest>,
): Promise<Answer> {
  const { authority, limits } = parts
  if (!parts.pathways.includes('ticket')) return refused({ code: 'pathway_disabled' })
  const perAddress = parts.addresses.countRequest(call.address)
  const headers = (user?: { readonly remaining: number; readonly resetMs: number }): Record<string, string> =>
    rateHeaders({ user: limits.issuePerUser, address: limits.issuePerAddress }, { user, address: perAddress })
  if (perAddress?.allowed === false) {
    const retryAfterSeconds = Math.max(Math.ceil(perAddress.resetMs / 1000), 1)
    return {
      ...refused({ code: 'rate_limited', retryAfterSeconds }, 'requests of one address'),
      headers: headers(),
    }
  }
  const caller = await call.identify()
  if (!caller.ok) return caller
  const read = await call.read(schema)
  if (!read.ok) return read
  // Before the issue: a ticket that cannot be told where to go would be lost.
  const host = hostOf(call.request, parts)
  if (host === undefined) {
    return refused({
      code: 'request_invalid',
      detail: 'Host must be a host name or address, with or without a port',
    })
  }
  const wishes = read.value
  const cookie = parts.bindsCookie ? (bindingCookie(call.request.headers) ?? parts.newCookie()) : undefined
  const issued = await authority.issue(
    caller.principal,
    {
      ttlSeconds: wishes.ttl_seconds,
      singleUse: wishes.single_use,
      permissions: wishes.permissions,
      metadata: wishes.metadata,
      audience: wishes.audience,
    },
    {
      address: call.address,
      shown: {
        origin: call.origin,
        network: networkOf(call.address),
        cookie: cookie === undefined ? undefined : cookieHash(cookie),
      },
    },
  )
  if (!issued.ok) return { ...issued, headers: headers(issued.quota) }
  const createdAt = toSeconds(issued.createdAt)
  const expiresAt = toSeconds(issued.expiresAt)
  return {
    ok: true,
    status: 201,
    body: {
      ticket_id: issued.ticket,
      ref: issued.ref,
      created_at: createdAt,
      expires_at: expiresAt,
      ttl_seconds: expiresAt - createdAt,
      single_use: issued.singleUse,
      websocket_url: ticketUrl(websocketUrl(host, parts.pathOf(issued.audience)), issued.ticket),
    },
    headers: {
      ...headers(issued.quota),
      ...(cookie === undefined ? {} : { 'set-cookie': setBindingCookie(cookie) }),
    },
  }
}

export async function validateTicket<C extends Claims>(parts: RouteParts<C>, call: Call<C>): Promise<Answer> {
  const caller = parts.validate === 'public' ? undefined : await call.identifyLive()
  if (caller?.ok === false) return caller
  const ref = await call.ref()
  const known = ref === undefined ? UNKNOWN : await parts.authority.inspect(ref)
  const owner = caller === undefined ? undefined : parts.authority.keyOf(caller.principal)
  if (known.kind === 'unknown' || (owner !== undefined && owner !== known.record.holder.subject)) {
    return { ok: true, body: { valid: false, code: 'ticket_unknown' } satisfies ValidateResponse }
  }
  const { subject, email, permissions } = known.record.principal
  const code = CODE_OF_STATE[known.state]
  const body: ValidateResponse = {
    valid: code === undefined,
    code,
    expires_at: toSeconds(known.at + known.remainingMs),
    single_use: known.record.singleUse,
    user: { user_id: subject, email, permissions },
  }
  return { ok: true, body }
}

const UNKNOWN = { kind: 'unknown' } as const

const CODE_OF_STATE: Readonly<Record<TicketState, RefusalCode | undefined>> = {
  outstanding: undefined,
  expired: 'ticket_expired',
  used: 'ticket_used',
  voided: 'ticket_voided',
  revoked: 'ticket_revoked',
}

export async function revokeTicket<C extends Claims>(parts: RouteParts<C>, call: Call<C>): Promise<Answer> {
  const caller = await call.identifyLive()
  if (!caller.ok) return caller
  const ticket = await call.ref()
  const done = ticket !== undefined && (await parts.authority.revoke({ ticket, owner: caller.principal }))
  return done ? { ok: true, body: { revoked: true } } : refused({ code: 'not_found' })
}

export async function readStatus<C extends Claims>(parts: RouteParts<C>): Promise<Answer> {
  const health = await parts.node.health()
  const { tickets, limits } = parts
  const { issued, redeemed, refused: refusals, revoked } = parts.counters()
  const body: StatusResponse = {
    status: health.reachable ? 'ok' : 'unavailable',
    store: {
      kind: health.kind,
      reachable: health.reachable,
      latency_ms: health.latencyMs,
      promises: { ...health.promises },
      warnings: health.warnings,
    },
    tickets: {
      default_ttl_seconds: tickets.ttlSeconds,
      max_ttl_seconds: tickets.maxTtlSeconds,
      reusable: tickets.reusable,
      outstanding_per_user: limits.outstandingPerUser,
      sessions_per_user: limits.sessionsPerUser,
    },
    counters: {
      issued,
      redeemed,
      refused: refusals,
      revoked,
      expired: health.expired,
      sessions_live: parts.registry.size,
    },
  }
  return health.reachable
    ? { ok: true, body }
    : { ok: true, status: 503, body, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } }
}

export function readConfig<C extends Claims>(parts: RouteParts<C>): ConfigResponse {
  const { ttlSeconds, maxTtlSeconds } = parts.tickets
  return {
    pathways: parts.pathways,
    carriers: parts.pathways.includes('ticket') ? ['subprotocol', 'query'] : [],
    ttl_seconds: ttlSeconds,
    max_ttl_seconds: maxTtlSeconds,
    refresh_threshold_seconds: REFRESH_THRESHOLD_SECONDS,
  }
}
