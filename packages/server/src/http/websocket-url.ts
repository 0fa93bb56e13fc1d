import { ticketUrl } from '@wsticket/protocol'
import { headerValue, type RequestData } from './message.js'

// Name or address, and a port; nothing that could end the authority part of a URL.
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/**
 * The URL that a ticket is ready to be dialled at: the configured one, else the connection's scheme and its
 * `Host`. `undefined` if there is no usable `Host`.
 */
export function websocketUrl(
  request: RequestData,
  options: {
    readonly ticket: string
    readonly publicUrl: string | undefined
    /** The route's path; `undefined` for the public URL as it is. */
    readonly path: string | undefined
    /** Whether the peer is a proxy whose `X-Forwarded-*` count. */
    readonly trusted: boolean
  },
): string | undefined {
  const { ticket, publicUrl, path } = options
  if (publicUrl !== undefined) {
    const url = path === undefined ? publicUrl : new URL(path, publicUrl).href
    return ticketUrl(url, ticket)
  }
  const forwardedHost = options.trusted ? headerValue(request.headers, 'x-forwarded-host') : undefined
  const forwardedScheme = options.trusted ? headerValue(request.headers, 'x-forwarded-proto') : undefined
  const host = forwardedHost ?? headerValue(request.headers, 'host')
  if (host === undefined || !HOST.test(host)) return undefined
  const secure = forwardedScheme === undefined ? request.secure : forwardedScheme === 'https'
  return ticketUrl(`${secure ? 'wss' : 'ws'}://${host}${path ?? '/'}`, ticket)
}
