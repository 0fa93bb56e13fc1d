import type { SocketConstructor } from '@wsticket/client'
import {
  parseCloseReason,
  REFUSALS,
  REFUSED_PROTOCOL,
  type RefusalCode,
  ticketProtocols,
} from '@wsticket/protocol'
import type { Happening } from './timeline.js'

/** What came of presenting a ticket for the second time. */
export type ReplayOutcome =
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly closeCode: number }
  | { readonly kind: 'admitted' }
  | { readonly kind: 'unclear'; readonly closeCode: number }

/**
 * Opens a second, bare WebSocket with a ticket that was used. It offers to be told refusals, since browsers hide the HTTP
 * status of a failed upgrade.
 */
export function replayTicket(url: string, ticket: string, Socket: SocketConstructor): Promise<ReplayOutcome> {
  return new Promise((resolve) => {
    const socket = new Socket(url, ticketProtocols(ticket, { refusals: true }))
    // Whatever goes wrong, `close` follows.
    socket.addEventListener('error', () => {})
    socket.addEventListener('open', () => {
      if (socket.protocol === REFUSED_PROTOCOL) return
      socket.close(1000)
      resolve({ kind: 'admitted' })
    })
    socket.addEventListener('close', ({ code, reason }) => {
      const refusal = parseCloseReason(reason)
      resolve(
        refusal === undefined
          ? { kind: 'unclear', closeCode: code }
          : { kind: 'refused', code: refusal.code, closeCode: code },
      )
    })
  })
}

/** Tells what came of presenting a used ticket. */
export function replayHappening(outcome: ReplayOutcome): Happening {
  switch (outcome.kind) {
    case 'refused':
      return {
        kind: 'refused',
        tone: 'good',
        title: 'Replay refused',
        // What it means for a connection is another matter: this one was opened for nothing else.
        detail: `${REFUSALS[outcome.code].title}. The server closed with ${outcome.closeCode}.`,
        code: outcome.code,
      }
    case 'admitted':
      return {
        kind: 'replay',
        tone: 'bad',
        title: 'Replay admitted',
        detail: 'The same ticket opened a second socket. That must never happen.',
      }
    case 'unclear':
      return {
        kind: 'replay',
        tone: 'warn',
        title: 'Replay without an answer',
        detail: `The socket ended with ${outcome.closeCode} before the server said anything.`,
      }
  }
}
