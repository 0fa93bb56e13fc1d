import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { auditLog, createWsticket, isWsticketError, type PathwayMode, type Wsticket } from '@wsticket/server'
import { apiDocs } from '@wsticket/server/docs'
import { serverLimits, ticketRoutes } from '@wsticket/server/node-http'
import { admitUpgrades } from '@wsticket/server/ws'
import type { Logger } from 'pino'
import { type Agent, createAgent } from '../agent/agent.js'
import { createLibrary, readDocuments } from '../agent/library.js'
import { modelBrain } from '../agent/model-brain.js'
import { plannedBrain } from '../agent/planned-brain.js'
import { createToolbox } from '../agent/tools.js'
import { type AuthEvent, AuthService } from '../auth/auth-service.js'
import { authRoutes } from '../auth/node-auth.js'
import { ownTokens } from '../auth/own-tokens.js'
import type { PasswordHasher } from '../auth/passwords.js'
import { serveChat, WRITE_PERMISSION } from './chat-connection.js'
import { addressFinder } from './client-address.js'
import { type Config, type LegacyPathway, localOrigins } from './config.js'
import { listen } from './listen.js'
import { setCommonHeaders, staticPage } from './static-page.js'
import { openStores, type Stores } from './stores.js'

const ISSUER = 'wsticket-example-chat'
const AUDIENCE = 'chat'
const SOCKET_PATH = '/ws'
// Without a byte in either direction for so long, nobody is there.
const STALLED_MS = 60_000
// Sockets were told to go; who has not gone by then is cut off.
const CLOSE_MS = 5000

export interface ChatServerOptions {
  readonly config: Config
  /** Folder of the documents that the agent searches. */
  readonly documents: string
  /** Folder of the built page. */
  readonly page: string
  readonly log: Logger
  /** How long Redis is waited for. @default 10 seconds */
  readonly redisStartMs?: number | undefined
  /** @default one that takes its time, as it must */
  readonly hasher?: PasswordHasher | undefined
}

export interface ChatServer {
  /** To open in a browser. */
  readonly address: string
  /** Tells the sockets to come back later, finishes what is under way and stops. */
  close(): Promise<void>
}

/** Puts the chat together: auth service, tickets, agent and page on one port. */
export async function startChatServer(options: ChatServerOptions): Promise<ChatServer> {
  const { config, log, redisStartMs } = options
  const onError = (error: unknown): void => logFailure(log, error)
  const agent = await buildAgent(options, onError)
  const page = await staticPage(options.page)
  const stores = await openStores(config, { log, startMs: redisStartMs })
  try {
    return await serve(options, { agent, page, stores, onError })
  } catch (error) {
    await stores.close()
    throw error
  }
}

