import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { writeResponse } from './upgrade-socket.js'

describe('writeResponse', () => {
  it('writes an answer with its length and ends the connection, be the status unknown', () => {
    const socket = new PassThrough()
    const written: string[] = []
    socket.on('data', (chunk) => written.push(String(chunk)))
    writeResponse(socket, { status: 799, headers: { 'x-a': '1' }, body: 'ü' })
    const text = socket.read() === null ? written.join('') : ''
    expect(text).toBe('HTTP/1.1 799 \r\nx-a: 1\r\nconnection: close\r\ncontent-length: 2\r\n\r\nü')
    expect(socket.writableEnded).toBe(true)
  })

  it('writes nothing to a connection that is gone', () => {
    const socket = new PassThrough()
    socket.destroy()
    expect(() => writeResponse(socket, { status: 403, headers: {}, body: '' })).not.toThrow()
    expect(socket.writableEnded).toBe(false)
  })
})
