/**
 * One node of `npm run bench:logout`: a server on Redis, as a user would write it. Its parent tells it by environment where
 * Redis is, and hears by messages where it listens and how many messages came in after a session was over.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createWsticket, jwt } from '@wsticket/server'
import { serverLimits, ticketRoutes } from '@wsticket/server/node-http'
import { redisStore } from '@wsticket/server/redis'
import { admitUpgrades } from '@wsticket/server/ws'
import { Redis } from 'ioredis'

const { REDIS_PORT = '', JWT_SECRET = '' } = process.env
const SEND_EVERY_MS = 20

const client = new Redis({ port: Number(REDIS_PORT), host: '127.0.0.1', retryStrategy: () => 50 })
const wsticket = createWsticket({
  store: redisStore(client),
  authenticate: jwt({ secret: JWT_SECRET, issuer: 'bench', audience: 'bench' }),
  origins: ['http://bench.example'],
  limits: { issuePerUser: false, issuePerAddress: false, socketsPerAddress: 1_000_000 },
  sessions: { drainSeconds: 0 },
})
await wsticket.ready()

let lateMessages = 0
const server = createServer(serverLimits, ticketRoutes(wsticket))
admitUpgrades(server, wsticket, { path: '/ws' }, (socket, session) => {
  // An application that is always about to say something.
  const timer = setInterval(() => socket.send('tick'), SEND_EVERY_MS)
  session.signal.addEventListener('abort', () => clearInterval(timer))
  socket.on('message', () => {
    if (session.signal.aborted) lateMessages += 1
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
process.on('message', () => process.send?.({ lateMessages }))
process.on('disconnect', () => process.exit())
