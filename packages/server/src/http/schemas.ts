import {
  type CloseResponse,
  type ConfigResponse,
  type HealthResponse,
  type Json,
  type LogoutRequest,
  type LogoutResponse,
  METADATA_MAX_BYTES,
  type ProblemMessage,
  REFUSALS,
  type ReadyResponse,
  type RefusalCode,
  type RenewResponse,
  type RevokeResponse,
  type SessionMessage,
  type SessionsResponse,
  type StatusResponse,
  type TicketRequest,
  type TicketResponse,
  TTL_SECONDS,
  type UserMessage,
  type ValidateResponse,
} from '@wsticket/protocol'
import { z } from 'zod'

// One source: these validate what comes in, and the OpenAPI document is made of them.

const seconds: z.ZodInt = z.int().meta({ description: 'Unix seconds' })
const codes = Object.keys(REFUSALS)
const code: z.ZodType<RefusalCode> = z
  .custom<RefusalCode>((value) => codes.includes(String(value)))
  .meta({
    type: 'string',
    enum: codes,
  })
// Named, since it is a value within itself.
const json: z.ZodType<Json> = z.json().register(z.globalRegistry, { id: 'Json' })
const wishedPermissions: z.ZodReadonly<z.ZodArray<z.ZodString>> = z
  .array(z.string().max(256))
  .max(256)
  .readonly()

/** Body of `POST /api/websocket/ticket`, for a server that allows lives up to `maxTtlSeconds`. */
export function ticketRequestSchema(maxTtlSeconds: number): z.ZodType<TicketRequest> {
  const error = `must be a whole number from ${TTL_SECONDS.min} to ${maxTtlSeconds}`
  return z
    .strictObject({
      ttl_seconds: z.int({ error }).min(TTL_SECONDS.min, { error }).max(maxTtlSeconds, { error }).optional(),
      single_use: z.boolean().optional(),
      permissions: wishedPermissions.optional(),
      metadata: z
        .record(z.string(), json)
        .optional()
        .meta({ description: `At most ${METADATA_MAX_BYTES} bytes as JSON` }),
      audience: z.string().max(256).optional(),
    })
    .meta({ id: 'TicketRequest' })
}

export const logoutRequestSchema: z.ZodType<LogoutRequest> = z
  .strictObject({ everywhere: z.boolean().optional() })
  .meta({ id: 'LogoutRequest' })

export const emptyRequestSchema: z.ZodType<Record<string, never>> = z.strictObject({})

export const ticketResponseSchema: z.ZodType<TicketResponse> = z
  .strictObject({
    ticket_id: z.string().meta({ description: 'The ticket itself: a secret' }),
    ref: z.string().meta({ description: 'Its public handle, safe to log' }),
    created_at: seconds,
    expires_at: seconds,
    ttl_seconds: z.int(),
    single_use: z.boolean(),
    websocket_url: z.string().meta({ description: 'Ready to dial; holds the ticket' }),
  })
  .meta({ id: 'Ticket' })

const userSchema: z.ZodType<UserMessage> = z
  .strictObject({
    user_id: z.string(),
    email: z.string().optional(),
    permissions: z.array(z.string()).readonly(),
  })
  .meta({ id: 'User' })

export const validateResponseSchema: z.ZodType<ValidateResponse> = z
  .strictObject({
    valid: z.boolean(),
    code: code.optional(),
    expires_at: seconds.optional(),
    single_use: z.boolean().optional(),
    user: userSchema.optional(),
  })
  .meta({ id: 'Validation' })

export const revokeResponseSchema: z.ZodType<RevokeResponse> = z
  .strictObject({ revoked: z.literal(true) })
  .meta({ id: 'Revoked' })

export const renewResponseSchema: z.ZodType<RenewResponse> = z
  .strictObject({ session_id: z.string(), expires_at: seconds })
  .meta({ id: 'Renewal' })

const sessionSchema: z.ZodType<SessionMessage> = z
  .strictObject({
    session_id: z.string(),
    opened_at: seconds,
    expires_at: seconds,
    sockets: z.int(),
    audience: z.string(),
    origin: z.string().optional(),
    address: z.string().optional(),
  })
  .meta({ id: 'Session' })

export const sessionsResponseSchema: z.ZodType<SessionsResponse> = z
  .strictObject({ sessions: z.array(sessionSchema).readonly() })
  .meta({ id: 'Sessions' })

export const closeResponseSchema: z.ZodType<CloseResponse> = z
  .strictObject({ closed: z.literal(true) })
  .meta({ id: 'Closed' })

export const logoutResponseSchema: z.ZodType<LogoutResponse> = z
  .strictObject({ scope: z.enum(['login', 'subject']) })
  .meta({ id: 'LoggedOut' })

export const configResponseSchema: z.ZodType<ConfigResponse> = z
  .strictObject({
    pathways: z.array(z.string()).readonly(),
    carriers: z.array(z.string()).readonly(),
    ttl_seconds: z.int(),
    max_ttl_seconds: z.int(),
    refresh_threshold_seconds: z.int(),
  })
  .meta({ id: 'Config' })

export const statusResponseSchema: z.ZodType<StatusResponse> = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    store: z.strictObject({
      kind: z.string(),
      reachable: z.boolean(),
      latency_ms: z.number(),
      promises: z.record(z.string(), z.string()),
      warnings: z
        .array(z.string())
        .readonly()
        .meta({ description: 'What keeps the store from promising more, and what to do about it' }),
    }),
    tickets: z.strictObject({
      default_ttl_seconds: z.int(),
      max_ttl_seconds: z.int(),
      reusable: z.boolean(),
      outstanding_per_user: z.int(),
      sessions_per_user: z.int(),
    }),
    counters: z.strictObject({
      issued: z.int(),
      redeemed: z.int(),
      refused: z.int(),
      revoked: z.int(),
      expired: z.int(),
      sessions_live: z.int(),
    }),
  })
  .meta({ id: 'Status' })

export const healthResponseSchema: z.ZodType<HealthResponse> = z
  .strictObject({ status: z.literal('ok') })
  .meta({ id: 'Health' })

export const readyResponseSchema: z.ZodType<ReadyResponse> = z
  .strictObject({
    status: z.enum(['ready', 'starting', 'unavailable', 'draining']),
    store: z.strictObject({ kind: z.string(), reachable: z.boolean() }),
  })
  .meta({ id: 'Readiness' })

export const problemSchema: z.ZodType<ProblemMessage> = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code,
    detail: z.string().optional(),
    ref: z.string().optional(),
    retry_after: z.int().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; the code is from the refusal table' })
