import { mayReconnect, type TicketWebSocket } from '@wsticket/client/libraries'
import ReconnectingWebSocket, { type Options } from 'reconnecting-websocket'

// It gives up on a socket that is not open after 4 seconds; ours has limits of its own, and may wait for a ticket.
const CONNECTION_TIMEOUT_MS = 120_000

/** A reconnecting-websocket that is given its tickets by the sockets it makes, since its subprotocols are fixed. */
export function connectReconnecting(
  url: string,
  TicketWebSocket: TicketWebSocket,
  options: Options = {},
): ReconnectingWebSocket {
  const socket = new ReconnectingWebSocket(url, 'chat.v2', {
    WebSocket: TicketWebSocket,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    ...options,
  })
  // By itself it comes back whatever the close says.
  socket.addEventListener('close', (event) => {
    if (!mayReconnect(event)) socket.close()
  })
  return socket
}
