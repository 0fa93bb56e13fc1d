import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, it } from 'vitest'
import { adapterCases } from '../conformance/adapter-cases.js'
import type { AdapterHarness } from '../conformance/adapter-harness.js'
import { manualClock } from '../conformance/manual-clock.js'
import { memoryStore } from '../stores/memory.js'
import { createWsticket } from '../wsticket.js'
import { admitUpgrades } from './ws.js'

const ORIGIN = 'https://app.example.com'

const harness: AdapterHarness = async (application) => {
  const clock = manualClock()
  const wsticket = createWsticket({
    store: memoryStore({ clock }),
    clock,
    ...application.options,
    origins: [ORIGIN],
  })
  const server = createServer()
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  for (const path of application.paths) {
    const options = {
      path,
      selectProtocol: application.selectProtocol,
      ws: {
        verifyClient: ({ req }: { req: IncomingMessage }): boolean => {
          application.sawRequest(JSON.stringify([req.url, req.headers, req.rawHeaders, req.headersDistinct]))
          return true
        },
      },
    }
    admitUpgrades(server, wsticket, options, (socket, session) =>
      application.connected(
        {
          send: (text) => socket.send(text),
          onMessage: (listener) => socket.on('message', (data) => listener(String(data))),
        },
        session,
      ),
    )
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    wsticket,
    host: `127.0.0.1:${port}`,
    connect: () => connect(port, '127.0.0.1'),
    origin: ORIGIN,
    advance: (ms) => clock.run(ms),
    now: () => clock.now(),
    close: async () => {
      await wsticket.close()
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

describe('the ws adapter', () => {
  it.each(adapterCases.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run(harness))
})
