import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { afterThisTest } from '../../../test/cleanups.js'
import { listen } from '../../../test/listen.js'
import { selfSigned } from '../../../test/self-signed.js'
import { dial } from '../../../test/socket-probe.js'
import { temporaryFolder, writeFiles } from '../../../test/temporary-folder.js'
import { takeAddress } from './address.mjs'
import { type Balancer, readStandings, startBalancer } from './balancer.mjs'
import { haproxyConfig } from './haproxy-config.mjs'

const HAPROXY = process.env.HAPROXY_PATH ?? '/usr/sbin/haproxy'
const SLOW_MS = 20_000
const TICKET = `wst1_${'aB3_'.repeat(14)}`

interface TestNode {
  readonly name: string
  port: number
  ready: boolean
  close: () => void
}

/** A node that says its name and the headers that it got, and is ready unless the test says otherwise. */
async function makeNode(name: string): Promise<TestNode> {
  const node: TestNode = { name, port: 0, ready: true, close: () => undefined }
  const answer: RequestListener = (asked, response) => {
    if (asked.url === '/readyz') response.writeHead(node.ready ? 200 : 503).end()
    else response.end(JSON.stringify({ name, headers: asked.headers, url: asked.url }))
  }
  const server = createServer(answer)
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.send(name)
    socket.on('message', (data) => socket.send(String(data)))
  })
  node.port = (await listen(server)).port
  node.close = () => {
    server.close()
    server.closeAllConnections()
  }
  return node
}

async function makeWorld(): Promise<{
  balancer: Balancer
  port: number
  nodes: TestNode[]
  log: string[]
}> {
  const folder = await temporaryFolder()
  const nodes = [await makeNode('node-1'), await makeNode('node-2')]
  const controlSocket = join(folder, 'control.sock')
  const control = createServer((_request, response) => void response.end('"control"'))
  await once(control.listen(controlSocket), 'listening')
  afterThisTest(() => {
    control.closeAllConnections()
    control.close()
  })
  const address = await takeAddress({ host: '127.0.0.1', port: 0 })
  const log: string[] = []
  const say = (line: string): void => void log.push(line)
  const balancer = await startBalancer(HAPROXY, { folder, address, nodes, controlSocket, log: true, say })
  afterThisTest(() => balancer.stop())
  return { balancer, port: address.port, nodes, log }
}

interface Seen {
  readonly name: string
  readonly headers: Record<string, string>
}

async function ask(port: number, path: string, headers: Record<string, string> = {}): Promise<Seen> {
  const asked = request({ port, path, headers, agent: false })
  asked.end()
  const [response]: IncomingMessage[] = await once(asked, 'response')
  let text = ''
  for await (const piece of response?.setEncoding('utf8') ?? []) text += String(piece)
  return JSON.parse(text)
}

describe('haproxyConfig', () => {
  const plan = {
    address: { host: '127.0.0.1', port: 8080 },
    nodes: [{ name: 'node-1', port: 20_001 }],
    controlSocket: '/tmp/control.sock',
    statsSocket: '/tmp/haproxy.sock',
    log: false,
  }

  it.each([
    ['as it is', plan],
    ['with a log', { ...plan, log: true }],
    ['by name', { ...plan, address: { host: 'localhost', port: 8080 } }],
    ['of IPv6', { ...plan, address: { host: '::1', port: 8080 } }],
    ['everywhere', { ...plan, address: { host: '0.0.0.0', port: 8080 } }],
  ])('is one that HAProxy takes without a warning, %s', async (_how, each) => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'haproxy.cfg': haproxyConfig(each) })
    const checked = await promisify(execFile)(HAPROXY, ['-c', '-f', join(folder, 'haproxy.cfg')])
    expect(checked.stdout.trim()).toBe('Configuration file is valid')
    expect(checked.stderr).toBe('')
  })
})

describe('the configuration in docs/integration.md', () => {
  it('is one that HAProxy takes without a warning', async () => {
    const text = await readFile(new URL('../../../docs/integration.md', import.meta.url), 'utf8')
    const [, example = ''] = /```haproxy\n(.*?)```/s.exec(text) ?? []
    const folder = await temporaryFolder()
    const certificate = join(folder, 'example.pem')
    expect(example).toContain(' ssl crt /etc/haproxy/example.pem\n')
    await writeFiles(folder, {
      'example.pem': selfSigned('api.example.com'),
      'haproxy.cfg': `global\n  log stdout format raw daemon\n\n${example.replace('/etc/haproxy/example.pem', certificate)}`,
    })
    const checked = await promisify(execFile)(HAPROXY, ['-c', '-f', join(folder, 'haproxy.cfg')])
    expect(checked).toEqual({ stdout: 'Configuration file is valid\n', stderr: '' })
  })
})