async function serve(
  { config, log, hasher }: ChatServerOptions,
  parts: {
    readonly agent: Agent
    readonly page: RequestListener
    readonly stores: Stores
    readonly onError: (error: unknown) => void
  },
): Promise<ChatServer> {
  const { agent, page, stores, onError } = parts
  const { publicOrigin, trustedProxies, nodeName } = config
  let wsticket: Wsticket | undefined
  const auth = await AuthService.create({
    store: stores.auth,
    limits: stores.limits,
    ...(hasher && { hasher }),
    issuer: ISSUER,
    audience: AUDIENCE,
    tokenSeconds: config.tokenTtl,
    // A logout is one for both: here the refresh tokens end, there tickets and sockets.
    onLogout: async (target) => {
      await wsticket?.revoke(target)
    },
    onError,
    onEvent: (event) => logAuthEvent(log, event),
  })
  await stores.keepUp(auth, onError)

  // The port comes first, because with PORT=0 nobody knows the own origin before. No request is read until everything
  // is in its place; who asks for a socket then waits until revocations are heard.
  const server = createServer(serverLimits)
  // Who asks for a file and does not read it is cut; `ws` lifts this from the sockets that it takes.
  server.setTimeout(STALLED_MS)
  const sockets = trackSockets(server)
  const port = await listen(server, config, onError)
  try {
    const origins =
      config.allowedOrigins ?? (publicOrigin === undefined ? localOrigins(port) : [publicOrigin])
    wsticket = createWsticket({
      store: stores.tickets,
      authenticate: ownTokens(auth, AUDIENCE),
      origins,
      trustedProxies,
      ...(publicOrigin !== undefined && {
        publicUrl: `${publicOrigin.replace(/^http/, 'ws')}${SOCKET_PATH}`,
      }),
      pathways: {
        jwtSubprotocol: legacyMode('jwt_subprotocol', config),
        anonymous: { mode: legacyMode('anonymous', config), permissions: [WRITE_PERMISSION] },
      },
      tickets: { ttlSeconds: config.ticketDefaultTtl, maxTtlSeconds: config.ticketMaxTtl },
      validate: config.mode === 'production' ? 'owner' : 'public',
    })
    auditLog(wsticket.events, log)
    followRevocations(wsticket, auth, onError)
    const answerAuth = authRoutes(auth, { origins, onError, addressOf: addressFinder(trustedProxies) })
    const answerRest = ticketRoutes(wsticket, { also: [apiDocs()], otherwise: page })
    server.on('request', (request, response) => {
      setCommonHeaders(request, response)
      if (!answerAuth(request, response)) answerRest(request, response)
    })
    admitUpgrades(server, wsticket, { path: SOCKET_PATH }, (socket, session) =>
      serveChat(socket, session, { agent, onError, node: nodeName }),
    )
    await wsticket.ready()
  } catch (error) {
    // A port that is open and answers nothing would keep the process alive, and its callers waiting.
    await close(server, sockets, wsticket)
    throw error
  }
  const address = `http://${shownHost(config.host)}:${port}`
  // The address itself is printed once, for people, by whoever started this.
  log.info({ event: 'started', port, agent: agent.name, mode: config.mode }, 'started')
  return {
    address,
    close: async () => {
      await close(server, sockets, wsticket)
      await stores.close()
    },
  }
}

async function buildAgent(options: ChatServerOptions, onError: (error: unknown) => void): Promise<Agent> {
  const { config, documents, log } = options
  const library = createLibrary(await readDocuments(documents))
  log.info({ event: 'documents.read', passages: library.passages }, 'documents.read')
  const toolbox = createToolbox({ library })
  const { model } = config
  const brain = model === undefined ? plannedBrain({ toolbox }) : modelBrain({ endpoint: model, toolbox })
  return createAgent({ brain, onError })
}

// Each use is told in the log: a legacy pathway is there to be left.
function legacyMode(pathway: LegacyPathway, { legacyPathways }: Config): PathwayMode {
  return legacyPathways.includes(pathway) ? 'warn' : 'off'
}

// A logout is one for both, from this side too: without the refresh tokens nobody comes back.
function followRevocations(wsticket: Wsticket, auth: AuthService, onError: (error: unknown) => void): void {
  wsticket.events.on('login.revoked', ({ subject, login }) => {
    auth.followRevocation({ subject, login }).catch(onError)
  })
  wsticket.events.on('subject.revoked', ({ subject }) => {
    auth.followRevocation({ subject }).catch(onError)
  })
}

// What is away is told in a line; the rest is a defect, and wants its stack.
function logFailure(log: Logger, error: unknown): void {
  if (!isWsticketError(error)) log.error({ err: error }, 'failed')
  else log.warn({ event: 'dependency.failed', code: error.code, reason: error.message }, 'dependency.failed')
}

function logAuthEvent(log: Logger, { name, ...fields }: AuthEvent): void {
  const level = fields.code !== undefined || name === 'refresh.reused' ? 'warn' : 'info'
  log[level]({ event: name, ...fields }, name)
}

// The server itself loses sight of a socket once it was upgraded.
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return sockets
}

async function close(
  server: Server,
  sockets: ReadonlySet<Socket>,
  wsticket: Wsticket | undefined,
): Promise<void> {
  // HTTP goes on meanwhile: who is told to come back fetches a ticket, and may do so here.
  await wsticket?.close()
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, CLOSE_MS)
  server.closeIdleConnections()
  await closed
  clearTimeout(cut)
}

// What people type into a browser: a server that listens everywhere listens on localhost too.
function shownHost(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
