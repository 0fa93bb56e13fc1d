import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { type Cause, TicketSocket } from '@wsticket/client'
import { diagnosis } from '@wsticket/client/diagnosis'
import { createWsticket, jwt, memoryStore, type TicketStore, WsticketError } from '@wsticket/server'
import { ticketRoutes } from '@wsticket/server/node-http'
import { admitUpgrades } from '@wsticket/server/ws'
import { SignJWT } from 'jose'
import type { Browser } from 'playwright'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { launchChromium, launchFirefox } from '../test/browsers.js'
import { afterAllTests, afterThisTest } from '../test/cleanups.js'
import { type Listening, listen } from '../test/listen.js'
import { bundle } from './client/bundle.js'

const ISSUER = 'https://id.example'
const AUDIENCE = 'chat'
const secret = randomBytes(32).toString('base64url')
const eventually = { timeout: 15_000 }

/** A node as it stands in production: only its owner learns what became of a ticket. */
async function aNode({
  origins = [],
  store = memoryStore(),
}: {
  readonly origins?: readonly string[]
  readonly store?: TicketStore
} = {}): Promise<Listening & { readonly server: Server }> {
  const wsticket = createWsticket({
    store,
    authenticate: jwt({ secret, issuer: ISSUER, audience: AUDIENCE }),
    origins,
    validate: 'owner',
  })
  afterThisTest(() => wsticket.close())
  const server = createServer(ticketRoutes(wsticket))
  admitUpgrades(server, wsticket, { path: '/ws' }, () => {})
  return { ...(await listen(server)), server }
}

/** A proxy that lets HTTP through and does something else with upgrades. */
async function aProxy(
  port: number,
  upgrade: (client: Socket, onward: Socket, head: Buffer) => void,
): Promise<Listening> {
  const server = createTcpServer((client) => {
    client.on('error', () => client.destroy())
    client.once('data', (head) => {
      const onward = connect(port, '127.0.0.1')
      onward.on('error', () => client.destroy()).on('close', () => client.destroy())
      client.on('close', () => onward.destroy())
      if (/^upgrade: websocket/im.test(head.toString('latin1'))) {
        upgrade(client, onward, head)
      } else {
        onward.write(head)
        client.pipe(onward).pipe(client)
      }
    })
  })
  return await listen(server)
}

const aJwt = (): Promise<string> =>
  new SignJWT({ permissions: [], sid: 'login' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject('ada')
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(secret))

/** What a client behind this address is told of its waits. */
function causesOf(at: Listening): Cause[] {
  const causes: Cause[] = []
  const socket = new TicketSocket(`${at.ws}/ws`, {
    tickets: { url: `${at.http}/api/websocket/ticket`, credential: aJwt },
    WebSocket,
    random: () => 0.999,
    diagnose: diagnosis(),
  })
  onTestFinished(() => socket.close())
  socket.addEventListener('statechange', ({ to, cause }) => {
    if (to.name === 'waiting') causes.push(cause)
  })
  return causes
}

describe('A client behind a bare 1006 learns', () => {
  it('that a proxy does not let upgrades through', async () => {
    const node = await aNode()
    const proxy = await aProxy(node.port, (client) => {
      client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    })
    const causes = causesOf(proxy)
    await expect.poll(() => causes.map(({ code }) => code), eventually).toContain('websocket_blocked')
    expect(causes[0]?.code).toBe('connection_failed')
  })

  it('that the server admitted it and the answer got lost', async () => {
    const node = await aNode()
    const proxy = await aProxy(node.port, (client, onward, head) => {
      onward.write(head)
      onward.once('data', () => client.destroy())
    })
    const causes = causesOf(proxy)
    await expect
      .poll(() => causes, eventually)
      .toContainEqual({ code: 'ticket_used', detail: expect.stringContaining('did not come back') })
  })

  it('that the server is gone', async () => {
    const node = await aNode()
    const causes = causesOf(node)
    node.server.close()
    node.server.closeAllConnections()
    await expect
      .poll(() => causes, eventually)
      .toContainEqual({ code: 'network_unreachable', detail: expect.stringContaining('does not answer') })
  })

  it('that the store is down, when the way back of refusals is cut', async () => {
    const memory = memoryStore()
    let down = false
    const store = new Proxy(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return async (...given: unknown[]) => {
          if (down) throw new WsticketError('store_unavailable', 'down for this test')
          return await Reflect.apply(value, target, given)
        }
      },
    })
    const node = await aNode({ store })
    const proxy = await aProxy(node.port, (client) => {
      down = true
      client.destroy()
    })
    const causes = causesOf(proxy)
    await expect
      .poll(() => causes, eventually)
      .toContainEqual(expect.objectContaining({ code: 'store_unavailable' }))
  })
})

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('A page in %s learns', (_name, launch) => {
  const cleanUp = afterAllTests()
  let browser: Browser
  let script: string

  beforeAll(async () => {
    ;[browser, script] = await Promise.all([
      launch(cleanUp),
      bundle(new URL('diagnosis/page.ts', import.meta.url)),
    ])
  })

  /** Opens the page from a server of its own, which gives it a policy; what comes is what it was told. */
  async function open(
    nodeFor: (origin: string) => Promise<Listening>,
    policyFor: (node: Listening) => string = () => '',
  ): Promise<() => Promise<typeof globalThis.told>> {
    let policy = ''
    const pages = await listen(
      createServer((request, response) => {
        const isScript = request.url === '/page.js'
        response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
        if (policy !== '') response.setHeader('content-security-policy', policy)
        response.end(
          isScript
            ? script
            : '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>',
        )
      }),
    )
    const node = await nodeFor(pages.http)
    policy = policyFor(node)
    const page = await browser.newPage()
    afterThisTest(() => page.close())
    await page.goto(`${pages.http}/?at=127.0.0.1:${node.port}&jwt=${await aJwt()}`)
    await page.waitForFunction(() => 'told' in globalThis)
    return () => page.evaluate(() => told)
  }

  it('that the server does not know its origin', async () => {
    const told = await open(() => aNode())
    await expect
      .poll(told, eventually)
      .toContainEqual(
        expect.objectContaining({ code: 'network_unreachable', detail: expect.stringContaining('CORS') }),
      )
  })

  it('that its own policy forbids the WebSocket', async () => {
    const told = await open(
      (origin) => aNode({ origins: [origin] }),
      ({ http }) => `default-src 'self'; connect-src ${http}`,
    )
    await expect.poll(told, { timeout: 40_000 }).toContainEqual(
      expect.objectContaining({
        code: 'websocket_blocked',
        detail: expect.stringContaining('connect-src'),
        sentence: expect.stringContaining('blocks live connections'),
      }),
    )
  })
})
