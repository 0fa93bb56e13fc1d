import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Refusal } from '@wsticket/protocol'
import type { HttpResponse } from '../request/message.js'
import { writeResponse } from './upgrade-socket.js'

// A connection that has not sent the headers of its first request by then is cut.
const FIRST_REQUEST_MS = 10_000

/** Tells of a connection that brought no proper request, and gives the answer. */
export type ConnectionRefused = (peer: string, refusal: Refusal, reason: string) => HttpResponse

/**
 * Cuts connections that are slow to say what they want, and answers those whose words are no HTTP. What it returns is
 * to be called with the socket of an upgrade, once that was heard.
 *
 * node:http has a timeout for that, but by default looks for late ones only every 30 seconds. With TLS the
 * time begins after the handshake, which has a timeout of its own.
 */
export function guardConnections(
  server: HttpServer | HttpsServer,
  refused: ConnectionRefused,
): (socket: Duplex) => void {
  const waiting = new WeakMap<Duplex, NodeJS.Timeout>()
  const answers = new WeakMap<Duplex, ServerResponse>()
  const heard = (socket: Duplex): void => clearTimeout(waiting.get(socket))
  server.on(server instanceof HttpsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    const cut = setTimeout(() => {
      // Browsers open connections ahead and may never use them: who said nothing was refused nothing.
      if (socket.bytesRead > 0) {
        refused(peerOf(socket), { code: 'request_invalid' }, `no request within ${FIRST_REQUEST_MS} ms`)
      }
      socket.destroy()
    }, FIRST_REQUEST_MS)
    cut.unref()
    waiting.set(socket, cut)
    socket.once('close', () => clearTimeout(cut))
  })
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    heard(socket)
    answers.set(socket, response)
  })
  answerGarbage(server, refused, { heard, answers })
  // No listener for upgrades: their number tells whether somebody else may answer one.
  return heard
}

function answerGarbage(
  server: HttpServer | HttpsServer,
  refused: ConnectionRefused,
  { heard, answers }: { heard: (socket: Duplex) => void; answers: WeakMap<Duplex, ServerResponse> },
): void {
  // The parser fails again at each chunk that follows.
  const told = new WeakSet<Duplex>()
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    heard(socket)
    if (told.has(socket)) return
    const refusal = refusalOf(error.code)
    // A connection that broke off said nothing wrong.
    if (refusal === undefined) {
      socket.destroy()
      return
    }
    told.add(socket)
    const response = refused(peerOf(socket), refusal, `${error.code}`)
    // Somebody else answers.
    if (server.listenerCount('clientError') > 1) return
    // In the middle of an earlier answer, a second one would be taken for a part of it.
    if (socket.writable && answers.get(socket)?.writableFinished !== false) writeResponse(socket, response)
    else socket.destroy()
  })
}

function refusalOf(code: string | undefined): Refusal | undefined {
  if (code === 'HPE_INVALID_EOF_STATE') return undefined
  if (code === 'HPE_HEADER_OVERFLOW')
    return { code: 'request_invalid', status: 431, detail: 'the headers are too large' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { code: 'request_invalid', detail: 'the request took too long' }
  if (code?.startsWith('HPE_') === true) return { code: 'request_invalid', detail: 'this is no HTTP request' }
  return undefined
}

function peerOf(socket: Duplex): string {
  return 'remoteAddress' in socket && typeof socket.remoteAddress === 'string' ? socket.remoteAddress : ''
}
