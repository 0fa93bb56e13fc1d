import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { formatCloseReason, REFUSALS, REFUSED_PROTOCOL } from '@wsticket/protocol'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import type { AdmittedUpgrade, RefusedUpgrade } from '../admission/upgrade.js'
import { problem } from '../http/problem.js'
import type { Claims } from '../identity/principal.js'
import type { Session } from '../sessions/session.js'
import type { Wsticket, WsticketBinding } from '../wsticket.js'
import { headerBytes, hideTicket, requestData } from './node-request.js'
import { routeUpgrades, type UpgradeListener } from './upgrade-routes.js'
import { writeResponse } from './upgrade-socket.js'
import { heldSocket, watchSocket } from './ws-socket.js'

// RFC 6455, 7.4.1: something that the server did not expect.
const HANDLER_FAILED = 1011
// A chat message, an image, a document; what is larger belongs into an upload.
const MAX_PAYLOAD_BYTES = 1024 * 1024
// A client that is refused has nothing to say but the close: the size of a control frame.
const REFUSED_MAX_PAYLOAD_BYTES = 125
// A client that was accepted only to be told a refusal has this long to close.
const REFUSED_CLOSE_MS = 5000

export interface AdmitOptions {
  /** The path of the route, exactly. */
  readonly path: string
  /** The name of the route in tickets. @default the path */
  readonly audience?: string | undefined
  /**
   * Selects one of the application's own subprotocols, as the client offered them; `undefined` for none.
   *
   * @default none
   */
  readonly selectProtocol?: ((offered: readonly string[]) => string | undefined) | undefined
  /** Further options of `ws`, such as `maxPayload`. @default 1 MiB payloads, no compression */
  readonly ws?: Omit<ServerOptions, 'noServer' | 'server' | 'port' | 'path' | 'handleProtocols'> | undefined
}

/** What runs on an admitted socket. If it throws or rejects, the socket is closed with 1011. */
export type SocketHandler<C extends Claims> = (socket: WebSocket, session: Session<C>) => void | Promise<void>

/**
 * Lets upgrades in that bring a good ticket, or come by another pathway that is open, and calls back with the socket and its
 * session.
 *
 * Upgrades on other paths are left to the server's other listeners; if there are none, they get 404. What
 * it returns takes the route away again; sockets stay.
 */
export function admitUpgrades<C extends Claims>(
  server: HttpServer | HttpsServer,
  wsticket: Wsticket<C>,
  options: AdmitOptions,
  handler: SocketHandler<C>,
): () => void {
  const { path, audience = path } = options
  const { binding } = wsticket
  const unroute = routeUpgrades(server, binding, path, upgrader(binding, audience, options, handler))
  const unregister = binding.registerRoute({ audience, path })
  return () => {
    unroute()
    unregister()
  }
}

function upgrader<C extends Claims>(
  { desk, refusalsUrl, failed }: WsticketBinding<C>,
  audience: string,
  options: AdmitOptions,
  handler: SocketHandler<C>,
): UpgradeListener {
  const choices = new WeakMap<IncomingMessage, string>()
  const sockets = new WebSocketServer({
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    // One message a turn of the event loop: else a socket that sends thousands of tiny ones holds up all others.
    allowSynchronousEvents: false,
    ...options.ws,
    noServer: true,
    // The default echoes the first protocol that was offered, which could be the ticket.
    handleProtocols: (_offered, request) => choices.get(request) ?? false,
  })

  const refusals = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: REFUSED_MAX_PAYLOAD_BYTES,
    handleProtocols: () => REFUSED_PROTOCOL,
  })

  const admit = (
    admission: AdmittedUpgrade<C>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): void => {
    const { session } = admission
    if (socket.destroyed) {
      admission.release()
      return
    }
    // First of all: whatever breaks from here on, the application's own code among it, ends in a closed socket.
    const gone = (): void => admission.release()
    socket.once('close', gone)
    const own = options.selectProtocol?.(admission.protocols)
    const chosen = own !== undefined && admission.protocols.includes(own) ? own : admission.fallbackProtocol
    if (chosen !== undefined) choices.set(request, chosen)
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('close', gone)
      webSocket.on('error', () => {})
      const held = heldSocket(webSocket)
      watchSocket(webSocket, admission.hold(held))
      if (session.signal.aborted) return
      // Starts at once, so that no message comes before its listeners; what it throws becomes a rejection.
      const run = async (): Promise<void> => handler(webSocket, session)
      run().catch((error: unknown) => {
        failed('socket handler', error)
        held.close(HANDLER_FAILED, '')
      })
    })
  }

  const tellOverSocket = (
    { refusal, release }: RefusedUpgrade,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): void => {
    // Whatever becomes of it: until it is gone it counts as one of its address.
    socket.once('close', release)
    refusals.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate())
      const { close = 1008 } = REFUSALS[refusal.code]
      webSocket.close(close, formatCloseReason(refusal.code, refusal.retryAfterSeconds))
      const cut = setTimeout(() => webSocket.terminate(), REFUSED_CLOSE_MS)
      cut.unref()
      webSocket.on('close', () => clearTimeout(cut))
    })
  }

  return async (request, socket, head) => {
    const decision = await desk.admit(
      { ...requestData(request), headerBytes: headerBytes(request), httpVersion: request.httpVersion },
      audience,
    )
    if (decision.ok) {
      hideTicket(request, decision.target, decision.protocols, decision.fallbackProtocol)
      admit(decision, request, socket, head)
    } else if (decision.answer === 'socket' && !socket.destroyed) {
      hideTicket(request, '/', [REFUSED_PROTOCOL], undefined)
      tellOverSocket(decision, request, socket, head)
    } else {
      decision.release()
      writeResponse(socket, problem(decision.refusal, refusalsUrl))
    }
  }
}
