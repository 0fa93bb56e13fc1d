import type { Cause } from '@wsticket/client'
import { causeWords } from './words.js'

/** What to tell when a connection has stopped, and the one thing to do about it. */
export interface Ending {
  readonly title: string
  readonly text: string
  readonly remedy: 'sign-in' | 'reconnect'
}

export function endingOf(cause: Cause): Ending {
  switch (cause.code) {
    case 'session_revoked':
    case 'ticket_revoked':
      return {
        title: 'You were logged out',
        text: 'Your login was ended, here or on another device. The server closed this socket at once.',
        remedy: 'sign-in',
      }
    case 'credential_revoked':
    case 'credential_missing':
    case 'credential_invalid':
      return {
        title: 'Your login has ended',
        text: 'The server does not take this login any more. Sign in again to go on.',
        remedy: 'sign-in',
      }
    case 'session_closed':
      return {
        title: 'This session was closed',
        text: 'It was closed from your list of sessions, or by an operator. You are still signed in.',
        remedy: 'reconnect',
      }
    default:
      return { title: 'The connection ended', text: causeWords(cause), remedy: 'reconnect' }
  }
}
