import { createServer } from 'node:http'
import { isIP } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { rawHttp, requestText } from '../../../../test/raw-http.js'
import { addressFinder, isNetwork } from './client-address.js'

/** What is taken for the client's address, of a request that this machine sends with these lines. */
async function addressOf(trusted: readonly string[], ...forwarded: readonly string[]): Promise<string> {
  const find = addressFinder(trusted)
  const server = createServer((request, response) => response.end(find(request)))
  const { port } = await listen(server)
  const lines = forwarded.map((hops) => `X-Forwarded-For: ${hops}`)
  const bytes = requestText('GET / HTTP/1.1', 'Host: localhost', 'Connection: close', ...lines)
  return (await rawHttp({ port, bytes })).body.split('\r\n').find((line) => isIP(line) !== 0) ?? ''
}

describe('the address of a client', () => {
  it.each([
    // A proxy that nobody named: anybody may write the header.
    [[], ['203.0.113.7'], '127.0.0.1'],
    [['10.0.0.0/8'], ['203.0.113.7'], '127.0.0.1'],
    [['127.0.0.0/8'], [], '127.0.0.1'],
    [['127.0.0.0/8'], ['203.0.113.7'], '203.0.113.7'],
    [['127.0.0.1'], ['203.0.113.7, 10.1.1.1'], '10.1.1.1'],
    [['127.0.0.1', '10.0.0.0/8'], ['198.51.100.1, 203.0.113.7, 10.1.1.1'], '203.0.113.7'],
    [['127.0.0.1', '10.0.0.0/8'], ['198.51.100.1', '203.0.113.7', '10.1.1.1'], '203.0.113.7'],
    [['127.0.0.1', '10.0.0.0/8'], ['10.2.2.2, 10.1.1.1'], '10.2.2.2'],
    [['127.0.0.1'], ['::ffff:203.0.113.7'], '203.0.113.7'],
    [['127.0.0.1', '2001:db8::/32'], ['203.0.113.7, 2001:db8::1'], '203.0.113.7'],
    // What stands before something unreadable was written by nobody whom we trust.
    [['127.0.0.1'], ['203.0.113.7, unknown'], '127.0.0.1'],
    [['127.0.0.1'], ['203.0.113.7:4711'], '127.0.0.1'],
    [['127.0.0.1'], [''], '127.0.0.1'],
  ])('behind %j that say %j is %s', async (trusted, forwarded, address) => {
    expect(await addressOf(trusted, ...forwarded)).toBe(address)
  })
})

describe('a network', () => {
  it.each(['10.0.0.0/8', '192.0.2.1', '192.0.2.1/32', '0.0.0.0/0', '::1', 'fd00::/8', '::/0'])(
    'is %s',
    (text) => {
      expect(isNetwork(text)).toBe(true)
      expect(() => addressFinder([text])).not.toThrow()
    },
  )

  it.each([
    '',
    '10/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'fd00::/129',
    'fe80::1%lo',
    'a',
  ])('is not %j', (text) => {
    expect(isNetwork(text)).toBe(false)
  })
})
