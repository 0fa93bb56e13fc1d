import type { TicketSource } from '@wsticket/client'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { Comeback, isFailure } from '../comeback.js'

type Options = Partial<ManagerOptions & SocketOptions> & {
  readonly onStopped: (code: string) => void
  /** Widest window of the first wait after a refusal. @default 1000 */
  readonly firstWindowMs?: number | undefined
}

/** A Socket.IO client that takes a ticket for each connection, and what closes it for good. */
export function connectSocketIo(
  url: string,
  tickets: TicketSource,
  { onStopped, firstWindowMs, ...options }: Options,
): { readonly socket: Socket; readonly close: () => void } {
  const comeback = new Comeback(() => socket.connect(), onStopped, firstWindowMs)
  const failed = (why: unknown): void => {
    socket.disconnect()
    comeback.failed(isFailure(why) ? why : undefined)
  }

  const socket = io(url, {
    ...options,
    auth: (give) => {
      // Where Socket.IO is at its next connection when the ticket comes, that one asked for a ticket of its own.
      const { engine } = socket.io
      tickets.take().then(
        (ticket) => socket.io.engine === engine && give({ ticket }),
        (error: unknown) => socket.io.engine === engine && failed(error),
      )
    },
  })
  socket.on('connect', () => comeback.succeeded())
  // Socket.IO comes back by itself when a connection breaks. It does not after a refusal by the server's middleware,
  // nor when the server disconnects it.
  socket.on('connect_error', (error: Error & { readonly data?: unknown }) => {
    if (!socket.active) failed(error.data)
  })
  socket.on('wsticket:end', failed)

  return {
    socket,
    close: () => {
      comeback.cancel()
      socket.disconnect()
    },
  }
}
