import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { UpgradeRequest } from '../admission/upgrade.js'
import { memoryStore } from '../stores/memory.js'
import { createWsticket } from '../wsticket.js'
import { adapterCases } from './adapter-cases.js'
import type { AdapterHarness } from './adapter-harness.js'
import { manualClock } from './manual-clock.js'

/** An adapter as one writes it in an hour: it admits by ticket, and breaks most of the other sentences. */
const naive: AdapterHarness = async (application) => {
  const clock = manualClock()
  const origin = 'https://app.example.com'
  const wsticket = createWsticket({
    store: memoryStore({ clock }),
    clock,
    ...application.options,
    origins: [origin],
    audiences: [...application.paths],
  })
  const server: Server = createServer()
  const sockets = new Set<Socket>()
  const webSockets = new WebSocketServer({ noServer: true })
  server.on('connection', (socket) => sockets.add(socket))
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    const { method = 'GET', url: target = '/' } = request
    const headers: UpgradeRequest['headers'] = (name) => [request.headers[name] ?? []].flat()
    const asked = { method, target, headers, peer: '127.0.0.1', secure: false, headerBytes: 0 }
    void wsticket.binding.desk.admit(asked, '/ws').then((decision) => {
      application.sawRequest(`${target} ${JSON.stringify(request.headers)}`)
      if (!decision.ok) return socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nno')
      webSockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
        decision.hold({
          close: (code, reason) => webSocket.close(code, reason),
          terminate: () => webSocket.terminate(),
          ping: () => webSocket.ping(),
        })
        const onMessage = (listener: (text: string) => void): void => {
          webSocket.on('message', (data) => listener(String(data)))
        }
        void application.connected({ send: (text) => webSocket.send(text), onMessage }, decision.session)
      })
      return undefined
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    wsticket,
    host: `127.0.0.1:${port}`,
    connect: () => connect(port, '127.0.0.1'),
    origin,
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

// What a naive adapter never does is waited for.
const PATIENCE_MS = 30_000

async function run(name: string): Promise<void> {
  const found = adapterCases.find((of) => of.name === name)
  if (found === undefined) throw new Error(`There is no case "${name}"`)
  await found.run(naive)
}

describe('the conformance suite for adapters', () => {
  it.each([
    'a ticket by subprotocol is admitted, with its principal',
    'messages arrive in order, both ways',
    'a revoked session is closed with 3003 and its reason',
  ])('lets a naive adapter pass: %s', async (name) => {
    await run(name)
  })

  it.each([
    'a ticket is never echoed, nor shown to the application',
    'the application’s own subprotocol is selected',
    'nothing is selected where nothing was offered',
    'a refusal is an HTTP status with a problem document',
    'a refusal over wsticket.refused is a close frame and not one other byte',
    'an upgrade by JWT is admitted where that is open, and its JWT is neither selected nor shown to the application',
    'a JWT beside a ticket is not shown either',
    'a foreign Origin is 403 over HTTP, and does not burn the ticket',
    'a path of nobody is 404',
    'a ticket is for its own route only, and another one does not burn it',
    'after a close nothing more reaches the application',
    'a node that closes says 1012 to every socket',
    'of 200 upgrades at once with one ticket exactly one is admitted',
  ])(
    'finds out a naive adapter: %s',
    async (name) => {
      await expect(run(name)).rejects.toBeInstanceOf(Error)
    },
    PATIENCE_MS,
  )

  it('has a name of its own for each case', () => {
    const names = adapterCases.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(30)
  })
})
