import { ClientAction, isRefusalCode, REFUSALS } from '@wsticket/protocol'
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
  const { tried, delayed, queued } = facts
  const atOnce = tried || delayed ? 'wait' : 'fetch'
  switch (actionFor(code)) {
    case ClientAction.FetchTicketOnce:
      return { next: tried ? 'stop' : atOnce, refresh: false }
    case ClientAction.RefreshCredentialOnce:
      return { next: tried ? 'stop' : atOnce, refresh: true }
    case ClientAction.AskConfigOnce:
      return { next: tried ? 'stop' : 'ask-config', refresh: false }
    case ClientAction.FreshTicket:
      return { next: atOnce, refresh: false }
    case ClientAction.RefreshAndReconnect:
      return { next: atOnce, refresh: true }
    case ClientAction.ReconnectOnSend:
      return { next: queued ? atOnce : 'wait-for-message', refresh: false }
    case ClientAction.BackOff:
    case ClientAction.ReconnectWithJitter:
      return { next: 'wait', refresh: false }
    case ClientAction.StopUntilLogin:
    case ClientAction.Stop:
      return { next: 'stop', refresh: false }
  }
}

function actionFor(code: CauseCode): ClientAction {
  if (isRefusalCode(code)) return REFUSALS[code].action
  return code === 'closed_by_server' ? ClientAction.Stop : ClientAction.BackOff
}
