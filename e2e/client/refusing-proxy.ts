import { request as ask, createServer } from 'node:http'
import { connect } from 'node:net'
import { afterThisTest, type CleanupList } from '../../test/cleanups.js'
import { listen } from '../../test/listen.js'

/** A proxy of a company or a hotel that lets HTTP through, and upgrades only if it is told to. */
export interface RefusingProxy {
  readonly port: number
  /** Whether upgrades are answered with 403. @default true */
  refuses: boolean
  /** Upgrades that were refused so far. */
  refused: number
}

/** Puts such a proxy in front of a port of 127.0.0.1, and ends it afterwards. */
export async function refusingProxy(
  targetPort: number,
  cleanUp: CleanupList = afterThisTest,
): Promise<RefusingProxy> {
  const target = { host: '127.0.0.1', port: targetPort }
  const server = createServer((request, response) => {
    const { method, url, headers } = request
    const onward = ask({ ...target, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  const { port } = await listen(server, cleanUp)
  const proxy: RefusingProxy = { port, refuses: true, refused: 0 }
  server.on('upgrade', (request, client, head) => {
    client.on('error', () => client.destroy())
    if (proxy.refuses) {
      proxy.refused += 1
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    const onward = connect(target, () => {
      const lines = request.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
      onward.write(head)
      onward.pipe(client).pipe(onward)
    })
    onward.on('error', () => client.destroy())
    client.on('close', () => onward.destroy())
    onward.on('close', () => client.destroy())
  })
  return proxy
}
