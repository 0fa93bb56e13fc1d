/**
 * A server as a user would write it, in a process of its own that may be killed at any time. It echoes what it hears, and
 * writes it down first: what was echoed is in the journal, however the process ends.
 */
import { once } from 'node:events'
import { openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { createWsticket, jwt, memoryStore } from '@wsticket/server'
import { serverLimits, ticketRoutes } from '@wsticket/server/node-http'
import { redisStore } from '@wsticket/server/redis'
import { admitUpgrades } from '@wsticket/server/ws'

const { PORT, ORIGIN = '', JWT_SECRET, JWT_ISSUER = '', JWT_AUDIENCE = '' } = process.env
const { REDIS_PORT, JOURNAL = '' } = process.env
const journal = openSync(JOURNAL, 'a')

/** @param {Record<string, unknown>} line */
function write(line) {
  writeSync(journal, `${JSON.stringify({ at: Date.now(), pid: process.pid, ...line })}\n`)
}

/** @returns {Promise<import('@wsticket/server').TicketStore>} */
async function store() {
  if (REDIS_PORT === undefined) return memoryStore()
  // Only then: a process that is restarted a hundred times loads nothing that it does not need.
  const { Redis } = await import('ioredis')
  const client = new Redis({ port: Number(REDIS_PORT), host: '127.0.0.1', retryStrategy: () => 50 })
  // It says so each time that it cannot connect; the store tells that itself.
  client.on('error', () => undefined)
  return redisStore(client)
}

const wsticket = createWsticket({
  store: await store(),
  authenticate: jwt({ secret: JWT_SECRET, issuer: JWT_ISSUER, audience: JWT_AUDIENCE }),
  origins: [ORIGIN],
  // All of them come from one address, and over and over again.
  limits: { issuePerUser: false, issuePerAddress: false },
  sessions: { drainSeconds: 0 },
  // Everything has one clock here: what ends, ends on the second.
  skewSeconds: 0,
})
wsticket.events.onAny((type, event) => write({ ...event, type }))
await wsticket.ready()

const server = createServer(serverLimits, ticketRoutes(wsticket))
admitUpgrades(server, wsticket, { path: '/ws' }, (socket, session) => {
  socket.on('message', (data) => {
    if (!Buffer.isBuffer(data))
      throw new TypeError('ws hands over one Buffer, unless its binaryType is changed')
    /** @type {unknown} */
    const spoken = JSON.parse(data.toString())
    write({ type: 'message', ref: session.ref, subject: session.principal.subject, spoken })
    socket.send(JSON.stringify(spoken))
  })
})
server.listen(Number(PORT), '127.0.0.1')
await once(server, 'listening')
write({ type: 'listening' })
process.send?.({ listening: true })

process.once('SIGTERM', () => {
  wsticket.close().then(
    () => process.exit(),
    () => process.exit(1),
  )
})
process.once('disconnect', () => process.exit())
