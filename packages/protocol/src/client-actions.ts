// Apart from the rest of the refusal table: this is the part that clients bundle, and pages pay for each byte.

/** What a client does about a refusal. The text of each is in the table of `PROTOCOL.md`. */
export type ClientAction =
  /** Get a ticket and connect with it; the same refusal again is final. */
  | 'fetch-ticket-once'
  /** Refresh the JWT (after the delay, if one is given); the same refusal again is final. */
  | 'refresh-credential-once'
  /** Get a fresh ticket: at once the first time, then with backoff. */
  | 'fresh-ticket'
  /** Refresh the JWT, then connect with a fresh ticket. */
  | 'refresh-and-reconnect'
  /** Ask `/config` which pathways are open; the same refusal again is final. */
  | 'ask-config-once'
  /** Reconnect when there is something to send. */
  | 'reconnect-on-send'
  /** Try again with backoff, not before the delay that the server gave. Never final. */
  | 'back-off'
  /** Connect elsewhere or again, spread by jitter. */
  | 'reconnect-with-jitter'
  /** Stop until the user logs in again. */
  | 'stop-until-login'
  /** Stop and say why. */
  | 'stop'

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

/** What a client does about each code of the refusal table. */
export const CLIENT_ACTIONS: Readonly<Record<RefusalCode, ClientAction>> = {
  credential_missing: 'fetch-ticket-once',
  credential_ambiguous: 'stop',
  credential_invalid: 'refresh-credential-once',
  credential_revoked: 'stop-until-login',
  permissions_exceeded: 'stop',
  ticket_unknown: 'fresh-ticket',
  ticket_expired: 'fresh-ticket',
  ticket_used: 'fresh-ticket',
  ticket_voided: 'fresh-ticket',
  ticket_revoked: 'stop-until-login',
  audience_mismatch: 'stop',
  binding_mismatch: 'stop',
  origin_refused: 'stop',
  pathway_disabled: 'ask-config-once',
  session_revoked: 'stop-until-login',
  session_closed: 'stop',
  session_expired: 'refresh-and-reconnect',
  session_idle: 'reconnect-on-send',
  session_limit: 'back-off',
  rate_limited: 'back-off',
  store_unavailable: 'back-off',
  identity_unavailable: 'back-off',
  draining: 'reconnect-with-jitter',
  upstream_unreachable: 'back-off',
  request_invalid: 'stop',
  not_found: 'stop',
  session_over: 'stop',
}

/** Tells whether a text is a code of the table. */
export function isRefusalCode(text: unknown): text is RefusalCode {
  return typeof text === 'string' && Object.hasOwn(CLIENT_ACTIONS, text)
}

/** Reads the reason of a close frame; `undefined` for one that is not of ours. */
export function parseCloseReason(
  reason: string,
): { readonly code: RefusalCode; readonly retryAfterSeconds?: number } | undefined {
  const [code] = reason.split(';', 1)
  if (!isRefusalCode(code)) return undefined
  const seconds = /;retry_after=(\d{1,9})(?:;|$)/.exec(reason)?.[1]
  return { code, ...(seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) }) }
}
