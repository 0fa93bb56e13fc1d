import type { Server } from 'node:http'
import type { Wsticket } from '@wsticket/server'
import { admitUpgrades } from '@wsticket/server/ws'

/** Answers everything that is said with who said it. */
export function serveChat(server: Server, wsticket: Wsticket, path: string): void {
  const selectProtocol = (offered: readonly string[]): string | undefined =>
    offered.find((protocol) => protocol === 'chat.v2')
  admitUpgrades(server, wsticket, { path, selectProtocol }, (socket, session) => {
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') socket.send(`${session.principal.subject}: ${data}`)
    })
  })
}