describe('readStandings', () => {
  it('reads the servers of the nodes, whatever the order of the columns is', () => {
    const csv = `# pxname,svname,scur,status,check_status
address,FRONTEND,3,OPEN,
ready,node-1,2,UP,L7OK
ready,node-2,0,UP 1/2,* L7STS
ready,node-3,0,DOWN 1/2,L7STS
ready,node-4,0,UP,INI
ready,BACKEND,2,UP,
unready,node-1,1,no check,
unready,node-2,0,no check,
unready,BACKEND,1,UP,
control,control,1,no check,
`
    expect(Object.fromEntries(readStandings(csv))).toEqual({
      'node-1': { ready: true, connections: 3 },
      'node-2': { ready: true, connections: 0 },
      'node-3': { ready: false, connections: 0 },
      'node-4': { ready: false, connections: 0 },
    })
  })

  it('knows nobody before there is an answer', () => {
    expect(readStandings('').size).toBe(0)
  })
})

describe('startBalancer', { timeout: SLOW_MS }, () => {
  it('spreads requests over the nodes, and leads those for the cluster to its control', async () => {
    const { port } = await makeWorld()
    const names = new Set<string>()
    await vi.waitUntil(async () => names.add((await ask(port, '/')).name).size === 2)
    expect(await ask(port, '/cluster/state')).toBe('control')
  })

  it('says who the client is, and lets nobody claim to be another', async () => {
    const { port } = await makeWorld()
    const { headers } = await ask(port, '/', {
      'x-forwarded-for': '203.0.113.7',
      'X-Forwarded-Host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=203.0.113.7',
      host: 'localhost:8080',
    })
    expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', host: 'localhost:8080' })
    for (const name of ['x-forwarded-host', 'x-forwarded-proto', 'forwarded']) {
      expect(headers).not.toHaveProperty(name)
    }
  })

  it('writes no ticket to its log, neither of a query nor of a path', async () => {
    const { port, log } = await makeWorld()
    await ask(port, `/ws?ticket=${TICKET}&other=1`)
    await ask(port, `/api/websocket/ticket/${TICKET}/validate`, {
      'sec-websocket-protocol': `wsticket.${TICKET}`,
    })
    await vi.waitUntil(() => log.length === 2, { timeout: SLOW_MS / 2 })
    expect(log.join('\n')).toContain('GET /ws 200 node-')
    expect(log.join('\n')).toContain('GET /api/websocket/ticket/[ticket]/validate 200 node-')
    expect(log.join('\n')).not.toContain('wst1_')
  })

  it('keeps the sockets of a node that takes no new clients, and sends these to another', async () => {
    const { port, nodes, balancer } = await makeWorld()
    const socket = await dial(`ws://127.0.0.1:${port}/ws`)
    const name = await socket.next()
    expect((await balancer.standings()).get(name)).toEqual({ ready: true, connections: 1 })
    const holder = nodes.find((node) => node.name === name)
    if (holder !== undefined) holder.ready = false
    await vi.waitUntil(async () => (await balancer.standings()).get(name)?.ready === false, {
      timeout: SLOW_MS / 2,
    })
    const names = await Promise.all(Array.from({ length: 4 }, () => ask(port, '/').then((seen) => seen.name)))
    expect(names).not.toContain(name)
    socket.send('still here')
    expect(await socket.next()).toBe('still here')
  })

  it('asks the nodes all the same when none of them is ready', async () => {
    const { port, nodes, balancer } = await makeWorld()
    for (const node of nodes) node.ready = false
    const noneIsReady = async (): Promise<boolean> =>
      [...(await balancer.standings()).values()].every(({ ready }) => !ready)
    await vi.waitUntil(noneIsReady, { timeout: SLOW_MS / 2 })
    expect((await ask(port, '/')).name).toMatch(/^node-[12]$/)
    const socket = await dial(`ws://127.0.0.1:${port}/ws`)
    const name = await socket.next()
    expect((await balancer.standings()).get(name)).toEqual({ ready: false, connections: 1 })
  })

  it('sends a request to another node when one is gone, even before it knows', async () => {
    const { port, nodes } = await makeWorld()
    nodes[0]?.close()
    const names = await Promise.all(Array.from({ length: 6 }, () => ask(port, '/').then(({ name }) => name)))
    expect(new Set(names)).toEqual(new Set(['node-2']))
  })

  it('says so when the address is taken', async () => {
    const { port } = await listen(createServer())
    const folder = await temporaryFolder()
    const node = await makeNode('node-1')
    const starting = startBalancer(HAPROXY, {
      folder,
      address: { host: '127.0.0.1', port },
      nodes: [node],
      controlSocket: join(folder, 'control.sock'),
      log: false,
      say: () => undefined,
    })
    await expect(starting).rejects.toThrow(`wsticket: port ${port} on 127.0.0.1 is taken by another program`)
  })
})
