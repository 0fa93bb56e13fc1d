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

const frame = ({ calls, ms }: Bounds): string => `
import { WebSocket as Ws } from 'ws'
let calls = 0
let unhandled = 0
const told = []
const tell = () => {
  process.stdout.write(JSON.stringify({ calls, unhandled, told: [...new Set(told)] }), () => process.exit())
}
process.on('unhandledRejection', () => { unhandled += 1 })
const reject = async () => {
  calls += 1
  if (calls === 1) setTimeout(tell, ${ms})
  if (calls === ${calls}) setImmediate(tell)
  throw new Error('no ticket')
}
`

/** When enough is seen: it has asked so often, or so much time has passed since it first did. */
interface Bounds {
  readonly calls: number
  readonly ms: number
}

const NEVER_AGAIN: Bounds = { calls: 2, ms: 400 }
const AGAIN: Bounds = { calls: 3, ms: 10_000 }

/** Runs a script in a process of its own: an unhandled rejection would end this one. */
async function alone(script: string, bounds: Bounds): Promise<Seen> {
  const program = ['--input-type=module', '-e', frame(bounds) + script]
  const { stdout } = await promisify(execFile)(process.execPath, program, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  })
  return JSON.parse(stdout) as Seen
}

it.concurrent('partysocket tells it as an error and asks again, for ever', async () => {
  const seen = await alone(
    `
    import { WebSocket } from 'partysocket'
    const socket = new WebSocket('ws://127.0.0.1:1', reject, { WebSocket: Ws, minReconnectionDelay: 10 })
    socket.addEventListener('error', ({ message }) => told.push(message))
  `,
    AGAIN,
  )
  expect(seen).toEqual({ calls: 3, unhandled: 0, told: ['no ticket'] })
})

it.concurrent('reconnecting-websocket never asks again and tells nobody', async () => {
  const seen = await alone(
    `
    import ReconnectingWebSocket from 'reconnecting-websocket'
    const socket = new ReconnectingWebSocket(reject, [], { WebSocket: Ws, minReconnectionDelay: 10 })
    for (const type of ['error', 'close']) socket.addEventListener(type, () => told.push(type))
  `,
    NEVER_AGAIN,
  )
  expect(seen).toEqual({ calls: 1, unhandled: 1, told: [] })
})

it.concurrent('graphql-ws never asks again and leaves its subscriptions hanging', async () => {
  const seen = await alone(
    `
    import { createClient } from 'graphql-ws'
    const client = createClient({
      url: reject, webSocketImpl: Ws, shouldRetry: () => true, retryWait: async () => {},
    })
    client.subscribe({ query: '{ me }' }, { next() {}, error: () => told.push('sink'), complete: () => told.push('complete') })
    client.on('error', () => told.push('error'))
  `,
    NEVER_AGAIN,
  )
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
  const [asItComes, impatient] = await Promise.all([
    alone(script(45_000), NEVER_AGAIN),
    alone(script(50), AGAIN),
  ])
  expect(asItComes).toEqual({ calls: 1, unhandled: 1, told: [] })
  expect(impatient.calls).toBe(3)
})
