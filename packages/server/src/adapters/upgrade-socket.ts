import { type Server as HttpServer, STATUS_CODES } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpResponse } from '../request/message.js'

// A connection that has not sent the headers of its first request by then is cut.
const FIRST_REQUEST_MS = 10_000
// A client that does not read its refusal is cut.
const REFUSAL_WRITE_MS = 5000

/** Answers an upgrade request over HTTP and ends the connection. */
export function writeResponse(socket: Duplex, { status, headers, body }: HttpResponse): void {
  if (socket.destroyed) return
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}` +
    `connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
  const cut = setTimeout(() => socket.destroy(), REFUSAL_WRITE_MS)
  cut.unref()
  socket.once('close', () => clearTimeout(cut))
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]))
  // What the client still sends is thrown away, so that it gets to read the answer and not a reset.
  socket.resume()
}

/**
 * Cuts connections that are slow to say what they want. What it returns is to be called with the socket of an
 * upgrade, once that was heard.
 *
 * node:http has a timeout for that, but by default looks for late ones only every 30 seconds. With TLS the
 * time begins after the handshake, which has a timeout of its own.
 */
export function guardConnections(server: HttpServer | HttpsServer): (socket: Duplex) => void {
  const waiting = new WeakMap<Duplex, NodeJS.Timeout>()
  const heard = (socket: Duplex): void => clearTimeout(waiting.get(socket))
  server.on(server instanceof HttpsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    const cut = setTimeout(() => socket.destroy(), FIRST_REQUEST_MS)
    cut.unref()
    waiting.set(socket, cut)
    socket.once('close', () => clearTimeout(cut))
  })
  server.prependListener('request', (request) => heard(request.socket))
  // No listener for upgrades: their number tells whether somebody else may answer one.
  return heard
}
