import { mayReconnect, type TicketWebSocket } from '@wsticket/client/libraries'
import { type Client, type ClientOptions, createClient } from 'graphql-ws'

/** A client of graphql-ws whose sockets bring tickets as a subprotocol beside `graphql-transport-ws`. */
export function connectGraphql(
  url: string,
  TicketWebSocket: TicketWebSocket,
  options: Partial<ClientOptions> = {},
): Client {
  return createClient({
    url,
    webSocketImpl: TicketWebSocket,
    // A close that is final becomes the error of every subscription.
    shouldRetry: mayReconnect,
    // By itself it gives up after 5; handshakes that fail are tried again by the socket and not counted here.
    retryAttempts: Number.POSITIVE_INFINITY,
    ...options,
  })
}
