import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { auditLog, createWsticket, jwt, memoryStore, type Wsticket } from '@wsticket/server'
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
import { addDemoUsers } from '../auth/demo-users.js'
import { memoryAuthStore } from '../auth/memory-auth-store.js'
import { authRoutes } from '../auth/node-auth.js'
import { serveChat } from './chat-connection.js'
import { type Config, localOrigins } from './config.js'
import { listen } from './listen.js'
import { setCommonHeaders, staticPage } from './static-page.js'

const ISSUER = 'wsticket-example-chat'
const AUDIENCE = 'chat'
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
}

export interface ChatServer {
  /** To open in a browser. */
  readonly address: string
  /** Tells the sockets to come back later, finishes what is under way and stops. */
  close(): Promise<void>
}

/** Puts the chat together: auth service, tickets, agent and page on one port. */
export async function startChatServer(options: ChatServerOptions): Promise<ChatServer> {
  const { config, log } = options
  const onError = (error: unknown): void => log.error({ err: error }, 'failed')
  const agent = await buildAgent(options, onError)
  const page = await staticPage(options.page)
  const docs = apiDocs()
  let wsticket: Wsticket | undefined
  const auth = await AuthService.create({
    store: memoryAuthStore(),
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
  await addDemoUsers(auth)

  // The port comes first, because with PORT=0 nobody knows the own origin before. No request is read until
  // this function gives control back, and by then everything is in its place.
  const server = createServer(serverLimits)
  // Who asks for a file and does not read it is cut; `ws` lifts this from the sockets that it takes.
  server.setTimeout(STALLED_MS)
  const sockets = trackSockets(server)
  const port = await listen(server, config, onError)
  try {
    const origins = config.allowedOrigins ?? localOrigins(port)
    wsticket = createWsticket({
      store: memoryStore(),
      authenticate: jwt({ issuer: ISSUER, audience: AUDIENCE, publicKey: auth.publicKey }),
      origins,
      tickets: { ttlSeconds: config.ticketDefaultTtl, maxTtlSeconds: config.ticketMaxTtl },
      validate: config.mode === 'production' ? 'owner' : 'public',
    })
    auditLog(wsticket.events, log)
    followRevocations(wsticket, auth, onError)
    const answerAuth = authRoutes(auth, { origins, onError })
    const answerRest = ticketRoutes(wsticket, { also: [docs], otherwise: page })
    server.on('request', (request, response) => {
      setCommonHeaders(request, response)
      if (!answerAuth(request, response)) answerRest(request, response)
    })
    admitUpgrades(server, wsticket, { path: '/ws' }, (socket, session) =>
      serveChat(socket, session, { agent, onError }),
    )
  } catch (error) {
    // A port that is open and answers nothing would keep the process alive, and its callers waiting.
    await close(server, sockets, wsticket)
    throw error
  }
  const address = `http://${shownHost(config.host)}:${port}`
  // The address itself is printed once, for people, by whoever started this.
  log.info({ event: 'started', port, agent: agent.name, mode: config.mode }, 'started')
  return { address, close: () => close(server, sockets, wsticket) }
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

// A logout is one for both, from this side too: without the refresh tokens nobody comes back.
function followRevocations(wsticket: Wsticket, auth: AuthService, onError: (error: unknown) => void): void {
  wsticket.events.on('login.revoked', ({ subject, login }) => {
    auth.followRevocation({ subject, login }).catch(onError)
  })
  wsticket.events.on('subject.revoked', ({ subject }) => {
    auth.followRevocation({ subject }).catch(onError)
  })
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
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, CLOSE_MS)
  await wsticket?.close()
  server.closeIdleConnections()
  await closed
  clearTimeout(cut)
}

// What people type into a browser: a server that listens everywhere listens on localhost too.
function shownHost(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
