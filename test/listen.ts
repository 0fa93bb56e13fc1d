import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { afterThisTest, type CleanupList } from './cleanups.js'

/** Where a server of a test can be reached. */
export interface Listening {
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly http: string
  /** `ws://127.0.0.1:<port>` */
  readonly ws: string
}

/**
 * Lets a server listen on a free port of 127.0.0.1, and closes it afterwards with every socket that it still has:
 * upgraded ones, too, which `server.close()` alone would wait for.
 */
export async function listen(server: Server, cleanUp: CleanupList = afterThisTest): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(async () => {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('listen: the server has no port')
  const at = `127.0.0.1:${address.port}`
  return { port: address.port, http: `http://${at}`, ws: `ws://${at}` }
}
