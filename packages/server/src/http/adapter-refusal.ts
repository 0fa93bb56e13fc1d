import type { Refusal } from '@wsticket/protocol'
import type { EventHub } from '../events/hub.js'
import { clientAddress, type Networks } from '../request/addresses.js'
import type { HttpResponse, RequestData } from '../request/message.js'
import type { Origins } from '../request/origins.js'
import { problem } from './problem.js'

/** What an adapter refuses by itself, since it is nothing for the routes or the desk. */
export interface AdapterRefusal {
  readonly refusal: Refusal
  /** What it was. An `upgrade` is told as `redeem.refused`, everything else as `request.refused`. */
  readonly operation: 'upgrade' | 'unknown' | 'docs' | 'connection'
  /** Who sent it; without headers if it never became a request. */
  readonly from: Pick<RequestData, 'peer'> & Partial<Pick<RequestData, 'headers'>>
  /** For the audit log. @default the refusal's detail */
  readonly reason?: string | undefined
}

/** Tells the hub what an adapter refuses, so that nothing is refused in silence, and gives the answer. */
export function adapterRefused(
  parts: {
    readonly events: EventHub
    readonly origins: Origins
    readonly trusted: Networks
    readonly refusalsUrl: string
  },
  { refusal, operation, from, reason = refusal.detail }: AdapterRefusal,
): HttpResponse {
  const headers = from.headers ?? (() => [])
  const read = parts.origins.read(headers)
  const { code } = refusal
  const address = clientAddress(headers, from.peer, parts.trusted)
  const origin = read.kind === 'absent' ? undefined : read.origin
  if (operation === 'upgrade') parts.events.emit('redeem.refused', { code, reason, address, origin })
  else parts.events.emit('request.refused', { code, operation, reason, address, origin })
  return problem(refusal, parts.refusalsUrl)
}
