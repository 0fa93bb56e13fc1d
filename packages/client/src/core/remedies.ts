import { CLIENT_ACTIONS, type ClientAction, isRefusalCode } from '@wsticket/protocol'
import type { CauseCode } from './connection-types.js'

/** How a connection goes on after a failure. */
export interface Remedy {
  readonly next: 'fetch' | 'wait' | 'wait-for-message' | 'ask-config' | 'stop'
  /** Whether the credential is refreshed before the next ticket is asked for. */
  readonly refresh: boolean
}

/**
 * Reads the refusal table for a client: what to do about a code.
 *
 * What the table allows once is final the second time; what it allows at once is done with backoff the second time, so
 * that a server that refuses everything is not hammered.
 */
export function remedyFor(
  code: CauseCode,
  facts: {
    /** Whether the same code's remedy was tried since the connection was last stable. */
    readonly tried: boolean
    /** Whether the server named a delay. */
    readonly delayed: boolean
    /** Whether there is something to send. */
    readonly queued: boolean
  },
): Remedy {
  const action = actionFor(code)
  return { next: nextAfter(action, facts), refresh: action.startsWith('refresh') }
}

function nextAfter(
  action: ClientAction,
  { tried, delayed, queued }: Parameters<typeof remedyFor>[1],
): Remedy['next'] {
  if (action.startsWith('stop') || (tried && action.endsWith('once'))) return 'stop'
  if (action === 'ask-config-once') return 'ask-config'
  if (action === 'reconnect-on-send' && !queued) return 'wait-for-message'
  const spread = action === 'back-off' || action === 'reconnect-with-jitter'
  return spread || tried || delayed ? 'wait' : 'fetch'
}

function actionFor(code: CauseCode): ClientAction {
  if (isRefusalCode(code)) return CLIENT_ACTIONS[code]
  return code === 'closed_by_server' ? 'stop' : 'back-off'
}
