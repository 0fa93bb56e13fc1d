import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

// What each library does by itself when a function that it asks for an address, protocols or a payload rejects, as
// `tickets.protocols()` does while the ticket route is away. The examples are as they are because of this.

interface Seen {
  /** How often it asked. */
  readonly calls: number
  readonly unhandled: number
  readonly told: readonly string[]
}

const FRAME = `
import { WebSocket as Ws } from 'ws'
let calls = 0
let unhandled = 0
const told = []
process.on('unhandledRejection', () => { unhandled += 1 })
const reject = async () => { calls += 1; throw new Error('no ticket') }
setTimeout(() => {
  console.log(JSON.stringify({ calls, unhandled, told: [...new Set(told)] }))
  process.exit()
}, 400)
`

/** Runs a script in a process of its own: an unhandled rejection would end this one. */
async function alone(script: string): Promise<Seen> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', FRAME + script],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    },
  )
  return JSON.parse(stdout) as Seen
}

it.concurrent('partysocket tells it as an error and asks again, for ever', async () => {
  const seen = await alone(`
    import { WebSocket } from 'partysocket'
    const socket = new WebSocket('ws://127.0.0.1:1', reject, { WebSocket: Ws, minReconnectionDelay: 10 })
    socket.addEventListener('error', ({ message }) => told.push(message))
  `)
  expect(seen).toEqual({ calls: expect.any(Number), unhandled: 0, told: ['no ticket'] })
  expect(seen.calls).toBeGreaterThan(2)
})

it.concurrent('reconnecting-websocket never asks again and tells nobody', async () => {
  const seen = await alone(`
    import ReconnectingWebSocket from 'reconnecting-websocket'
    const socket = new ReconnectingWebSocket(reject, [], { WebSocket: Ws, minReconnectionDelay: 10 })
    for (const type of ['error', 'close']) socket.addEventListener(type, () => told.push(type))
  `)
  expect(seen).toEqual({ calls: 1, unhandled: 1, told: [] })
})

it.concurrent('graphql-ws never asks again and leaves its subscriptions hanging', async () => {
  const seen = await alone(`
    import { createClient } from 'graphql-ws'
    const client = createClient({
      url: reject, webSocketImpl: Ws, shouldRetry: () => true, retryWait: async () => {},
    })
    client.subscribe({ query: '{ me }' }, { next() {}, error: () => told.push('sink'), complete: () => told.push('complete') })
    client.on('error', () => told.push('error'))
  `)
  expect(seen).toEqual({ calls: 1, unhandled: 1, told: [] })
})

it.concurrent('Socket.IO hangs until its server loses patience, by default after 45 seconds', async () => {
  const script = (connectTimeout: number): string => `
    import { createServer } from 'node:http'
    import { Server } from 'socket.io'
    import { io } from 'socket.io-client'
    const server = createServer()
    new Server(server, { connectTimeout: ${connectTimeout} })
    server.listen(0, '127.0.0.1', () => {
      const socket = io('http://127.0.0.1:' + server.address().port, {
        reconnectionDelay: 10,
        auth: async (give) => give({ ticket: await reject() }),
      })
      for (const type of ['connect_error', 'disconnect']) socket.on(type, () => told.push(type))
    })
  `
  const [asItComes, impatient] = await Promise.all([alone(script(45_000)), alone(script(50))])
  expect(asItComes).toEqual({ calls: 1, unhandled: 1, told: [] })
  expect(impatient.calls).toBeGreaterThan(1)
})
