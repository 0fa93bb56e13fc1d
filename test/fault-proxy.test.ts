import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFaultProxy } from '../scripts/lib/servers/fault-proxy.mjs'
import { until } from '../scripts/lib/servers/until.mjs'
import { faultProxy } from './fault-proxy.js'
import { listen } from './listen.js'

/** One end of a connection, with all that it heard. */
class Peer {
  readonly socket: Socket
  heard = ''
  ended = false
  error: string | undefined
  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.heard += bytes.toString('latin1')
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code
    })
  }
  async hears(text: string): Promise<void> {
    await until(`"${text}", heard was "${this.heard}"`, () => this.heard === text, { patienceMs: 3_000 })
  }
}

/** A server behind a proxy, and whom it has accepted. */
async function behindProxy() {
  const accepted: Peer[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(new Peer(socket)))
  const { port } = await listen(server)
  const proxy = await faultProxy(port)
  const dial = async () => {
    const count = accepted.length
    const client = dialPort(proxy.port)
    await once(client.socket, 'connect')
    const served = await until('the server to accept', () => accepted[count])
    return { client, served }
  }
  return { proxy, dial, accepted }
}

function dialPort(port: number): Peer {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  onTestFinished(() => {
    socket.destroy()
  })
  return new Peer(socket)
}

