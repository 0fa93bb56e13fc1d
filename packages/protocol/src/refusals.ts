/** What a client does about a refusal. The text of each is in the table of `PROTOCOL.md`. */
export const ClientAction = {
  /** Get a ticket and connect with it; the same refusal again is final. */
  FetchTicketOnce: 'fetch-ticket-once',
  /** Refresh the JWT (after the delay, if one is given); the same refusal again is final. */
  RefreshCredentialOnce: 'refresh-credential-once',
  /** Get a fresh ticket: at once the first time, then with backoff. */
  FreshTicket: 'fresh-ticket',
  /** Refresh the JWT, then connect with a fresh ticket. */
  RefreshAndReconnect: 'refresh-and-reconnect',
  /** Ask `/config` which pathways are open; the same refusal again is final. */
  AskConfigOnce: 'ask-config-once',
  /** Reconnect when there is something to send. */
  ReconnectOnSend: 'reconnect-on-send',
  /** Try again with backoff, not before the delay that the server gave. Never final. */
  BackOff: 'back-off',
  /** Connect elsewhere or again, spread by jitter. */
  ReconnectWithJitter: 'reconnect-with-jitter',
  /** Stop until the user logs in again. */
  StopUntilLogin: 'stop-until-login',
  /** Stop and say why. */
  Stop: 'stop',
} as const

export type ClientAction = (typeof ClientAction)[keyof typeof ClientAction]

/** The codes of the refusal table. */
export type RefusalCode =
  | 'credential_missing'
  | 'credential_ambiguous'
  | 'credential_invalid'
  | 'credential_revoked'
  | 'permissions_exceeded'
  | 'ticket_unknown'
  | 'ticket_expired'
  | 'ticket_used'
  | 'ticket_voided'
  | 'ticket_revoked'
  | 'audience_mismatch'
  | 'binding_mismatch'
  | 'origin_refused'
  | 'pathway_disabled'
  | 'session_revoked'
  | 'session_closed'
  | 'session_expired'
  | 'session_idle'
  | 'session_limit'
  | 'rate_limited'
  | 'store_unavailable'
  | 'identity_unavailable'
  | 'draining'
  | 'upstream_unreachable'
  | 'request_invalid'
  | 'not_found'
  | 'session_over'

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
  http: number | undefined,
  close: number | undefined,
  action: ClientAction,
  title: string,
): RefusalRow => ({
  ...(http === undefined ? {} : { http }),
  ...(close === undefined ? {} : { close }),
  action,
  title,
})

/**
 * The one table of refusals: code, HTTP status, close code, what the client does.
 *
 * Close codes 3000, 3003, 3008, 1012, 1013 and 1014 are registered with IANA.
 */
export const REFUSALS: Readonly<Record<RefusalCode, RefusalRow>> = {
  credential_missing: row(401, 3000, ClientAction.FetchTicketOnce, 'No credential was presented'),
  credential_ambiguous: row(403, 3003, ClientAction.Stop, 'Two different credentials were presented'),
  credential_invalid: row(401, 3000, ClientAction.RefreshCredentialOnce, 'The credential is not valid'),
  credential_revoked: row(
    401,
    3003,
    ClientAction.StopUntilLogin,
    'The login behind this credential has ended',
  ),
  permissions_exceeded: row(
    403,
    undefined,
    ClientAction.Stop,
    'More was asked for than the credential grants',
  ),
  ticket_unknown: row(403, 3000, ClientAction.FreshTicket, 'This ticket is not known'),
  ticket_expired: row(403, 3000, ClientAction.FreshTicket, 'This ticket has expired'),
  ticket_used: row(403, 3000, ClientAction.FreshTicket, 'This ticket was used already'),
  ticket_voided: row(403, 3000, ClientAction.FreshTicket, 'This ticket was voided; a fresh one will do'),
  ticket_revoked: row(403, 3003, ClientAction.StopUntilLogin, 'This ticket was revoked'),
  audience_mismatch: row(403, 3003, ClientAction.Stop, 'This ticket is for another route'),
  binding_mismatch: row(403, 3003, ClientAction.Stop, 'This ticket is bound to another client'),
  origin_refused: row(403, undefined, ClientAction.Stop, 'This origin is not allowed'),
  pathway_disabled: row(403, 3003, ClientAction.AskConfigOnce, 'This way of authenticating is switched off'),
  session_revoked: row(undefined, 3003, ClientAction.StopUntilLogin, 'The session was revoked'),
  session_closed: row(
    undefined,
    3003,
    ClientAction.Stop,
    'The session was closed by its owner or an operator',
  ),
  session_expired: row(undefined, 3008, ClientAction.RefreshAndReconnect, 'The session reached its deadline'),
  session_idle: row(undefined, 3008, ClientAction.ReconnectOnSend, 'The session was idle for too long'),
  session_limit: row(429, 1013, ClientAction.BackOff, 'Too many sockets are open for this user'),
  rate_limited: row(429, 1013, ClientAction.BackOff, 'Too many requests'),
  store_unavailable: row(503, 1013, ClientAction.BackOff, 'The ticket store cannot be reached'),
  identity_unavailable: row(503, 1013, ClientAction.BackOff, 'The identity service cannot be reached'),
  draining: row(503, 1012, ClientAction.ReconnectWithJitter, 'This node is shutting down'),
  upstream_unreachable: row(502, 1014, ClientAction.BackOff, 'The upstream cannot be reached'),
  request_invalid: row(400, undefined, ClientAction.Stop, 'The request is not valid'),
  not_found: row(404, undefined, ClientAction.Stop, 'There is nothing here'),
  session_over: row(409, undefined, ClientAction.Stop, 'The session is over'),
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

/** Tells whether a text is a code of the table. */
export function isRefusalCode(text: unknown): text is RefusalCode {
  return typeof text === 'string' && Object.hasOwn(REFUSALS, text)
}

/** The reason of a close frame: `<code>` or `<code>;retry_after=<seconds>`, at most 123 bytes (RFC 6455). */
export function formatCloseReason(code: RefusalCode, retryAfterSeconds?: number): string {
  return retryAfterSeconds === undefined ? code : `${code};retry_after=${Math.ceil(retryAfterSeconds)}`
}

/** Reads the reason of a close frame; `undefined` for one that is not of ours. */
export function parseCloseReason(
  reason: string,
): { readonly code: RefusalCode; readonly retryAfterSeconds?: number } | undefined {
  const [code, ...parameters] = reason.split(';')
  if (!isRefusalCode(code)) return undefined
  for (const parameter of parameters) {
    const seconds = /^retry_after=(\d{1,9})$/.exec(parameter)?.[1]
    if (seconds !== undefined) return { code, retryAfterSeconds: Number(seconds) }
  }
  return { code }
}
