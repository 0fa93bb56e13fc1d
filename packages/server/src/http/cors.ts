import type { HttpResponse } from '../request/message.js'
import type { OriginReading } from '../request/origins.js'
import { PRIVATE_HEADERS } from './problem.js'

const ALLOWED_HEADERS = 'authorization, content-type, traceparent'
const EXPOSED_HEADERS = 'Retry-After, RateLimit, RateLimit-Policy, Date'
// Seconds that a browser may keep a preflight's answer.
const PREFLIGHT_MAX_AGE = '600'

/** The headers that let an allowed origin read an answer. A foreign one gets none, so it cannot. */
export function corsHeaders(
  origin: OriginReading,
  withCredentials: boolean,
): Readonly<Record<string, string>> {
  if (origin.kind !== 'allowed') return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin.origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
    ...(withCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
  }
}

/** The answer to `OPTIONS`, for a path with these methods. */
export function preflight(methods: readonly string[]): HttpResponse {
  const allowed = [...methods, 'OPTIONS'].join(', ')
  return {
    status: 204,
    headers: {
      ...PRIVATE_HEADERS,
      allow: allowed,
      'access-control-allow-methods': allowed,
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': PREFLIGHT_MAX_AGE,
    },
    body: '',
  }
}
