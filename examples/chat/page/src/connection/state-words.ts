import type { ConnectionState } from '@wsticket/client'

export type Mood = 'good' | 'busy' | 'bad'

/** A state in one or two words, and how it feels. */
export function stateWords(state: ConnectionState | undefined): {
  readonly words: string
  readonly mood: Mood
} {
  switch (state?.name) {
    case undefined:
      return { words: 'Starting', mood: 'busy' }
    case 'fetching':
      return { words: 'Fetching a ticket', mood: 'busy' }
    case 'connecting':
      return { words: 'Connecting', mood: 'busy' }
    case 'open':
      return { words: 'Connected', mood: 'good' }
    case 'renewing':
      return { words: 'Renewing', mood: 'good' }
    case 'waiting':
      return { words: 'Reconnecting', mood: 'busy' }
    case 'stopped':
      return { words: 'Disconnected', mood: 'bad' }
  }
}
