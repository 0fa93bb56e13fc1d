import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import { type Listening, listen } from '../../../test/listen.js'
import type { CredentialRequest } from '../src/identity/principal.js'

/** A request as the auth service got it. */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What the service does with a request: an object is a JSON answer, a function does as it likes. */
export type Behaviour = object | RequestListener

/** An auth service of a test: a real server whose behaviour can be changed, and which writes down who asks. */
export interface TestAuthService extends Listening {
  readonly url: string
  readonly asked: Asked[]
  /** Connections that it has had. */
  connections(): number
  behave(next: Behaviour): void
  stop(): Promise<void>
}

/** Starts an auth service. */
export async function authService(first: Behaviour): Promise<TestAuthService> {
  const asked: Asked[] = []
  let behaviour = first
  let connections = 0
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      if (typeof behaviour === 'function') behaviour(request, response)
      else sendJson(response, behaviour)
    })
  })
  server.on('connection', () => {
    connections += 1
  })
  const listening = await listen(server)
  return {
    ...listening,
    url: `${listening.http}/introspect`,
    asked,
    connections: () => connections,
    behave: (next) => {
      behaviour = next
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** A request that presents a bearer token, or none. */
export function presenting(bearer: string | undefined): CredentialRequest {
  return { method: 'POST', target: '/', header: () => undefined, bearer, address: '192.0.2.1' }
}
