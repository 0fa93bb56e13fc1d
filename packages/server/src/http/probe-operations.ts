import type { HealthResponse, ReadyResponse } from '@wsticket/protocol'
import { RETRY_AFTER_SECONDS } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import type { Answer, RouteParts } from './operation.js'

/** That it is answered is the answer. */
export function readHealth(): Answer {
  return { ok: true, body: { status: 'ok' } satisfies HealthResponse }
}

export async function readReadiness<C extends Claims>(parts: Pick<RouteParts<C>, 'node'>): Promise<Answer> {
  const body: ReadyResponse = await parts.node.readiness()
  if (body.status === 'ready') return { ok: true, body }
  return { ok: true, status: 503, body, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } }
}
