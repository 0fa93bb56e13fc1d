import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createWsticket, jwt, memoryStore, type Wsticket } from '@wsticket/server'
import { ticketRoutes } from '@wsticket/server/node-http'
import { admitUpgrades } from '@wsticket/server/ws'
import { SignJWT } from 'jose'
import type { WebSocket } from 'ws'
import type { CleanupList } from '../../test/cleanups.js'
import { listen } from '../../test/listen.js'

const ISSUER = 'https://id.example'
const AUDIENCE = 'scene'
const TOKEN_SECONDS = 900

/** What the server saw of one user. */
export interface Seen {
  issued: number
  redeemed: number
  readonly received: string[]
  readonly open: Set<WebSocket>
}

/** A wsticket server with the page of the scene on it. */
export interface Rig {
  readonly origin: string
  readonly ws: string
  /** Everybody's refusals and reuses: there must be none. */
  readonly complaints: string[]
  seen(user: string): Seen
  revoke(user: string): Promise<void>
}

/** Starts one on a free port; `pages` are documents by their paths. */
export async function aRig(
  cleanUp: CleanupList,
  pages: Readonly<Record<string, readonly [type: string, body: string]>>,
): Promise<Rig> {
  const secret = randomBytes(32).toString('base64url')
  const users = new Map<string, Seen>()
  const seen = (user: string): Seen => {
    const known = users.get(user) ?? { issued: 0, redeemed: 0, received: [], open: new Set() }
    users.set(user, known)
    return known
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page.example')
    if (pathname === '/token') {
      response.setHeader('cache-control', 'no-store')
      response.end(await sign(secret, searchParams.get('user') ?? 'nobody'))
      return
    }
    const [type, body] = pages[pathname] ?? []
    if (type === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  }
  const otherwise = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => response.destroy(Error(String(error))))
  }

  const server = createServer()
  const { http: origin, ws } = await listen(server, cleanUp)
  const wsticket: Wsticket = createWsticket({
    store: memoryStore(),
    authenticate: jwt({ secret, issuer: ISSUER, audience: AUDIENCE }),
    origins: [origin],
  })
  cleanUp(() => wsticket.close())
  const complaints: string[] = []
  const { events } = wsticket
  events.on('ticket.issued', ({ subject }) => seen(subject).issued++)
  events.on('ticket.redeemed', ({ subject }) => seen(subject).redeemed++)
  events.on('ticket.reused', () => complaints.push('reused'))
  events.on('redeem.refused', ({ code }) => complaints.push(code))
  events.on('request.refused', ({ code }) => complaints.push(code))
  server.on('request', ticketRoutes(wsticket, { otherwise }))
  admitUpgrades(server, wsticket, { path: '/ws' }, (socket, { principal: { subject } }) => {
    const { open, received } = seen(subject)
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('message', (data) => Buffer.isBuffer(data) && received.push(data.toString()))
  })
  return {
    origin,
    ws,
    complaints,
    seen,
    revoke: async (user) => {
      await wsticket.revoke({ subject: user, issuer: ISSUER })
    },
  }
}

async function sign(secret: string, user: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return await new SignJWT({ permissions: [], sid: `login-of-${user}` })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(user)
    .setIssuedAt(now)
    .setExpirationTime(now + TOKEN_SECONDS)
    .sign(new TextEncoder().encode(secret))
}
