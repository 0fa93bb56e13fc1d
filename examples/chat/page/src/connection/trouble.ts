import type { Cause, CauseCode, StateChange } from '@wsticket/client'
import { isTrouble } from './words.js'

// Known at once, and nothing that passes by itself in a second.
const CERTAIN: readonly CauseCode[] = ['offline', 'websocket_blocked']

/**
 * Tells what is worth a word beside the conversation: what is certain, or what has failed twice in a row. A socket that is lost
 * and back within a second is not. It stays while the next attempts are under way, until there is a connection or an end.
 */
export function troubleAfter(before: Cause | undefined, { to, cause }: StateChange): Cause | undefined {
  switch (to.name) {
    case 'fetching':
    case 'connecting':
      return before
    case 'waiting':
      if (to.for === 'message' || !isTrouble(cause)) return undefined
      // That much was known: what was found out about the attempt before says more, until something else is found.
      if (before !== undefined && cause.code === 'connection_failed') return before
      return before !== undefined || to.history.failures > 1 || CERTAIN.includes(cause.code)
        ? cause
        : undefined
    default:
      return undefined
  }
}
