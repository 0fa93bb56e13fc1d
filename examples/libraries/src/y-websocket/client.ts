import { mayReconnect, type TicketWebSocket } from '@wsticket/client/libraries'
import { WebsocketProvider } from 'y-websocket'
import type * as Y from 'yjs'

type ProviderOptions = NonNullable<ConstructorParameters<typeof WebsocketProvider>[3]>

/** A provider of y-websocket whose sockets bring tickets; its own `protocols` and `params` never change. */
export function connectDocument(
  url: string,
  name: string,
  doc: Y.Doc,
  TicketWebSocket: TicketWebSocket,
  options: ProviderOptions = {},
): WebsocketProvider {
  return new WebsocketProvider(url, name, doc, {
    WebSocketPolyfill: TicketWebSocket,
    // A close that is final becomes its event `closed`.
    shouldReconnect: mayReconnect,
    ...options,
  })
}
