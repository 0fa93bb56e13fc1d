import type { IncomingMessage } from 'node:http'
import { type HeaderLines, type HttpRequest, type RequestData, readText } from '../request/message.js'

const PROTOCOL_HEADER = 'sec-websocket-protocol'

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
  return {
    ...requestData(request),
    readBody: (limit) => readText(request.iterator({ destroyOnReturn: false }), limit),
  }
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
  // Node fills `headers` at its first use, from as many raw lines as there were at first: not after the splice.
  const { headers, rawHeaders: raw } = request
  for (let index = raw.length - 2; index >= 0; index -= 2) {
    if (raw[index]?.toLowerCase() === PROTOCOL_HEADER) raw.splice(index, 2)
  }
  if (offered === '') delete headers[PROTOCOL_HEADER]
  else {
    headers[PROTOCOL_HEADER] = offered
    raw.push('Sec-WebSocket-Protocol', offered)
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
