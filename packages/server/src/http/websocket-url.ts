import { headerValue, type RequestData } from '../request/message.js'

// Name or address, and a port; nothing that could end the authority part of a URL.
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/**
 * Where the WebSocket is reached: the configured URL, else the connection's scheme and its `Host`. `undefined` if
 * there is no usable `Host`.
 */
export function hostOf(
  request: RequestData,
  options: {
    readonly publicUrl: string | undefined
    /** The proxies whose `X-Forwarded-*` count. */
    readonly trusted: { has(address: string): boolean }
  },
): URL | undefined {
  if (options.publicUrl !== undefined) return new URL(options.publicUrl)
  const trusted = options.trusted.has(request.peer)
  const forwarded = (name: string): string | undefined =>
    trusted ? last(headerValue(request.headers, name)) : undefined
  const scheme = forwarded('x-forwarded-proto')
  const host = forwarded('x-forwarded-host') ?? headerValue(request.headers, 'host')
  if (host === undefined || !HOST.test(host)) return undefined
  const secure = scheme === undefined ? request.secure : scheme === 'https' || scheme === 'wss'
  const url = `${secure ? 'wss' : 'ws'}://${host}/`
  return URL.canParse(url) ? new URL(url) : undefined
}

/** The URL to dial for a route's path; `undefined` for the URL as it is. */
export function websocketUrl(host: URL, path: string | undefined): string {
  return path === undefined ? host.href : new URL(path, host).href
}

// The trusted proxy's own entry: it adds to what came in, and anybody may have written that.
function last(list: string | undefined): string | undefined {
  return list?.split(',').at(-1)?.trim()
}
