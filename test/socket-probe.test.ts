import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { type Cleanup, runCleanups } from './cleanups.js'
import { type Listening, listen } from './listen.js'
import { dial, dialRefused } from './socket-probe.js'

/** A server that greets with what the client came with, echoes, and closes with 4000 when told `bye`. */
async function echoServer(): Promise<Listening> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered].at(-1) ?? false })
  sockets.on('connection', (socket, request) => {
    socket.send(JSON.stringify({ origin: request.headers.origin, extra: request.headers['x-extra'] }))
    socket.on('message', (data, isBinary) => {
      if (String(Buffer.isBuffer(data) ? data : '') === 'bye') socket.close(4000, 'as you wish')
      else socket.send(data, { binary: isBinary })
    })
  })
  return listen(server)
}

describe('a socket probe', () => {
  it('dials with origin, headers and protocols, and knows the one that was chosen', async () => {
    const { ws } = await echoServer()
    const probe = await dial(ws, {
      origin: 'https://a.example',
      headers: { 'x-extra': 'e' },
      protocols: ['a', 'b'],
    })
    expect(await probe.nextJson()).toEqual({ origin: 'https://a.example', extra: 'e' })
    expect(probe.protocol).toBe('b')
  })

  it('keeps messages in order until they are asked for, and waits for those to come', async () => {
    const probe = await dial((await echoServer()).ws)
    await probe.next()
    const coming = [probe.next(), probe.next()]
    probe.send('1')
    probe.sendJson({ two: 2 })
    probe.send('3')
    probe.send(new Uint8Array(4))
    expect(await Promise.all(coming)).toEqual(['1', '{"two":2}'])
    expect(await probe.next()).toBe('3')
    expect(await probe.next()).toBe('<4 bytes>')
    expect(probe.waiting).toBe(0)
  })

  it('tells code and reason of the end, also to those who wait for a message', async () => {
    const probe = await dial((await echoServer()).ws)
    await probe.next()
    const waiting = probe.next()
    probe.send('bye')
    await expect(waiting).rejects.toThrow(
      'The socket closed with 4000 as you wish instead of sending a message',
    )
    expect(await probe.end()).toEqual({ code: 4000, reason: 'as you wish' })
    await expect(probe.next()).rejects.toThrow('The socket closed with 4000')
  })

  it('gives up after a while, and a later message goes to whoever asks next', async () => {
    const probe = await dial((await echoServer()).ws)
    await probe.next()
    await expect(probe.next(20)).rejects.toThrow('Waited 20 ms for a message')
    probe.send('late')
    expect(await probe.next()).toBe('late')
  })

  it('closes and drops', async () => {
    const { ws } = await echoServer()
    const [closing, dropping] = [await dial(ws), await dial(ws)]
    closing.close(4001, 'done')
    dropping.drop()
    expect(await closing.end()).toEqual({ code: 4001, reason: 'done' })
    expect(await dropping.end()).toMatchObject({ code: 1006 })
  })

  it('shows a refused upgrade with status, headers and body', async () => {
    const server = createServer()
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\nX-Why: because\r\nContent-Length: 4\r\n\r\nnope')
    })
    const { ws } = await listen(server)
    expect(await dialRefused(ws)).toMatchObject({
      status: 403,
      headers: { 'x-why': 'because' },
      body: 'nope',
    })
    await expect(dial(ws)).rejects.toThrow('The upgrade was refused with 403: nope')
  })

  it('takes an open socket for a failure where a refusal was due', async () => {
    await expect(dialRefused((await echoServer()).ws)).rejects.toThrow('The upgrade was admitted')
  })
})

describe('listen', () => {
  it('closes the server with its upgraded sockets', async () => {
    const cleanups: Cleanup[] = []
    const server = createServer()
    new WebSocketServer({ server })
    const { ws } = await listen(server, (cleanup) => cleanups.push(cleanup))
    const probe = await dial(ws)
    await runCleanups(cleanups)
    expect(await probe.end()).toMatchObject({ code: 1006 })
    expect(server.listening).toBe(false)
  })

  it('leaves alone a server that was closed already', async () => {
    const cleanups: Cleanup[] = []
    const server = createServer()
    await listen(server, (cleanup) => cleanups.push(cleanup))
    server.close()
    await expect(runCleanups(cleanups)).resolves.toBeUndefined()
  })
})
