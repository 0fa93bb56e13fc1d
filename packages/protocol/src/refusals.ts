import { CLIENT_ACTIONS, type ClientAction, type RefusalCode } from './client-actions.js'

/** One row of the refusal table. */
export interface RefusalRow {
  /** HTTP status of the refusal; absent where it exists only as a close of a live socket. */
  readonly http?: number
  /** WebSocket close code; absent where it exists only over HTTP. */
  readonly close?: number
  readonly action: ClientAction
  /** A generic sentence for people. Codes are the interface, sentences are not. */
  readonly title: string
}

const row = (
  code: RefusalCode,
  http: number | undefined,
  close: number | undefined,
  title: string,
): RefusalRow => ({
  ...(http === undefined ? {} : { http }),
  ...(close === undefined ? {} : { close }),
  action: CLIENT_ACTIONS[code],
  title,
})

/**
 * The one table of refusals: code, HTTP status, close code, what the client does.
 *
 * Close codes 3000, 3003, 3008, 1012, 1013 and 1014 are registered with IANA.
 */
export const REFUSALS: Readonly<Record<RefusalCode, RefusalRow>> = {
  credential_missing: row('credential_missing', 401, 3000, 'No credential was presented'),
  credential_ambiguous: row('credential_ambiguous', 403, 3003, 'Two different credentials were presented'),
  credential_invalid: row('credential_invalid', 401, 3000, 'The credential is not valid'),
  credential_revoked: row('credential_revoked', 401, 3003, 'The login behind this credential has ended'),
  permissions_exceeded: row(
    'permissions_exceeded',
    403,
    undefined,
    'More was asked for than the credential grants',
  ),
  ticket_unknown: row('ticket_unknown', 403, 3000, 'This ticket is not known'),
  ticket_expired: row('ticket_expired', 403, 3000, 'This ticket has expired'),
  ticket_used: row('ticket_used', 403, 3000, 'This ticket was used already'),
  ticket_voided: row('ticket_voided', 403, 3000, 'This ticket was voided; a fresh one will do'),
  ticket_revoked: row('ticket_revoked', 403, 3003, 'This ticket was revoked'),
  audience_mismatch: row('audience_mismatch', 403, 3003, 'This ticket is for another route'),
  binding_mismatch: row('binding_mismatch', 403, 3003, 'This ticket is bound to another client'),
  origin_refused: row('origin_refused', 403, undefined, 'This origin is not allowed'),
  pathway_disabled: row('pathway_disabled', 403, 3003, 'This way of authenticating is switched off'),
  session_revoked: row('session_revoked', undefined, 3003, 'The session was revoked'),
  session_closed: row(
    'session_closed',
    undefined,
    3003,
    'The session was closed by its owner or an operator',
  ),
  session_expired: row('session_expired', undefined, 3008, 'The session reached its deadline'),
  session_idle: row('session_idle', undefined, 3008, 'The session was idle for too long'),
  session_limit: row('session_limit', 429, 1013, 'Too many sockets are open for this user'),
  rate_limited: row('rate_limited', 429, 1013, 'Too many requests'),
  store_unavailable: row('store_unavailable', 503, 1013, 'The ticket store cannot be reached'),
  identity_unavailable: row('identity_unavailable', 503, 1013, 'The identity service cannot be reached'),
  draining: row('draining', 503, 1012, 'This node is shutting down'),
  upstream_unreachable: row('upstream_unreachable', 502, 1014, 'The upstream cannot be reached'),
  request_invalid: row('request_invalid', 400, undefined, 'The request is not valid'),
  not_found: row('not_found', 404, undefined, 'There is nothing here'),
  session_over: row('session_over', 409, undefined, 'The session is over'),
}

/** HTTP statuses that `request_invalid` takes besides 400. */
export type RequestInvalidStatus = 400 | 405 | 413 | 415 | 426 | 431

/** A refusal, as a value. */
export interface Refusal {
  readonly code: RefusalCode
  /** The ticket's public handle, where one is known. */
  readonly ref?: string
  /** Seconds after which another try makes sense. */
  readonly retryAfterSeconds?: number
  /** Which field or header, and what is allowed. Never holds what was sent. */
  readonly detail?: string
  /** HTTP status of a `request_invalid` that is not 400. */
  readonly status?: RequestInvalidStatus
}

/** The reason of a close frame: `<code>` or `<code>;retry_after=<seconds>`, at most 123 bytes (RFC 6455). */
export function formatCloseReason(code: RefusalCode, retryAfterSeconds?: number): string {
  return retryAfterSeconds === undefined ? code : `${code};retry_after=${Math.ceil(retryAfterSeconds)}`
}
