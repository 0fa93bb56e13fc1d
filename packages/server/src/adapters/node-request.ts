import type { IncomingMessage } from 'node:http'
import type { HeaderLines, HttpRequest, RequestData } from '../http/message.js'

/** A node:http request as plain data. */
export function requestData(request: IncomingMessage): RequestData {
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: headerLines(request.rawHeaders),
    peer: request.socket.remoteAddress ?? '',
    secure: 'encrypted' in request.socket && request.socket.encrypted === true,
  }
}

/** The same, with its body. */
export function httpRequest(request: IncomingMessage): HttpRequest {
  return { ...requestData(request), readBody: (limit) => readBody(request, limit) }
}

/** Bytes of all header lines together. */
export function headerBytes(request: IncomingMessage): number {
  return request.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0)
}

/** Takes the ticket out of a request before anything else sees it. */
export function hideTicket(
  request: IncomingMessage,
  target: string,
  protocols: readonly string[],
  fallback: string | undefined,
): void {
  request.url = target
  const offered = [...protocols, ...(fallback === undefined ? [] : [fallback])].join(', ')
  if (offered === '') delete request.headers['sec-websocket-protocol']
  else request.headers['sec-websocket-protocol'] = offered
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === 'sec-websocket-protocol')
      request.rawHeaders[index + 1] = offered
  }
}

// `request.headers` drops repeated lines of some headers, and a repeated Origin must be seen.
function headerLines(raw: readonly string[]): HeaderLines {
  return (name) => {
    const lines: string[] = []
    for (let index = 0; index + 1 < raw.length; index += 2) {
      const value = raw[index + 1]
      if (value !== undefined && raw[index]?.toLowerCase() === name) lines.push(value)
    }
    return lines
  }
}

async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    // What is too long is read to its end, unkept, only as far as the answer needs to get through.
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
