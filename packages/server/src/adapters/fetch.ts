import type { Claims } from '../identity/principal.js'
import { type HttpRequest, type HttpResponse, readText } from '../request/message.js'
import type { Wsticket } from '../wsticket.js'

export interface FetchRoutesOptions {
  /**
   * The other end of the connection, which a fetch `Request` does not tell. Without it all clients share the
   * limits of one address.
   *
   * @default ''
   */
  readonly peer?: ((request: Request) => string) | undefined
}

/**
 * The HTTP routes for servers that speak `Request` and `Response` (Hono, Bun, Deno, Workers). Gives
 * `undefined` for paths that are none of ours.
 *
 * @example
 * const routes = fetchRoutes(wsticket)
 * export default { fetch: async (request) => (await routes(request)) ?? new Response('not found', { status: 404 }) }
 */
export function fetchRoutes<C extends Claims>(
  wsticket: Wsticket<C>,
  options: FetchRoutesOptions = {},
): (request: Request) => Promise<Response | undefined> {
  return async (request) => {
    const answer = await wsticket.binding.routes.handle(toRequest(request, options.peer?.(request) ?? ''))
    return answer === undefined ? undefined : toResponse(answer)
  }
}

function toRequest(request: Request, peer: string): HttpRequest {
  const url = new URL(request.url)
  return {
    method: request.method,
    target: url.pathname + url.search,
    headers: (name) => {
      // Fetch joins repeated lines by a comma and a space. Neither an origin nor a bearer token holds those, so either
      // was repeated if it has them; credentials of schemes that write lists cannot be told apart and are refused.
      const value = request.headers.get(name) ?? (name === 'host' ? url.host : null)
      if (value === null) return []
      return name === 'origin' || name === 'authorization' ? value.split(', ') : [value]
    },
    peer,
    secure: url.protocol === 'https:',
    readBody: async (limit) => (request.body === null ? '' : readText(request.body, limit)),
  }
}

function toResponse({ status, headers, body }: HttpResponse): Response {
  const empty = status === 204 || status === 304
  return new Response(empty ? null : typeof body === 'string' ? body : new Uint8Array(body), {
    status,
    headers: { ...headers },
  })
}
