import { SOCKET_IO_AUDIENCE, serveSocketIo } from '../../socket-io/server.js'
import type { Service } from '../server.js'

export const socketIoService: Service = {
  audiences: [SOCKET_IO_AUDIENCE],
  attach({ server, wsticket, origins }) {
    serveSocketIo(server, wsticket, origins, (socket, session) => {
      socket.on('say', (text: string, answer: (text: string) => void) => {
        answer(`${session.principal.subject}: ${text}`)
      })
    })
    return undefined
  },
}
