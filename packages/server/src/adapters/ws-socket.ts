import type { WebSocket } from 'ws'
import type { HeldSocket, SocketHold } from '../sessions/session.js'

/** A `ws` socket as the registry holds it. */
export function heldSocket(socket: WebSocket): HeldSocket {
  return {
    close(code, reason) {
      silence(socket)
      socket.close(code, reason)
    },
    terminate: () => socket.terminate(),
    ping() {
      if (socket.readyState === socket.OPEN) socket.ping()
    },
  }
}

/** Tells a session what its socket hears and says. */
export function watchSocket(socket: WebSocket, hold: SocketHold): void {
  socket.on('pong', () => hold.heard())
  socket.on('ping', () => hold.heard())
  socket.on('message', () => {
    hold.heard()
    hold.active()
  })
  socket.on('close', () => hold.ended())
  const send = socket.send.bind(socket) as (...args: unknown[]) => void
  socket.send = (...args: unknown[]): void => {
    hold.active()
    send(...args)
  }
}

/** From here on the application hears nothing more, though frames may still be on their way in. */
function silence(socket: WebSocket): void {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean
  socket.emit = (event: string | symbol, ...args: unknown[]): boolean =>
    event !== 'message' && emit(event, ...args)
}
