import { REFUSALS, type Refusal } from '@wsticket/protocol'
import { RETRY_AFTER_SECONDS } from '../errors.js'
import type { HttpResponse } from '../request/message.js'

/** On everything that carries a ticket or says something about one. */
export const PRIVATE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The page that explains the codes, which problem types point into. */
export const DEFAULT_REFUSALS_URL = '/docs/refusals'

/** A refusal as `application/problem+json` (RFC 9457). */
export function problem(refusal: Refusal, refusalsUrl: string): HttpResponse {
  const row = REFUSALS[refusal.code]
  const status = refusal.status ?? row.http ?? 403
  const retryAfter =
    refusal.retryAfterSeconds ?? (status === 429 || status === 503 ? RETRY_AFTER_SECONDS : undefined)
  const body = {
    type: `${refusalsUrl}#${refusal.code}`,
    title: row.title,
    status,
    code: refusal.code,
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    ...(refusal.ref === undefined ? {} : { ref: refusal.ref }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  }
  return {
    status,
    headers: {
      ...PRIVATE_HEADERS,
      'content-type': 'application/problem+json',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(status === 426 ? { 'sec-websocket-version': '13', upgrade: 'websocket' } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(body),
  }
}

/** The answer where something of ours broke: it says nothing, the event `handler.failed` says what. */
export const INTERNAL_ERROR: HttpResponse = {
  status: 500,
  headers: { ...PRIVATE_HEADERS, 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'about:blank', title: 'Internal Server Error', status: 500 }),
}
