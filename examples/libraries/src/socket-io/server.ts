import type { Server as HttpServer } from 'node:http'
import type { Session, Wsticket } from '@wsticket/server'
import { Server, type Socket } from 'socket.io'
import { earlyRefusal } from '../early-refusal.js'

/** The name that tickets for Socket.IO are issued for. */
export const SOCKET_IO_AUDIENCE = '/socket.io/'

/**
 * Serves Socket.IO to clients with a ticket in `auth.ticket`. Other listeners have to be on the server before.
 *
 * Leave `connectionStateRecovery` off, or set its `skipMiddlewares` to `false`: what is recovered would show no ticket.
 */
export function serveSocketIo(
  server: HttpServer,
  wsticket: Wsticket,
  origins: readonly string[],
  handler: (socket: Socket, session: Session) => void,
): Server {
  const io = new Server(server, { cors: { origin: [...origins] }, serveClient: false })
  const sessions = new WeakMap<Socket, Session>()

  const admit = async (socket: Socket): Promise<Error | undefined> => {
    const { conn } = socket
    const { auth, headers, address } = socket.handshake
    const { origin } = headers
    const ticket = typeof auth.ticket === 'string' ? auth.ticket : undefined
    const early = earlyRefusal(wsticket, { ticket, origins, headers, address })
    if (early !== undefined) return refusal(early)
    const presented = { audience: SOCKET_IO_AUDIENCE, carrier: 'payload', origin, address } as const
    const admission = await wsticket.redeem(ticket ?? '', presented)
    if (!admission.ok) return refusal(admission.refusal.code, admission.refusal.retryAfterSeconds)

    const hold = admission.hold({
      close: (_code, reason) => {
        socket.emit('wsticket:end', { code: reason.split(';', 1)[0] })
        socket.disconnect(true)
      },
      terminate: () => conn.close(true),
      // Engine.IO has a heartbeat of its own, and ends a connection that does not answer.
      ping: () => hold.heard(),
    })
    // Not the socket's `disconnect`: a client that has gone by now never causes one.
    conn.once('close', () => hold.ended())
    if (conn.readyState !== 'open') hold.ended()
    socket.onAny(() => hold.active())
    sessions.set(socket, admission.session)
    return undefined
  }

  io.use((socket, proceed) => {
    admit(socket).then(proceed, (error: unknown) => {
      wsticket.binding.failed('socket.io', error)
      proceed(new Error('internal error'))
    })
  })
  io.on('connection', (socket) => {
    const session = sessions.get(socket)
    if (session !== undefined) handler(socket, session)
  })
  return io
}

/** What the client finds as `data` of its `connect_error`. */
function refusal(code: string, retryAfterSeconds?: number): Error {
  return Object.assign(new Error(code), { data: { code, retryAfterSeconds } })
}
