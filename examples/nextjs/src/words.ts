import { explain } from '@wsticket/client/diagnosis'
import type { TicketSocketState } from '@wsticket/client/react'

interface StatusWords {
  readonly text: string
  readonly tone: 'good' | 'busy' | 'bad'
}

/** Says where a connection is. */
export function statusWords(state: TicketSocketState): StatusWords {
  switch (state.name) {
    case 'idle':
      return { text: 'Not connected', tone: 'busy' }
    case 'fetching':
      return { text: 'Fetching a ticket…', tone: 'busy' }
    case 'connecting':
      return { text: 'Connecting…', tone: 'busy' }
    case 'open':
    case 'renewing':
      // A downgrade is nobody's secret.
      return {
        text: state.pathway === 'ticket' ? 'Connected' : `Connected by ${state.pathway}`,
        tone: 'good',
      }
    default:
      return { text: explain(state.cause), tone: 'bad' }
  }
}
