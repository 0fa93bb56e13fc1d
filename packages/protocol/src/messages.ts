// The wire's names (snake_case, Unix seconds) live in this file and nowhere deeper.
import { isRefusalCode, type RefusalCode } from './client-actions.js'

/** Paths of the HTTP interface. `{ref}` takes a ref; a ticket in its place works too. */
export const PATHS: {
  readonly ticket: string
  readonly ticketAliases: readonly string[]
  readonly validate: string
  readonly ticketByRef: string
  readonly status: string
  readonly renew: string
  readonly sessionByRef: string
  readonly sessions: string
  readonly logout: string
  readonly config: string
  readonly health: string
  readonly ready: string
} = {
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
}

/** Shortest and longest life that may be asked for, in seconds. */
export const TTL_SECONDS: { readonly min: number; readonly max: number } = { min: 30, max: 3600 }

/** Bytes of a ticket's `metadata`, as JSON in UTF-8. */
export const METADATA_MAX_BYTES = 2048

/** Seconds before its end at which a reusable ticket or a session should be refreshed. */
export const REFRESH_THRESHOLD_SECONDS = 30

/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Body of `POST /api/websocket/ticket`. Every field is optional. */
export interface TicketRequest {
  /** 30 to 3600; more is never granted than the credential has left. */
  readonly ttl_seconds?: number | undefined
  readonly single_use?: boolean | undefined
  /** A subset of what the credential grants. */
  readonly permissions?: readonly string[] | undefined
  /** Handed to the application with the session; at most 2 KiB as JSON. */
  readonly metadata?: { readonly [name: string]: Json } | undefined
  /** The route that the ticket is for; implied where there is only one. */
  readonly audience?: string | undefined
}

/** Answer of `POST /api/websocket/ticket`. */
export interface TicketResponse {
  /** The ticket itself: a secret. */
  readonly ticket_id: string
  /** Its public handle, safe to log; the session's id once connected. */
  readonly ref: string
  readonly created_at: number
  readonly expires_at: number
  readonly ttl_seconds: number
  readonly single_use: boolean
  /** Ready to dial: holds the ticket in its query, so it is as secret as the ticket. */
  readonly websocket_url: string
}

/** The user behind a ticket or a session, as the wire shows it. */
export interface UserMessage {
  readonly user_id: string
  readonly email?: string | undefined
  readonly permissions: readonly string[]
}

/** Answer of `GET /api/websocket/ticket/{ref}/validate`. */
export interface ValidateResponse {
  readonly valid: boolean
  readonly code?: RefusalCode | undefined
  readonly expires_at?: number | undefined
  readonly single_use?: boolean | undefined
  readonly user?: UserMessage | undefined
}

/** Answer of `DELETE /api/websocket/ticket/{ref}`. */
export interface RevokeResponse {
  readonly revoked: true
}

/** Answer of `POST /api/websocket/session/{ref}/renew`. */
export interface RenewResponse {
  readonly session_id: string
  readonly expires_at: number
}

/** One live session, as its owner sees it. */
export interface SessionMessage {
  readonly session_id: string
  readonly opened_at: number
  readonly expires_at: number
  readonly sockets: number
  readonly audience: string
  readonly origin?: string | undefined
  readonly address?: string | undefined
}

/** Answer of `GET /api/websocket/sessions`. */
export interface SessionsResponse {
  readonly sessions: readonly SessionMessage[]
}

/** Answer of `DELETE /api/websocket/session/{ref}`. */
export interface CloseResponse {
  readonly closed: true
}

/** Body of `POST /api/websocket/logout`. */
export interface LogoutRequest {
  readonly everywhere?: boolean | undefined
}

/** Answer of `POST /api/websocket/logout`. */
export interface LogoutResponse {
  readonly scope: 'login' | 'subject'
}

/** Answer of `GET /api/websocket/config`, for this caller. */
export interface ConfigResponse {
  readonly pathways: readonly string[]
  readonly carriers: readonly string[]
  readonly ttl_seconds: number
  readonly max_ttl_seconds: number
  readonly refresh_threshold_seconds: number
}

/** Answer of `GET /api/websocket/tickets/status`. Holds no secrets and no user data. */
export interface StatusResponse {
  readonly status: 'ok' | 'unavailable'
  readonly store: {
    readonly kind: string
    readonly reachable: boolean
    readonly latency_ms: number
    readonly promises: { readonly [promise: string]: string }
    /** What keeps it from promising more, and what to do about it: one sentence each. */
    readonly warnings: readonly string[]
  }
  readonly tickets: {
    readonly default_ttl_seconds: number
    readonly max_ttl_seconds: number
    readonly reusable: boolean
    readonly outstanding_per_user: number
    readonly sessions_per_user: number
  }
  readonly counters: {
    readonly issued: number
    readonly redeemed: number
    readonly refused: number
    readonly revoked: number
    readonly expired: number
    readonly sessions_live: number
  }
}

/** Answer of `GET /healthz`: the process runs. */
export interface HealthResponse {
  readonly status: 'ok'
}

/** Answer of `GET /readyz`: whether this node should get new sockets. */
export interface ReadyResponse {
  readonly status: 'ready' | 'starting' | 'unavailable' | 'draining'
  readonly store: { readonly kind: string; readonly reachable: boolean }
}

/** `application/problem+json` (RFC 9457), with `code` from the refusal table. */
export interface ProblemMessage {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: RefusalCode
  readonly detail?: string | undefined
  readonly ref?: string | undefined
  readonly retry_after?: number | undefined
}

/** Tells whether a parsed body is the answer to a ticket request. */
export function isTicketResponse(value: unknown): value is TicketResponse {
  return (
    isObject(value) &&
    isString(value.ticket_id) &&
    isString(value.ref) &&
    isNumber(value.created_at) &&
    isNumber(value.expires_at) &&
    isNumber(value.ttl_seconds) &&
    typeof value.single_use === 'boolean' &&
    isString(value.websocket_url)
  )
}

/** Tells whether a parsed body is a problem with a code of the table. */
export function isProblem(value: unknown): value is ProblemMessage {
  if (!isObject(value) || !isRefusalCode(value.code)) return false
  const { status, title, retry_after = 0, ref = '', detail = '' } = value
  // What others answer in this shape may have anything in the fields that are optional.
  const delays = isNumber(retry_after) && retry_after >= 0
  return isNumber(status) && isString(title) && delays && isString(ref) && isString(detail)
}

/** Tells whether a parsed body is the answer to a renewal. */
export function isRenewResponse(value: unknown): value is RenewResponse {
  return isObject(value) && isString(value.session_id) && isNumber(value.expires_at)
}

/** Tells whether a parsed body is a list of live sessions. */
export function isSessionsResponse(value: unknown): value is SessionsResponse {
  return isObject(value) && Array.isArray(value.sessions) && value.sessions.every(isSessionMessage)
}

/** Tells whether a parsed body is a configuration for this caller. */
export function isConfigResponse(value: unknown): value is ConfigResponse {
  return (
    isObject(value) &&
    isStringArray(value.pathways) &&
    isStringArray(value.carriers) &&
    isNumber(value.ttl_seconds) &&
    isNumber(value.max_ttl_seconds) &&
    isNumber(value.refresh_threshold_seconds)
  )
}

function isSessionMessage(value: unknown): value is SessionMessage {
  return (
    isObject(value) &&
    isString(value.session_id) &&
    isNumber(value.opened_at) &&
    isNumber(value.expires_at) &&
    isNumber(value.sockets) &&
    isString(value.audience) &&
    isOptionalString(value.origin) &&
    isOptionalString(value.address)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || isString(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isString)
}
