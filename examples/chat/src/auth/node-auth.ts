import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '@wsticket/protocol'
import { isWsticketError } from '@wsticket/server'
import { AUTH_BODY_MAX_BYTES, type AuthResponse, answerAuth, isAuthPath, problem } from './auth-routes.js'
import type { AuthService } from './auth-service.js'

export interface AuthRoutesOptions {
  /** The origins whose pages may call the service, exact. */
  readonly origins: readonly string[]
  /** The client's address, for the limit per address. @default the socket's peer */
  readonly addressOf?: (request: IncomingMessage) => string
  /** Hears a failing store or a defect; the client got a 503. */
  readonly onError?: (error: unknown) => void
}

/**
 * Binds the auth service to `node:http`. The function it gives says whether it took the request; one that it
 * did not take (`/auth/ticket`, for one) is untouched.
 *
 * @example
 * const auth = authRoutes(service, { origins: ['http://localhost:8080'] })
 * createServer((request, response) => auth(request, response) || otherRoutes(request, response))
 */
export function authRoutes(
  service: AuthService,
  options: AuthRoutesOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    if (!isAuthPath(path)) return false
    // Read now: a socket that is gone has none.
    const address = addressOf(request, options)
    answer(service, options, path, address, request).then(
      (reply) => send(request, response, reply),
      (error: unknown) => {
        if (error instanceof ClientLeft) {
          // Nobody is there to answer, and nothing of ours failed.
          service.noteRefusal({ path, address }, { code: 'request_invalid' })
          return
        }
        options.onError?.(error)
        const refusal = isWsticketError(error) ? { ...UNAVAILABLE, detail: STORE_AWAY } : UNAVAILABLE
        service.noteRefusal({ path, address }, refusal)
        send(request, response, problem(refusal, {}))
      },
    )
    return true
  }
}

/** The client broke its request off. */
class ClientLeft extends Error {}

const UNAVAILABLE: Refusal = { code: 'identity_unavailable', retryAfterSeconds: 1 }
const STORE_AWAY =
  'Users and logins cannot be read at the moment. Who is connected stays connected. Try again in a moment.'

async function answer(
  service: AuthService,
  options: AuthRoutesOptions,
  path: string,
  address: string,
  request: IncomingMessage,
): Promise<AuthResponse> {
  return await answerAuth(service, options.origins, {
    method: request.method ?? 'GET',
    path,
    // `headers` keeps the first of several.
    authorization: request.headersDistinct.authorization ?? [],
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : value,
      ]),
    ),
    address,
    body: () => readBody(request),
  })
}

function addressOf(request: IncomingMessage, options: AuthRoutesOptions): string {
  return options.addressOf?.(request) ?? request.socket.remoteAddress ?? 'unknown'
}

function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    request.on('data', (part: Buffer) => {
      size += part.length
      // What comes after is read and thrown away: a connection cut in the middle of a request would take
      // the answer with it.
      if (size > AUTH_BODY_MAX_BYTES) resolve(undefined)
      else parts.push(part)
    })
    request.on('end', () => resolve(Buffer.concat(parts)))
    request.on('error', (cause) => reject(new ClientLeft('The request ended early.', { cause })))
    request.on('close', () => reject(new ClientLeft('The request ended early.')))
  })
}

function send(request: IncomingMessage, response: ServerResponse, reply: AuthResponse): void {
  if (response.destroyed || response.headersSent) return
  request.resume()
  const body = Buffer.from(reply.body)
  response.writeHead(reply.status, {
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'content-length': body.length }),
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' || reply.status === 204 ? undefined : body)
}
