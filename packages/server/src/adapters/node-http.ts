import type { IncomingMessage, RequestListener, ServerOptions, ServerResponse } from 'node:http'
import { INTERNAL_ERROR } from '../http/problem.js'
import type { Claims } from '../identity/principal.js'
import { type HttpRequest, type HttpResponse, shownPath } from '../request/message.js'
import type { Wsticket } from '../wsticket.js'
import { httpRequest } from './node-request.js'

// Without a byte taken for so long, nobody is reading.
const WRITE_TIMEOUT_MS = 30_000

/** Something that answers some requests and leaves the others. */
export type RequestHandler = (request: HttpRequest) => Promise<HttpResponse | undefined>

export interface TicketRoutesOptions {
  /** Handlers for paths that the ticket routes do not have, such as `apiDocs(wsticket)`. */
  readonly also?: readonly RequestHandler[] | undefined
  /** What answers everything else. If it throws or rejects, the answer is 500. @default 404 */
  readonly otherwise?:
    | ((request: IncomingMessage, response: ServerResponse) => void | Promise<void>)
    | undefined
}

/**
 * Limits on what a client may do before it is known, for `createServer`: headers within 10 seconds and
 * 16 KiB, a whole request within 30 seconds.
 */
export const serverLimits: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Node looks for late headers only this often, and by default only every 30 seconds.
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
}

/**
 * The HTTP routes as a listener of node:http.
 *
 * @example
 * const server = createServer(serverLimits, ticketRoutes(wsticket))
 */
export function ticketRoutes<C extends Claims>(
  wsticket: Wsticket<C>,
  options: TicketRoutesOptions = {},
): RequestListener {
  const { routes, refused, failed } = wsticket.binding
  const handlers: readonly RequestHandler[] = [(request) => routes.handle(request), ...(options.also ?? [])]

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const data = httpRequest(request)
    for (const handle of handlers) {
      const found = await handle(data)
      if (found !== undefined) return send(request, response, found)
    }
    if (options.otherwise !== undefined) return options.otherwise(request, response)
    const reason = `nobody answers ${data.method} ${shownPath(data.target)}`
    send(
      request,
      response,
      refused({ refusal: { code: 'not_found' }, operation: 'unknown', from: data, reason }),
    )
  }

  return (request, response) => {
    // A client that goes away in the middle of its request or of the answer is no failure of ours.
    request.on('error', () => {})
    response.on('error', () => {})
    answer(request, response).catch((error: unknown) => {
      failed('node-http', error)
      if (response.headersSent) response.destroy()
      else send(request, response, INTERNAL_ERROR)
    })
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
): void {
  if (response.headersSent || response.destroyed) return
  // A body that nobody reads any more would block the connection's next request.
  const unread = !request.complete
  response.writeHead(status, {
    ...headers,
    // RFC 9110, 8.6: an answer that can have no content has no length either.
    ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...(unread ? { connection: 'close' } : {}),
  })
  // A client that asks and does not read would keep its connection, and what is written, for good.
  response.setTimeout(WRITE_TIMEOUT_MS, () => response.destroy())
  response.end(request.method === 'HEAD' ? undefined : body)
  if (unread) request.resume()
}
