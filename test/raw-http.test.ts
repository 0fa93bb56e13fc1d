import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { expect, it } from 'vitest'
import { listen } from './listen.js'
import { rawHttp, requestText } from './raw-http.js'

it('sends the bytes as they are and shows the headers with their duplicates', async () => {
  const server = createServer((request, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    response.end(`${request.method} ${request.url} ${request.rawHeaders.join('|')}`)
  })
  const { port } = await listen(server)
  const answer = await rawHttp({
    port,
    bytes: requestText('GET /x HTTP/1.1', 'HOST: h', 'X-A: 1', 'x-a: 2', 'Connection: close'),
  })
  expect(answer.status).toBe(200)
  expect(answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual([
    'a=1',
    'b=2',
  ])
  expect(answer.body).toContain('GET /x HOST|h|X-A|1|x-a|2|Connection|close')
})

it('stops as soon as it has what was waited for', async () => {
  const server = createServer()
  server.on('upgrade', (_request, socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x01\x02'),
  )
  const { port } = await listen(server)
  const bytes = requestText('GET / HTTP/1.1', 'Host: h', 'Connection: Upgrade', 'Upgrade: x')
  const answer = await rawHttp({ port, bytes, until: (text) => text.endsWith('\x02') })
  expect(answer).toMatchObject({ status: 101, headers: [['upgrade', 'x']], body: '\x01\x02' })
})

it('rejects what is no HTTP, and a server that is not there', async () => {
  const server = createTcpServer((socket) => socket.end('SSH-2.0-x\r\n'))
  const { port } = await listen(server)
  await expect(rawHttp({ port, bytes: 'x' })).rejects.toThrow('No HTTP answer: "SSH-2.0-x')
  server.close()
  await expect(rawHttp({ port, bytes: 'x' })).rejects.toThrow('ECONNREFUSED')
})
