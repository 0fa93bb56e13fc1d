import type { SocketConstructor } from '@wsticket/client'
import { parseCloseReason, REFUSED_PROTOCOL, type RefusalCode, ticketProtocols } from '@wsticket/protocol'

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
