import type { Cause, CauseCode } from '../core/connection-types.js'

const CONNECTING = 'Connecting …'
const CONNECTED = 'You are connected.'
const AGAIN = 'The connection is being set up once more.'
const SIGN_IN = 'You are signed out. Please sign in again.'
const PROBLEM = 'The server has a problem at the moment. It is tried again by itself.'
const DEFECT = 'Something is wrong with this page. Reload it; if that does not help, tell those who run it.'

const SENTENCES: Readonly<Record<CauseCode, string>> = {
  started: CONNECTING,
  ticket_fetched: CONNECTING,
  wait_over: CONNECTING,
  message_queued: CONNECTING,
  pathway_open: CONNECTING,
  woke: CONNECTING,
  connected: CONNECTED,
  renewed: CONNECTED,
  renewal_due: CONNECTED,

  credential_missing: 'Please sign in.',
  credential_invalid: 'Your sign-in is no longer valid. Please sign in again.',
  credential_revoked: SIGN_IN,
  ticket_revoked: SIGN_IN,
  session_revoked: SIGN_IN,
  credential_unavailable:
    'Your sign-in could not be renewed. It is tried again; if it takes long, please sign in again.',

  ticket_unknown: AGAIN,
  ticket_expired: 'Connecting took too long. It is tried again by itself.',
  ticket_used: AGAIN,
  ticket_voided: AGAIN,
  session_expired: AGAIN,
  connection_failed: 'The connection could not be made. It is tried again by itself.',
  connection_lost: 'The connection was lost. It comes back by itself.',
  draining: 'The server is being restarted. The connection comes back by itself.',

  session_idle: 'Nothing happened for a while, so the connection rests. It goes on with your next message.',
  session_closed: 'This connection was closed from another place. Reload the page to open it again.',
  session_over: 'This connection has ended. Reload the page to open it again.',
  closed_by_server: 'The server has ended the connection. Reload the page to open it again.',
  closed_by_client: 'You are disconnected.',

  session_limit: 'You are connected in too many windows or devices. Close some of them.',
  rate_limited: 'That was too often in a short time. It is tried again in a moment.',

  offline: 'You are offline. The connection comes back with the network.',
  network_unreachable: 'The server cannot be reached. Check your network; it is tried again by itself.',
  response_invalid:
    'Something between you and the server answers in its place. Does this network want you to sign in? Else try another one.',
  websocket_blocked:
    'Your network, VPN, virus scanner or a browser extension blocks live connections. Switch it off for this page, or try another network.',

  store_unavailable: PROBLEM,
  identity_unavailable: PROBLEM,
  upstream_unreachable: PROBLEM,

  permissions_exceeded: 'You may not do this. Ask those who give out the permissions.',
  pathway_disabled: 'The server does not take this way of signing in any more. Reload the page.',
  binding_mismatch: 'This page and your network or browser do not belong together any more. Reload the page.',
  origin_refused: DEFECT,
  audience_mismatch: DEFECT,
  credential_ambiguous: DEFECT,
  request_invalid: DEFECT,
  not_found: DEFECT,
}

/**
 * Says in a sentence what a cause means to somebody who only wants to use the page, and what they can do. For other languages
 * take a `Record<CauseCode, string>` of your own. Nothing needs no words: of no cause it says the empty text.
 */
export function explain(cause: Pick<Cause, 'code'> | undefined): string {
  return cause ? SENTENCES[cause.code] : ''
}
