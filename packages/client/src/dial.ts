import { REFUSED_PROTOCOL } from '@wsticket/protocol'
import type { SocketConstructor, SocketLike } from './environment.js'

/** How a socket ended. */
export interface Close {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** What a dialed socket tells. */
export interface SocketListener {
  /** Not told of a socket that was opened only to be refused. */
  opened(socket: SocketLike): void
  received(socket: SocketLike, data: unknown): void
  closed(socket: SocketLike, close: Close, wasOpen: boolean): void
}

/** Opens a socket; gives `undefined` where the runtime forbids the address, as a page's security policy may. */
export function dial(
  WebSocket: SocketConstructor,
  to: { readonly url: string; readonly protocols: string[]; readonly binaryType: BinaryType },
  listener: SocketListener,
): SocketLike | undefined {
  let socket: SocketLike
  try {
    socket = new WebSocket(to.url, to.protocols)
  } catch {
    return undefined
  }
  let isOpen = false
  // Without a listener, `ws` throws; whatever it says, `close` follows.
  socket.addEventListener('error', () => {})
  socket.addEventListener('open', () => {
    isOpen = socket.protocol !== REFUSED_PROTOCOL
    if (isOpen) listener.opened(socket)
  })
  socket.addEventListener('message', ({ data }) => {
    if (isOpen) listener.received(socket, data)
  })
  socket.addEventListener('close', ({ code, reason, wasClean }) => {
    listener.closed(socket, { code, reason, wasClean }, isOpen)
  })
  socket.binaryType = to.binaryType
  return socket
}
