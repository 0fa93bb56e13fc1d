import type { Refusal } from '@wsticket/protocol'
import { headerValue, pathOf, type RequestData } from '../request/message.js'

/** Bytes of all header lines of an upgrade request together. */
export const HEADER_MAX_BYTES = 16_384

/** Refuses what is no proper WebSocket upgrade (RFC 6455, 4.2.1); `undefined` if it is one. */
export function checkUpgrade(
  request: RequestData & { readonly httpVersion?: string | undefined },
  headerBytes: number,
): Refusal | undefined {
  const { headers } = request
  if (headerBytes > HEADER_MAX_BYTES) return invalid(431, `headers must be under ${HEADER_MAX_BYTES} bytes`)
  if (request.httpVersion === '1.0') return invalid(426, 'an upgrade needs HTTP/1.1')
  if (headers('host').length > 1) return invalid(400, 'Host must be there once')
  if (request.method !== 'GET') return invalid(405, 'an upgrade is a GET')
  if (pathOf(request.target) === undefined) return invalid(400, 'the request target must be a path')
  if (headerValue(headers, 'upgrade')?.toLowerCase() !== 'websocket')
    return invalid(426, 'Upgrade must be websocket')
  if (headerValue(headers, 'sec-websocket-version') !== '13')
    return invalid(426, 'Sec-WebSocket-Version must be 13')
  const key = headers('sec-websocket-key')
  if (key.length !== 1 || !/^[+/0-9A-Za-z]{22}==$/.test(key[0] ?? '')) {
    return invalid(400, 'Sec-WebSocket-Key must be 16 bytes in base64')
  }
  // A body before the upgrade is how requests are smuggled past proxies.
  const length = headerValue(headers, 'content-length')
  if ((length !== undefined && length !== '0') || headers('transfer-encoding').length > 0) {
    return invalid(400, 'an upgrade has no body')
  }
  return undefined
}

function invalid(status: NonNullable<Refusal['status']>, detail: string): Refusal {
  return { code: 'request_invalid', status, detail }
}
