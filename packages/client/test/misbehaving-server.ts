import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'

/** What the server makes of an HTTP request: a status and a body, or nothing, with the connection cut. */
export type Answer = Reply | 'cut' | 'silence'

export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What the server makes of an upgrade. */
export type Upgrade =
  | { readonly admit: string | undefined; readonly after?: (socket: WebSocket) => void }
  | { readonly refuse: string; readonly code: number }
  | { readonly http: number }
  | 'cut'
  | 'silence'

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/** A server on real sockets that does as it is told, wrong things too, and remembers what it saw. */
export interface MisbehavingServer {
  readonly url: string
  readonly ticketUrl: string
  readonly requests: Seen[]
  /** The subprotocols that were offered, for each upgrade. */
  readonly offers: string[][]
  /** Tickets that were presented, in order. */
  readonly presented: string[]
  readonly received: string[]
  readonly sockets: WebSocket[]
  /** Answers for the next ticket requests, before the good one that is the default. */
  readonly ticketAnswers: Answer[]
  readonly otherAnswers: Map<string, Answer[]>
  /** What happens to the next upgrades, before admission, which is the default. */
  readonly upgrades: Upgrade[]
  now: () => number
  stop(): Promise<void>
}

/** A well-formed ticket and its ref, told apart by a number. */
export function ticketNumber(number: number): { readonly ticket: string; readonly ref: string } {
  return {
    ticket: `wst1_7f${String(number).padStart(54, '0')}`,
    ref: `7f${String(number).padStart(22, '0')}`,
  }
}

/** A JWT with these claims; nobody checks its signature here. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'ES256' })}.${part(claims)}.c2lnbmF0dXJl`
}

/** A problem as the ticket routes answer it. */
export function problem(status: number, code: string, more: Readonly<Record<string, unknown>> = {}): Reply {
  return { status, body: { type: 'about:blank', title: 'No', status, code, ...more } }
}

const textOf = (data: RawData): string =>
  Buffer.isBuffer(data)
    ? data.toString()
    : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]).toString()

export async function startMisbehavingServer(): Promise<MisbehavingServer> {
  let issued = 0
  const open = new Set<Duplex>()
  const http = createServer()
  const accept = new WebSocketServer({ noServer: true, handleProtocols: () => selected ?? false })
  let selected: string | undefined

  const server: MisbehavingServer = {
    url: '',
    ticketUrl: '',
    requests: [],
    offers: [],
    presented: [],
    received: [],
    sockets: [],
    ticketAnswers: [],
    otherAnswers: new Map(),
    upgrades: [],
    now: () => Date.now(),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy()
        http.close(() => resolve())
      }),
  }

  const goodTicket = (): Answer => {
    const { ticket, ref } = ticketNumber(++issued)
    const now = Math.floor(server.now() / 1000)
    return {
      status: 201,
      body: {
        ticket_id: ticket,
        ref,
        created_at: now,
        expires_at: now + 60,
        ttl_seconds: 60,
        single_use: true,
        // A server that would like to send its clients elsewhere.
        websocket_url: `wss://elsewhere.invalid/ws?ticket=${ticket}`,
      },
    }
  }

  const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const path = request.url ?? ''
    server.requests.push({
      method: request.method ?? '',
      path,
      authorization: request.headers.authorization,
      body: body === '' ? undefined : JSON.parse(body),
    })
    const isTicket = path === '/api/websocket/ticket'
    const planned = isTicket
      ? (server.ticketAnswers.shift() ?? goodTicket())
      : (server.otherAnswers.get(path)?.shift() ?? problem(404, 'not_found'))
    if (planned === 'silence') return
    if (planned === 'cut') {
      request.socket.destroy()
      return
    }
    const text = typeof planned.body === 'string' ? planned.body : JSON.stringify(planned.body)
    response.writeHead(planned.status, { 'content-type': 'application/json', ...planned.headers }).end(text)
  }

  http.on('connection', (socket) => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
  })
  http.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()))
  })
  http.on('upgrade', (request, socket, head) => {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    server.offers.push(offered)
    const ticket = offered.find((name) => name.startsWith('wsticket.wst1_'))
    if (ticket !== undefined) server.presented.push(ticket.slice('wsticket.'.length))
    const planned = server.upgrades.shift() ?? { admit: 'wsticket.v1' }
    if (planned === 'silence') return
    if (planned === 'cut') {
      socket.destroy()
      return
    }
    if ('http' in planned) {
      socket.end(`HTTP/1.1 ${planned.http} No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    selected = 'refuse' in planned ? 'wsticket.refused' : planned.admit
    accept.handleUpgrade(request, socket, head, (webSocket) => {
      if ('refuse' in planned) {
        webSocket.on('message', (data) => server.received.push(`refused socket got ${textOf(data)}`))
        webSocket.close(planned.code, planned.refuse)
        return
      }
      server.sockets.push(webSocket)
      webSocket.on('message', (data) => server.received.push(textOf(data)))
      planned.after?.(webSocket)
    })
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  const { port } = http.address() as AddressInfo
  return Object.assign(server, {
    url: `ws://127.0.0.1:${port}/ws`,
    ticketUrl: `http://127.0.0.1:${port}/api/websocket/ticket`,
  })
}
