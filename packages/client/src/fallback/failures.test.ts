import { expect, it } from 'vitest'
import type { CauseCode } from '../core/connection-types.js'
import { type Weight, weightOf } from './failures.js'

// Every code there is: a new one does not compile before somebody has decided what it says about a pathway.
const ALL: Readonly<Record<CauseCode, Weight>> = {
  credential_missing: 'never',
  credential_ambiguous: 'never',
  credential_invalid: 'never',
  credential_revoked: 'never',
  credential_unavailable: 'never',
  permissions_exceeded: 'never',
  ticket_unknown: 'counts',
  ticket_expired: 'counts',
  ticket_used: 'counts',
  ticket_voided: 'counts',
  ticket_revoked: 'never',
  audience_mismatch: 'never',
  binding_mismatch: 'never',
  origin_refused: 'never',
  pathway_disabled: 'at-once',
  session_revoked: 'never',
  session_closed: 'never',
  session_expired: 'never',
  session_idle: 'never',
  session_limit: 'never',
  session_over: 'never',
  rate_limited: 'never',
  store_unavailable: 'counts',
  identity_unavailable: 'never',
  draining: 'never',
  upstream_unreachable: 'counts-if-reachable',
  request_invalid: 'never',
  not_found: 'at-once',
  network_unreachable: 'counts-if-reachable',
  response_invalid: 'counts-if-reachable',
  connection_failed: 'counts-if-reachable',
  connection_lost: 'never',
  offline: 'never',
  websocket_blocked: 'never',
  closed_by_server: 'never',
  closed_by_client: 'never',
  started: 'never',
  ticket_fetched: 'never',
  connected: 'never',
  renewal_due: 'never',
  renewed: 'never',
  wait_over: 'never',
  woke: 'never',
  message_queued: 'never',
  pathway_open: 'never',
}

it('decides about every code', () => {
  for (const code of Object.keys(ALL))
    expect([code, weightOf(code as CauseCode)]).toEqual([code, ALL[code as CauseCode]])
})
