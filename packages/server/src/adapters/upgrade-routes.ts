import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Claims } from '../identity/principal.js'
import { pathOf, shownPath } from '../request/message.js'
import type { WsticketBinding } from '../wsticket.js'
import { requestData } from './node-request.js'
import { guardConnections } from './server-guard.js'
import { writeResponse } from './upgrade-socket.js'

/** What answers the upgrades on one path. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>

// One listener a server, so that several routes can share it and a path of nobody is answered once.
const routesOf = new WeakMap<HttpServer | HttpsServer, Map<string, UpgradeListener>>()

/**
 * Gives a path of a server to somebody; what it returns takes it away again.
 *
 * Upgrades on other paths are left to the server's other listeners; if there are none, they get 404.
 */
export function routeUpgrades<C extends Claims>(
  server: HttpServer | HttpsServer,
  binding: WsticketBinding<C>,
  path: string,
  listener: UpgradeListener,
): () => void {
  if (pathOf(path) !== path) {
    throw new TypeError(
      `path is ${JSON.stringify(path)}; it must begin with one slash and have no query, as in "/ws"`,
    )
  }
  const routes = routesOf.get(server) ?? listen(server, binding)
  if (routes.has(path))
    throw new TypeError(`path ${path} is taken on this server; give each route one of its own`)
  routes.set(path, listener)
  return () => {
    if (routes.get(path) === listener) routes.delete(path)
  }
}

function listen<C extends Claims>(
  server: HttpServer | HttpsServer,
  binding: WsticketBinding<C>,
): Map<string, UpgradeListener> {
  const routes = new Map<string, UpgradeListener>()
  routesOf.set(server, routes)
  const heard = guardConnections(server, (peer, refusal, reason) =>
    binding.refused({ refusal, operation: 'connection', from: { peer }, reason }),
  )
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    heard(socket)
    // Before anything is awaited: a reset in the middle must find a listener.
    socket.on('error', () => socket.destroy())
    const route = routes.get(pathOf(request.url ?? '') ?? '')
    if (route === undefined) {
      if (server.listenerCount('upgrade') > 1) return
      const from = requestData(request)
      writeResponse(
        socket,
        binding.refused({
          refusal: { code: 'not_found' },
          operation: 'upgrade',
          from,
          reason: `no route at ${shownPath(request.url ?? '')}; there is ${[...routes.keys()].join(', ')}`,
        }),
      )
      return
    }
    route(request, socket, head).catch((error: unknown) => {
      binding.failed('ws', error)
      socket.destroy()
    })
  })
  return routes
}
