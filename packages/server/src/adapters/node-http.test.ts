import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, Socket } from 'node:net'
import { PATHS } from '@wsticket/protocol'
import { describe, expect, it, vi } from 'vitest'
import { type Listening, listen } from '../../../../test/listen.js'
import { rawHttp, requestText } from '../../../../test/raw-http.js'
import { within } from '../../../../test/within.js'
import { ORIGIN, type Rig, rig } from '../../test/rig.js'
import { serverLimits, type TicketRoutesOptions, ticketRoutes } from './node-http.js'
import { httpRequest } from './node-request.js'

async function start(options: TicketRoutesOptions = {}, of: Rig = rig()): Promise<Listening & { of: Rig }> {
  return { of, ...(await listen(createServer(serverLimits, ticketRoutes(of.wsticket, options)))) }
}

describe('ticketRoutes', () => {
  it('answers 404 with a problem document for paths of nobody', async () => {
    const { http, of } = await start()
    const answer = await fetch(`${http}/other`, { headers: { origin: ORIGIN } })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'not_found' })
    expect(of.take('request.refused')).toMatchObject([
      {
        code: 'not_found',
        operation: 'unknown',
        reason: expect.stringMatching(/^nobody answers GET \//),
        address: '127.0.0.1',
        origin: ORIGIN,
      },
    ])
  })

  // Thirty clients that asked for the largest file and never read a byte stayed for good.
  it('cuts a client that does not read its answer for half a minute', async () => {
    const server = createServer(
      serverLimits,
      ticketRoutes(rig().wsticket, {
        also: [async () => ({ status: 200, headers: {}, body: new Uint8Array(20_000_000) })],
      }),
    )
    const { port } = await listen(server)
    const accepted = once(server, 'connection')
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.pause()
    client.write(requestText('GET /large HTTP/1.1', 'Host: localhost'))
    const [connection] = await accepted
    if (!(connection instanceof Socket)) throw new TypeError('a connection is a socket')
    await vi.waitUntil(() => connection.bytesWritten > 0)
    expect(connection.timeout).toBe(30_000)
    connection.emit('timeout')
    expect(connection.destroyed).toBe(true)
    client.destroy()
  })

  it('leaves other paths to who is named, in order', async () => {
    const otherwise: RequestListener = (_request, response) => void response.end('the application')
    const { http } = await start({
      also: [
        async ({ target }) =>
          target === '/docs' ? { status: 200, headers: { 'x-a': '1' }, body: 'docs' } : undefined,
        async ({ target }) =>
          target === '/logo' ? { status: 200, headers: {}, body: new Uint8Array([1, 2]) } : undefined,
      ],
      otherwise,
    })
    expect(await (await fetch(`${http}/docs`)).text()).toBe('docs')
    expect(new Uint8Array(await (await fetch(`${http}/logo`)).arrayBuffer())).toEqual(new Uint8Array([1, 2]))
    expect(await (await fetch(`${http}/`)).text()).toBe('the application')
    expect((await fetch(`${http}${PATHS.config}`)).status).toBe(200)
  })

  it('answers 500 for what breaks beside the routes, and tells the operator why', async () => {
    const { http, of } = await start({ also: [() => Promise.reject(new Error('the password is hunter2'))] })
    const answer = await fetch(`${http}/docs`)
    expect(answer.status).toBe(500)
    expect(await answer.json()).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 })
    expect(of.take('handler.failed')).toMatchObject([
      { where: 'node-http', message: 'the password is hunter2' },
    ])
  })

  it('answers 500 for an application that rejects, and tells the operator why', async () => {
    const { http, of } = await start({ otherwise: () => Promise.reject(new Error('broke later')) })
    expect((await fetch(http)).status).toBe(500)
    expect(of.take('handler.failed')).toMatchObject([{ where: 'node-http', message: 'broke later' }])
  })

  it('cuts an answer that breaks after its head', async () => {
    const { http, of } = await start({
      otherwise: (_request, response) => {
        response.writeHead(200, { 'content-length': '10' }).write('half')
        throw new Error('broke')
      },
    })
    await expect(fetch(http).then((answer) => answer.text())).rejects.toThrow(/terminated|fetch failed/)
    expect(of.take('handler.failed')).toHaveLength(1)
  })

  it('answers HEAD without a body', async () => {
    const { port } = await start()
    const bytes = requestText(`HEAD ${PATHS.config} HTTP/1.1`, 'Host: x', 'Connection: close')
    expect(await rawHttp({ port, bytes })).toMatchObject({ status: 405, body: '' })
  })

  it('sees a header that node would drop or join', async () => {
    const { port, of } = await start()
    const ask = async (...lines: readonly string[]): Promise<unknown> =>
      JSON.parse(
        (
          await rawHttp({
            port,
            bytes: requestText(
              `POST ${PATHS.ticket} HTTP/1.1`,
              'Host: x',
              'Content-Length: 0',
              'Connection: close',
              ...lines,
            ),
          })
        ).body,
      )
    expect(await ask(`Origin: ${ORIGIN}`, `Origin: ${ORIGIN}`)).toMatchObject({ code: 'origin_refused' })
    const bearer = `Authorization: Bearer ${of.tokenOf('ada')}`
    expect(await ask(bearer, bearer)).toMatchObject({ code: 'credential_ambiguous' })
    expect(await ask(bearer)).toMatchObject({ single_use: true })
  })

  it('answers before a body that it does not want, and ends the connection', async () => {
    const { port } = await start()
    const bytes = requestText(`POST ${PATHS.ticket} HTTP/1.1`, 'Host: x', 'Content-Length: 100000')
    const answer = await rawHttp({ port, bytes: `${bytes}half` })
    expect(answer.status).toBe(401)
    expect(Object.fromEntries(answer.headers)).toMatchObject({ connection: 'close' })
  })

  it('answers 413 before it has read all of a large body', async () => {
    const { port, of } = await start()
    const lines = ['Host: x', 'Content-Length: 3000000', `Authorization: Bearer ${of.tokenOf('ada')}`]
    const head = requestText(`POST ${PATHS.ticket} HTTP/1.1`, ...lines)
    const answer = await rawHttp({ port, bytes: Buffer.concat([Buffer.from(head), Buffer.alloc(3_000_000)]) })
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'request_invalid' })
  })

  it('keeps the connection where the whole request was read', async () => {
    const { port } = await start()
    const bytes = requestText(`GET ${PATHS.config} HTTP/1.1`, 'Host: x').repeat(3)
    const answer = await rawHttp({ port, bytes, until: (text) => text.split('HTTP/1.1 200').length === 4 })
    expect(answer.status).toBe(200)
  })

  it('takes a client that goes away in the middle of its body for no failure', async () => {
    // Each such client wrote an error into the log, which anybody could fill so.
    const { port, of } = await start()
    const token = of.tokenOf('ada')
    const lines = [
      'Host: x',
      'Content-Type: application/json',
      'Content-Length: 100',
      `Authorization: Bearer ${token}`,
    ]
    for (let count = 0; count < 3; count += 1) {
      const refused = new Promise<void>((resolve) => {
        of.wsticket.events.on('request.refused', () => resolve())
      })
      const client = connect(port, '127.0.0.1')
      client.on('error', () => {})
      await new Promise((resolve) =>
        client.write(`${requestText(`POST ${PATHS.ticket} HTTP/1.1`, ...lines)}{"ttl`, resolve),
      )
      client.resetAndDestroy()
      await within('the refusal', refused)
    }
    expect(of.take('handler.failed')).toEqual([])
    expect(of.take('request.refused')).toMatchObject(
      Array.from({ length: 3 }, () => ({ reason: 'the body broke off' })),
    )
    expect((await fetch(`http://127.0.0.1:${port}${PATHS.config}`)).status).toBe(200)
  })

  it('takes a client that goes away before its answer for no failure', async () => {
    let answer = (): void => {}
    const of = rig({
      authenticate: () =>
        new Promise((resolve) => {
          answer = () => resolve(undefined)
        }),
    })
    const waiting = answer
    const server = createServer(serverLimits, ticketRoutes(of.wsticket))
    const gone = new Promise<void>((resolve) =>
      server.on('connection', (socket) => socket.once('close', () => resolve())),
    )
    const { port } = await listen(server)
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    client.write(requestText(`POST ${PATHS.ticket} HTTP/1.1`, 'Host: x', 'Content-Length: 0'))
    await within(
      'authenticate',
      (async () => {
        while (answer === waiting) await new Promise((resolve) => setImmediate(resolve))
      })(),
    )
    client.resetAndDestroy()
    await within('the reset', gone)
    answer()
    await within(
      'the answer',
      (async () => {
        while (of.take('request.refused').length === 0) await new Promise((resolve) => setImmediate(resolve))
      })(),
    )
    expect(of.take('handler.failed')).toEqual([])
  })

  it('lets node cut slow headers by the limits that it offers', () => {
    expect(serverLimits).toMatchObject({
      headersTimeout: 10_000,
      maxHeaderSize: 16_384,
      connectionsCheckingInterval: 1000,
    })
    const server = createServer(serverLimits)
    expect(server.headersTimeout).toBe(10_000)
    expect(server.requestTimeout).toBe(30_000)
  })

  it('refuses more than 16 KiB of headers with 431', async () => {
    const { port } = await start()
    const bytes = requestText(`GET ${PATHS.config} HTTP/1.1`, 'Host: x', `X-Big: ${'y'.repeat(17_000)}`)
    expect(await rawHttp({ port, bytes })).toMatchObject({ status: 431 })
  })
})

describe('a request as plain data', () => {
  it('keeps header lines apart', async () => {
    const server = createServer((request, response) => {
      const { secure, peer, headers, method, target } = httpRequest(request)
      response.end(
        JSON.stringify({ secure, peer, method, target, lines: headers('x-a'), none: headers('x-b') }),
      )
    })
    const { port } = await listen(server)
    const bytes = requestText('GET /a?b HTTP/1.1', 'Host: x', 'X-A: 1', 'x-a: 2', 'Connection: close')
    const answer = await rawHttp({ port, bytes })
    expect(JSON.parse(answer.body)).toEqual({
      secure: false,
      peer: '127.0.0.1',
      method: 'GET',
      target: '/a?b',
      lines: ['1', '2'],
      none: [],
    })
  })
})
