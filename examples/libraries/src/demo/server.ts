import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  type Authenticate,
  createWsticket,
  memoryStore,
  type Wsticket,
  type WsticketOptions,
} from '@wsticket/server'
import { ticketRoutes } from '@wsticket/server/node-http'

/** The server's side of an example. */
export interface Service {
  /** Names that tickets are issued for, where no adapter makes its path known. */
  readonly audiences?: readonly string[]
  /** Adds the example to the server; what it returns answers requests that are none of the ticket routes'. */
  attach(parts: {
    readonly server: Server
    readonly wsticket: Wsticket
    readonly origins: readonly string[]
  }): ((request: IncomingMessage, response: ServerResponse) => Promise<boolean>) | undefined
}

/** What a server saw, through all its restarts. */
export interface Journal {
  /** The refs of the tickets that were presented, redeemed or refused. */
  readonly presented: (string | undefined)[]
  /** Requests for tickets, answered or not. */
  asked: number
  /** The targets of everything that was requested. */
  readonly targets: string[]
}

/** A server of the demonstration, and of the tests. */
export interface DemoServer {
  readonly wsticket: Wsticket
  readonly port: number
  /** Its address, which is the origin of its pages, too. */
  readonly http: string
  readonly ws: string
  /** While it is true, the ticket route answers 503, as a load balancer does whose backends are gone. */
  outage: boolean
  /** Cuts what is open, as networks do. */
  cut(): void
  /** Ends, as a crash does. */
  kill(): Promise<void>
}

/** Starts a server for an example, on a free port or where one was before. */
export async function startDemoServer(
  service: Service,
  {
    port = 0,
    journal = newJournal(),
    page,
    ...options
  }: {
    readonly port?: number
    readonly journal?: Journal
    /** A script that is run by the page at `/`. */
    readonly page?: string | undefined
    readonly sessions?: WsticketOptions['sessions']
    /** @default one in memory */
    readonly store?: WsticketOptions['store']
  } = {},
): Promise<DemoServer> {
  const server = createServer()
  const everything = new Set<Socket>()
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    everything.add(socket)
    socket.once('close', () => {
      everything.delete(socket)
      open.delete(socket)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The server has no port')
  const at = `127.0.0.1:${address.port}`
  const http = `http://${at}`

  const wsticket = createWsticket({
    store: memoryStore(),
    authenticate,
    origins: [http],
    audiences: service.audiences ?? [],
    ...options,
  })
  wsticket.events.on('ticket.redeemed', ({ ref }) => journal.presented.push(ref))
  wsticket.events.on('redeem.refused', ({ ref }) => journal.presented.push(ref))

  const otherwise = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/' && page !== undefined) sendPage(response)
    else if (request.url === '/page.js' && page !== undefined) sendScript(response, page)
    else if (!(await answer?.(request, response))) response.writeHead(404).end()
  }
  const routes = ticketRoutes(wsticket, { otherwise })
  const demo = {
    wsticket,
    port: address.port,
    http,
    ws: `ws://${at}`,
    outage: false,
    cut: () => {
      for (const socket of open) socket.destroy()
    },
    kill: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of everything) socket.destroy()
      await closed
      await wsticket.close()
    },
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (demo.outage && isTicketRequest(request)) response.writeHead(503).end('no backend')
    else routes(request, response)
  })
  const answer = service.attach({ server, wsticket, origins: [http] })
  const seen = (request: IncomingMessage): void => {
    journal.targets.push(request.url ?? '')
    if (isTicketRequest(request)) journal.asked += 1
    else open.add(request.socket)
  }
  // Socket.IO keeps its requests from listeners that were there before it.
  server.prependListener('request', seen)
  server.prependListener('upgrade', seen)
  await wsticket.ready()
  return demo
}

function isTicketRequest({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && url === '/api/websocket/ticket'
}

/** A journal with nothing in it. */
export function newJournal(): Journal {
  return { presented: [], asked: 0, targets: [] }
}

/**
 * Whoever says `demo.<user>.<login>` is that user. Anything but a demonstration verifies a JWT here: see `jwt()`.
 */
const authenticate: Authenticate = async ({ bearer }) => {
  const [, subject, login] = /^demo\.(\w+)\.(\w+)$/.exec(bearer ?? '') ?? []
  return subject === undefined || login === undefined
    ? undefined
    : { subject, login, permissions: ['read', 'write'], claims: {} }
}

function sendPage(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(
    '<!doctype html><html lang="en"><title>wsticket</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script></html>',
  )
}

function sendScript(response: ServerResponse, script: string): void {
  response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script)
}
