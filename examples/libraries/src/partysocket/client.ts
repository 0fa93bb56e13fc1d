import { isTicketError, type TicketSource } from '@wsticket/client'
import { isFinal } from '@wsticket/client/libraries'
import { WebSocket } from 'partysocket'

type PartySocketOptions = NonNullable<ConstructorParameters<typeof WebSocket>[2]>

/** A partysocket that asks for its subprotocols, and so for a ticket, anew at each attempt. */
export function connectPartySocket(
  url: string,
  tickets: TicketSource,
  { onStopped, ...options }: PartySocketOptions & { readonly onStopped: (code: string) => void },
): WebSocket {
  const protocols = async (): Promise<string[]> => {
    try {
      return await tickets.protocols('chat.v2')
    } catch (error) {
      // Whatever is thrown here partysocket tells as `error`, waits, and asks again, for ever.
      if (isTicketError(error) && isFinal(error.code)) {
        socket.close()
        onStopped(error.code)
      }
      throw error
    }
  }
  const socket = new WebSocket(url, protocols, options)
  return socket
}
