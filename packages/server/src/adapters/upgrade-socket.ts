import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HttpResponse } from '../request/message.js'

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
