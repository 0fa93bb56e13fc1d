import type { ConnectionState, FetchingState, WaitingState } from '@wsticket/client'

/** `warn`: it works, though not as it should. `idle`: nothing is tried, and nothing is wrong. */
export type Mood = 'good' | 'warn' | 'busy' | 'idle' | 'bad'

/** A state in one or two words, and how it feels. */
export interface StateWords {
  readonly words: string
  readonly mood: Mood
}

export function stateWords(state: ConnectionState | undefined): StateWords {
  switch (state?.name) {
    case undefined:
      return { words: 'Starting', mood: 'busy' }
    case 'fetching':
      return { words: fetchingWords(state), mood: 'busy' }
    case 'connecting':
      return { words: 'Connecting', mood: 'busy' }
    case 'open':
      return state.pathway === 'ticket'
        ? { words: 'Connected', mood: 'good' }
        : { words: 'Ticketless', mood: 'warn' }
    case 'renewing':
      return { words: 'Renewing', mood: 'good' }
    case 'waiting':
      return waitingWords(state)
    case 'stopped':
      return { words: 'Disconnected', mood: 'bad' }
  }
}

function fetchingWords({ step, refresh }: FetchingState): string {
  if (step === 'config') return 'Asking the server'
  return refresh ? 'Refreshing the login' : 'Fetching a ticket'
}

function waitingWords(state: WaitingState): StateWords {
  if (state.for === 'message') return { words: 'Resting', mood: 'idle' }
  switch (state.cause.code) {
    case 'offline':
      return { words: 'Offline', mood: 'bad' }
    case 'websocket_blocked':
      return { words: 'Blocked', mood: 'bad' }
    default:
      return { words: 'Reconnecting', mood: 'busy' }
  }
}
