import type { IncomingHttpHeaders } from 'node:http'
import type { Wsticket } from '@wsticket/server'

/**
 * Refuses what need not be redeemed: a foreign Origin, whose ticket is not burned, and what brings no ticket. Gives the code,
 * and tells the audit log.
 */
export function earlyRefusal(
  wsticket: Wsticket,
  {
    ticket,
    origins,
    headers,
    address,
  }: {
    readonly ticket: unknown
    readonly origins: readonly string[]
    readonly headers: IncomingHttpHeaders
    readonly address: string
  },
): 'origin_refused' | 'credential_missing' | undefined {
  const { origin } = headers
  const foreign = origin !== undefined && !origins.includes(origin)
  if (!foreign && typeof ticket === 'string') return undefined
  const code = foreign ? 'origin_refused' : 'credential_missing'
  const from = { peer: address, headers: (name: string) => [headers[name] ?? []].flat() }
  wsticket.binding.refused({ refusal: { code }, operation: 'upgrade', from })
  return code
}
