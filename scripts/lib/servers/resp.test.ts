import { createServer } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../test/listen.js'
import { connectResp, encodeCommand, type Reply, RespError, RespReader } from './resp.mjs'

function encode(reply: Reply): string {
  if (reply === null) return '$-1\r\n'
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (reply instanceof RespError) return `-${reply.message}\r\n`
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`
  return `*${reply.length}\r\n${reply.map(encode).join('')}`
}

const { reply: replies } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.integer(),
    fc.string({ unit: 'binary' }),
    fc.constant(new RespError('ERR no such thing')),
    fc.array(tie('reply'), { maxLength: 4 }),
  ),
}))

/** Speaks as a server that answers everything with these bytes. */
async function answering(bytes: string) {
  const { port } = await listen(createServer((socket) => socket.on('data', () => socket.write(bytes))))
  return port
}

describe('RespReader', () => {
  it('reads any replies out of pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(replies), fc.integer({ min: 1, max: 9 }), (sent, size) => {
        const bytes = Buffer.from(sent.map(encode).join(''))
        const reader = new RespReader()
        const read: Reply[] = []
        for (let at = 0; at < bytes.length; at += size)
          read.push(...reader.read(bytes.subarray(at, at + size)))
        expect(read).toEqual(sent)
      }),
    )
  })

  it('knows the short forms, and a list that is none', () => {
    expect(new RespReader().read(Buffer.from('+OK\r\n*-1\r\n-NOSCRIPT run it first\r\n'))).toEqual([
      'OK',
      null,
      new RespError('NOSCRIPT run it first'),
    ])
  })
})

describe('encodeCommand', () => {
  it('counts bytes, not characters', () => {
    expect(encodeCommand(['SET', '€', 7])).toBe('*3\r\n$3\r\nSET\r\n$3\r\n€\r\n$1\r\n7\r\n')
  })
})

describe('connectResp', () => {
  it('fails where nobody listens', async () => {
    const server = createServer()
    const { port } = await listen(server)
    server.close()
    await expect(connectResp(port)).rejects.toThrow('ECONNREFUSED')
  })

  it('fails when the password is wrong, and does not tell it', async () => {
    const port = await answering('-WRONGPASS invalid username-password pair\r\n')
    const connecting = connectResp(port, { username: 'ada', password: 'for-this-test' })
    await expect(connecting).rejects.toMatchObject({ code: 'WRONGPASS' })
    await expect(connecting).rejects.not.toThrow('for-this-test')
  })

  it('does not take another protocol for an answer', async () => {
    const connection = await connectResp(await answering('HTTP/1.1 400 Bad Request\r\n'))
    await expect(connection.command(['PING'])).rejects.toThrow(
      'did not answer PING: wsticket: what answers there',
    )
    expect(connection.open).toBe(false)
    await expect(connection.command(['PING'])).rejects.toThrow('did not answer PING')
  })

  it('gives no answer any more when it is closed', async () => {
    const connection = await connectResp(await answering(''))
    const answer = connection.command(['PING'])
    connection.close()
    await expect(answer).rejects.toThrow('wsticket: Redis did not answer PING: the connection was closed')
  })
})
