import { CLIENT_ACTIONS, isRefusalCode } from '@wsticket/protocol'

/**
 * Tells of the code of a `TicketError` whether it stands until the user logs in, or until whoever deploys mends something. Of what
 * may be tried once, `take()` has tried that once already.
 */
export function isFinal(code: string): boolean {
  if (!isRefusalCode(code)) return false
  const action = CLIENT_ACTIONS[code]
  return action.startsWith('stop') || action.endsWith('once')
}
