import type { Cause } from '@wsticket/client'
import { causeWords } from './words.js'

/** What to tell when a connection has stopped, and the one thing to do about it. */
export interface Ending {
  readonly title: string
  readonly text: string
  readonly remedy: 'sign-in' | 'reconnect'
}

// Instead of the general words, which know of no button and have the page reloaded.
const STILL_SIGNED_IN = 'Nothing but this connection has ended: you are still signed in.'

export function endingOf(cause: Cause): Ending {
  switch (cause.code) {
    case 'session_revoked':
    case 'ticket_revoked':
      return { title: 'You were logged out', text: causeWords(cause), remedy: 'sign-in' }
    case 'credential_revoked':
    case 'credential_missing':
    case 'credential_invalid':
      return { title: 'Your login has ended', text: causeWords(cause), remedy: 'sign-in' }
    case 'session_closed':
    case 'session_over':
      return { title: 'This session was closed', text: STILL_SIGNED_IN, remedy: 'reconnect' }
    case 'closed_by_server':
      return { title: 'The server ended the connection', text: STILL_SIGNED_IN, remedy: 'reconnect' }
    default:
      return { title: 'The connection ended', text: causeWords(cause), remedy: 'reconnect' }
  }
}
