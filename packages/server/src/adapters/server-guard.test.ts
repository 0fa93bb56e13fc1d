import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Listening, listen } from '../../../../test/listen.js'
import { rawHttp, requestText } from '../../../../test/raw-http.js'
import { within } from '../../../../test/within.js'
import { type Rig, rig } from '../../test/rig.js'
import { guardConnections } from './server-guard.js'
import { admitUpgrades } from './ws.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('guardConnections', () => {
  it('begins to count after the TLS handshake, and stops once an upgrade was heard', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const server = createHttpsServer()
    const refusals: string[] = []
    const heard = guardConnections(server, (_peer, { code }, reason) => {
      refusals.push(`${code}: ${reason}`)
      return { status: 400, headers: {}, body: '' }
    })
    const said = (bytesRead: number) => Object.assign(new PassThrough(), { bytesRead })
    const [handshaking, slow, quick, silent] = [said(0), said(9), said(9), said(0)]
    server.emit('connection', handshaking)
    server.emit('secureConnection', slow)
    server.emit('secureConnection', quick)
    server.emit('secureConnection', silent)
    heard(quick)
    vi.advanceTimersByTime(10_000)
    expect([slow.destroyed, quick.destroyed, silent.destroyed]).toEqual([true, false, true])
    // Browsers open connections ahead: one that said nothing is cut, and was refused nothing.
    expect(refusals).toEqual(['request_invalid: no request within 10000 ms'])
    handshaking.destroy()
    server.close()
  })
})

describe('a connection that brings no request', () => {
  async function start(
    listener: RequestListener = (_request, response) => void response.end('ok'),
    server: Server = createServer(listener),
  ): Promise<Listening & { of: Rig }> {
    const of = rig()
    admitUpgrades(server, of.wsticket, { path: '/ws' }, () => {})
    return { of, ...(await listen(server)) }
  }

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'HPE_INVALID_METHOD'],
    [
      'two lengths',
      requestText('POST / HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Content-Length: 2'),
      400,
      'HPE_',
    ],
    [
      'headers too large',
      requestText('GET / HTTP/1.1', 'Host: x', `X: ${'y'.repeat(20_000)}`),
      431,
      'HPE_HEADER_OVERFLOW',
    ],
  ])('but %s reads a problem, and the operator hears of it once', async (_what, bytes, status, reason) => {
    const { of, port } = await start()
    const answer = await rawHttp({ port, bytes })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({ status, code: 'request_invalid' })
    expect(of.take('request.refused')).toMatchObject([
      {
        code: 'request_invalid',
        operation: 'connection',
        address: '127.0.0.1',
        reason: expect.stringContaining(reason),
      },
    ])
  })

  it('and goes on with it is answered once, and cut if it does not end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const server = createServer()
    const connection = once(server, 'connection')
    const { of, port } = await start(undefined, server)
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let text = ''
    client.on('data', (chunk) => {
      text += String(chunk)
    })
    client.on('error', () => {})
    client.write('hello\r\n\r\n')
    await once(client, 'end')
    const [here] = await connection
    client.write('and again\r\n\r\n')
    await within(
      'what follows to be read',
      (async () => {
        while (here.bytesRead < 22) await new Promise((resolve) => setImmediate(resolve))
      })(),
    )
    expect(here.destroyed).toBe(false)
    vi.advanceTimersByTime(5000)
    expect(here.destroyed).toBe(true)
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(of.take('request.refused')).toHaveLength(1)
    client.destroy()
  })

  it('but breaks off said nothing wrong', async () => {
    const server = createServer()
    const connection = once(server, 'connection')
    const { of, port } = await start(undefined, server)
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    await new Promise((resolve) => client.write('GET / HTTP/1.1\r\nHo', resolve))
    const [here] = await connection
    client.resetAndDestroy()
    await within(
      'the reset',
      (async () => {
        while (!here.closed) await new Promise((resolve) => setImmediate(resolve))
      })(),
    )
    expect(of.take('request.refused')).toEqual([])
  })

  it('in the middle of an answer is cut, and not answered into it', async () => {
    const { of, port } = await start((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half')
    })
    const client = connect(port, '127.0.0.1')
    let text = ''
    client.on('error', () => {})
    client.write(requestText('GET / HTTP/1.1', 'Host: x'))
    client.once('data', () => client.write('hello\r\n\r\n'))
    client.on('data', (chunk) => {
      text += String(chunk)
    })
    await within('the cut', once(client, 'close'))
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(of.take('request.refused')).toHaveLength(1)
  })

  it('is left to whoever else answers it', async () => {
    const server = createServer()
    server.on('clientError', (_error, socket) => {
      socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')
    })
    const { of, port } = await start(undefined, server)
    expect(await rawHttp({ port, bytes: 'hello\r\n\r\n' })).toMatchObject({ status: 418 })
    expect(of.take('request.refused')).toHaveLength(1)
  })
})
