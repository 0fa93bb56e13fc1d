import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { listen } from '../../../../../test/listen.js'
import { type Dial, frame, RawSocket } from './raw-socket.js'

const HEAD = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-A: 1\r\nx-a: 2\r\n\r\n'
/** A text frame as servers send it: unmasked. */
const text = (content: string): Buffer => {
  const payload = Buffer.from(content)
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Buffer.from([0x81, ...length]), payload])
}

async function dial(answer: (socket: Socket) => void, more: Partial<Dial> = {}): Promise<RawSocket> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  const { port } = await listen(server)
  return RawSocket.dial(connect(port, '127.0.0.1'), { host: 'localhost', target: '/ws', ...more })
}

afterEach(() => {
  vi.useRealTimers()
})

describe('RawSocket', () => {
  it('puts frames together, however they were cut, and leaves pings out', async () => {
    const bytes = Buffer.concat([text('one'), Buffer.from([0x89, 0]), text('x'.repeat(300)), text('three')])
    const socket = await dial((server) => {
      server.write(HEAD)
      for (const byte of bytes) server.write(Buffer.from([byte]))
    })
    expect(socket.opened).toBe(true)
    expect(socket.header('X-A')).toEqual(['1', '2'])
    expect(socket.acceptFits).toBe(false)
    expect([await socket.message(), await socket.message(), await socket.message()]).toEqual([
      'one',
      'x'.repeat(300),
      'three',
    ])
    expect(socket.unread).toBe(0)
  })

  it('does not take a close for a message, nor a message for a close', async () => {
    const socket = await dial((server) =>
      server.write(Buffer.concat([Buffer.from(HEAD), text('a'), Buffer.from([0x88, 2, 3, 232])])),
    )
    await expect(socket.closeFrame()).rejects.toThrow('no close frame came, but 1')
    await expect(socket.message()).rejects.toThrow('no message came, but opcode 8')
  })

  it('does not take the end for either', async () => {
    const socket = await dial((server) => server.end(HEAD))
    await expect(socket.message()).rejects.toThrow('no message came, but the end')
    await expect(socket.closeFrame()).rejects.toThrow('no close frame came, but the end')
  })

  it('tells a server that says nothing', async () => {
    const socket = await dial((server) => server.destroy())
    expect([socket.status, socket.opened, socket.header('x-a')]).toEqual([0, false, []])
  })

  it('waits no longer than five seconds', async () => {
    const socket = await dial((server) => server.write(HEAD))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const failure = socket.message().catch(String)
    await vi.advanceTimersByTimeAsync(5000)
    expect(await failure).toBe('Error: waited 5000 ms for a message')
    socket.drop()
  })
})

describe('frame', () => {
  it('masks, and writes lengths of either size', () => {
    for (const length of [0, 125, 126, 1000]) {
      const bytes = frame(1, new Uint8Array(length))
      const short = bytes.readUInt8(1)
      expect(short & 0x80).toBe(0x80)
      expect((short & 0x7f) === 126 ? bytes.readUInt16BE(2) : short & 0x7f).toBe(length)
      expect(bytes.length).toBe(length + (length < 126 ? 6 : 8))
    }
  })
})