describe('faultProxy', () => {
  it('lets everything pass, both ends apart', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    client.socket.end('question')
    await served.hears('question')
    await until('the end', () => served.ended)
    expect(client.ended).toBe(false)
    served.socket.end('answer')
    await client.hears('answer')
    await until('the end', () => client.ended)
    await until('the connection to be over', () => proxy.counters.open === 0)
    expect(proxy.counters).toEqual({
      connections: 1,
      open: 0,
      toServer: { received: 8, delivered: 8, dropped: 0 },
      toClient: { received: 6, delivered: 6, dropped: 0 },
    })
  })

  it('delays what comes, and what waits already when the delay changes', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    proxy.delay(60, 'toServer')
    const sent = performance.now()
    client.socket.write('a')
    await served.hears('a')
    expect(performance.now() - sent).toBeGreaterThan(55)

    proxy.delay(3_600_000)
    client.socket.write('b')
    served.socket.write('c')
    await until('both to wait', () => waiting(proxy, 'toServer') === 1 && waiting(proxy, 'toClient') === 1)
    proxy.delay(0)
    await served.hears('ab')
    await client.hears('c')
  })

  it('holds one way back, and sends it on in order', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    proxy.hold('toClient')
    client.socket.write('question')
    await served.hears('question')
    served.socket.write('one ')
    served.socket.write('two ')
    served.socket.end('three')
    await until('all of it to wait', () => waiting(proxy, 'toClient') === 13)
    expect(client.heard).toBe('')
    expect(client.ended).toBe(false)
    proxy.release('toClient')
    await client.hears('one two three')
    await until('the end', () => client.ended)
  })

  it('holds back those that come later, too', async () => {
    const { proxy, dial } = await behindProxy()
    proxy.hold()
    const { client, served } = await dial()
    client.socket.write('late')
    await until('it to wait', () => waiting(proxy, 'toServer') === 4)
    expect(served.heard).toBe('')
    proxy.release()
    await served.hears('late')
  })

  it('hides a reset from the other side while it holds', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    client.socket.write('question')
    await served.hears('question')
    proxy.hold('toServer')
    client.socket.resetAndDestroy()
    served.socket.write('are you there?')
    await until('that to come', () => proxy.counters.toClient.received === 14)
    expect(served.error).toBeUndefined()
    proxy.release()
    await until('the reset', () => served.error === 'ECONNRESET')
  })

  it('stops reading when much waits, and loses nothing', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    proxy.hold('toServer')
    const much = 'x'.repeat(16 * 1024 * 1024)
    client.socket.write(much)
    await until('the limit', () => waiting(proxy, 'toServer') >= 1024 * 1024)
    // What is on its way into the proxy is little beside what the client still keeps.
    expect(waiting(proxy, 'toServer')).toBeLessThan(2 * 1024 * 1024)
    expect(client.socket.writableLength).toBeGreaterThan(0)
    served.socket.pause()
    proxy.release()
    await until('the server to be full', () => waiting(proxy, 'toServer') >= 1024 * 1024)
    served.socket.resume()
    await until('all of it', () => served.heard.length === much.length)
  })

  it('drops everything and says nothing, for good', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    const { client: quiet, served: untouched } = await dial()
    proxy.drop('toServer')
    client.socket.write('lost')
    client.socket.end()
    await until('it to be lost', () => proxy.counters.toServer.dropped === 4)
    // The other way goes on: the server knows nothing.
    served.socket.write('hello?')
    await client.hears('hello?')
    expect(served.ended).toBe(false)

    proxy.pass()
    quiet.socket.write('nothing was lost here')
    await untouched.hears('nothing was lost here')
    const { client: fresh, served: new_ } = await dial()
    fresh.socket.write('new')
    await new_.hears('new')
    expect(served).toMatchObject({ heard: '', ended: false })
  })

  it('throws away what it had held when it drops', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    proxy.hold()
    client.socket.write('kept')
    await until('it to wait', () => waiting(proxy, 'toServer') === 4)
    proxy.drop()
    proxy.heal()
    expect(proxy.counters.toServer).toEqual({ received: 4, delivered: 0, dropped: 4 })
    expect(served.heard).toBe('')
  })

  it('resets both sides when it cuts', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    proxy.hold()
    client.socket.write('never')
    await until('it to wait', () => waiting(proxy, 'toServer') === 5)
    proxy.cut()
    await until('both to be reset', () => client.error === 'ECONNRESET' && served.error === 'ECONNRESET')
    await until('the proxy to forget them', () => proxy.counters.open === 0)
    expect(proxy.counters.toServer).toEqual({ received: 5, delivered: 0, dropped: 5 })
    proxy.release()
    const { client: next, served: server } = await dial()
    next.socket.write('again')
    await server.hears('again')
  })

  it('refuses new connections, keeps the old, and accepts again', async () => {
    const { proxy, dial } = await behindProxy()
    const { client, served } = await dial()
    proxy.refuse()
    proxy.refuse()
    const refused = dialPort(proxy.port)
    await until('the refusal', () => refused.error === 'ECONNREFUSED')
    client.socket.write('still here')
    await served.hears('still here')
    await proxy.accept()
    await proxy.accept()
    const { client: next, served: server } = await dial()
    next.socket.write('back')
    await server.hears('back')
  })

  it('resets whom it cannot lead on', async () => {
    const { proxy } = await behindProxy()
    const closed = createServer()
    proxy.targetPort = (await listen(closed)).port
    closed.close()
    const client = dialPort(proxy.port)
    await until('the reset', () => client.error === 'ECONNRESET')
    await until('the proxy to forget it', () => proxy.counters.open === 0)
  })

  it('switches one kind of connections alone', async () => {
    const accepted: Peer[] = []
    const { port } = await listen(createServer((socket) => accepted.push(new Peer(socket))))
    // The kind shows itself with the second byte.
    const proxy = await startFaultProxy(port, {
      kindsOf: (start) => (start.length < 2 ? undefined : [start.toString('latin1', 0, 2)]),
    })
    onTestFinished(() => proxy.close())
    const dial = async () => {
      const count = accepted.length
      return { client: dialPort(proxy.port), served: await until('the server', () => accepted[count]) }
    }
    const [one, other] = [await dial(), await dial()]
    proxy.only('ab').hold('toServer')
    one.client.socket.write('a')
    await one.served.hears('a')
    one.client.socket.write('bc')
    other.client.socket.write('xyz')
    await other.served.hears('xyz')
    await until('it to wait', () => waiting(proxy.only('ab'), 'toServer') === 2)
    expect(one.served.heard).toBe('a')
    proxy.only('ab').release()
    await one.served.hears('abc')
    expect(proxy.counters.connections).toBe(2)
    expect(proxy.only('ab').counters).toMatchObject({ connections: 1, open: 1, toServer: { delivered: 3 } })
    proxy.only('ab').cut()
    await until('the one to be reset', () => one.client.error === 'ECONNRESET')
    expect(proxy.counters.open).toBe(1)
  })

  it('leaves nothing open when it is closed', async () => {
    const { proxy, dial } = await behindProxy()
    const { client } = await dial()
    proxy.drop()
    await proxy.close()
    expect(proxy.counters.open).toBe(0)
    await until('the reset', () => client.error === 'ECONNRESET')
    const refused = dialPort(proxy.port)
    await until('the refusal', () => refused.error === 'ECONNREFUSED')
  })
})

function waiting(
  { counters }: Pick<Awaited<ReturnType<typeof startFaultProxy>>, 'counters'>,
  way: 'toServer' | 'toClient',
): number {
  return counters[way].received - counters[way].delivered - counters[way].dropped
}
