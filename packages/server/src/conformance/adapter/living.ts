import assert from 'node:assert/strict'
import type { AdapterCase } from '../adapter-harness.js'
import { adapterCase, type Given } from './given.js'
import type { RawSocket } from './raw-socket.js'

async function connected(
  given: Given,
  expiresInSeconds?: number,
): Promise<{ socket: RawSocket; ref: string }> {
  const { ticket, ref } = await given.issue(expiresInSeconds === undefined ? {} : { expiresInSeconds })
  const before = given.served.length
  const socket = await given.present(ticket)
  assert.equal(socket.status, 101)
  await given.servedSockets(before + 1)
  return { socket, ref }
}

async function hasClosed({ until }: Given, closing: Promise<void>): Promise<void> {
  let closed = false
  void closing.then(() => {
    closed = true
  })
  await until('the node to know that its socket has gone', () => closed)
}

// Ten kilobytes each: more than any buffer on the way takes at once.
const LAST_WORDS = 300

/** Live sockets. */
export const livingCases: readonly AdapterCase[] = [
  adapterCase('a revoked session is closed with 3003 and its reason', async (given) => {
    const { socket, ref } = await connected(given)
    assert.ok(await given.wsticket.revoke({ session: ref, code: 'session_revoked' }))
    assert.deepEqual(await socket.closeFrame(), { code: 3003, reason: 'session_revoked' })
    assert.ok(given.served[0]?.session.signal.aborted)
    await socket.close()
  }),

  adapterCase('all sockets of a user who is revoked are closed, and nobody else’s', async (given) => {
    const [one, two] = [await connected(given), await connected(given)]
    await given.wsticket.revoke({ subject: 'alan' })
    await given.wsticket.revoke({ subject: 'ada' })
    assert.equal((await one.socket.closeFrame()).code, 3003)
    assert.equal((await two.socket.closeFrame()).code, 3003)
  }),

  adapterCase('a session that the application closes is closed with 3003', async (given) => {
    const { socket } = await connected(given)
    given.served[0]?.session.close()
    assert.deepEqual(await socket.closeFrame(), { code: 3003, reason: 'session_closed' })
  }),

  adapterCase('a socket is closed with 3008 when its credential ends', async (given) => {
    const { socket } = await connected(given, 20)
    await given.advance(25_000)
    assert.deepEqual(await socket.closeFrame(), { code: 3008, reason: 'session_expired' })
  }),

  adapterCase('a node that closes says 1012 to every socket', async (given) => {
    const { socket } = await connected(given)
    const closing = given.wsticket.close()
    assert.deepEqual(await socket.closeFrame(), { code: 1012, reason: 'draining' })
    await socket.close()
    // Everybody has gone, and the adapter has said so: nobody needs to be cut off.
    await hasClosed(given, closing)
  }),

  adapterCase('a node that closes loses nothing that the application had sent', async (given) => {
    const { socket } = await connected(given)
    const long = 'x'.repeat(10_000)
    for (let count = 0; count < LAST_WORDS; count += 1) given.served[0]?.socket.send(`${count} ${long}`)
    const closing = given.wsticket.close()
    for (let count = 0; count < LAST_WORDS; count += 1)
      assert.equal(await socket.message(), `${count} ${long}`)
    assert.deepEqual(await socket.closeFrame(), { code: 1012, reason: 'draining' })
    await socket.close()
    await hasClosed(given, closing)
  }),

  adapterCase('after a close nothing more reaches the application', async (given) => {
    const { socket } = await connected(given)
    socket.send('before')
    assert.equal(await socket.message(), 'echo: before')
    given.served[0]?.session.close()
    await socket.closeFrame()
    for (let count = 0; count < 10; count += 1) socket.send(`after ${count}`)
    await socket.close()
    assert.deepEqual(given.served[0]?.heard, ['before'])
    assert.equal(socket.unread, 0)
  }),

  adapterCase('a peer that does not answer pings is cut off', async (given) => {
    const { socket } = await connected(given)
    await given.advance(25_000)
    await given.advance(10_000)
    await socket.ended()
    assert.ok(given.served[0]?.session.signal.aborted)
  }),

  adapterCase('a peer of whom something is heard stays', async (given) => {
    const { socket } = await connected(given)
    await given.advance(25_000)
    socket.send('still here')
    assert.equal(await socket.message(), 'echo: still here')
    await given.advance(10_000)
    socket.send('and here')
    assert.equal(await socket.message(), 'echo: and here')
  }),

  adapterCase('a peer that is gone is noticed, though the application goes on sending', async (given) => {
    const { socket } = await connected(given)
    await given.advance(25_000)
    given.served[0]?.socket.send('are you there?')
    await given.advance(10_000)
    await socket.ended()
    assert.ok(given.served[0]?.session.signal.aborted)
  }),

  adapterCase('the session of a client that leaves, or is torn away, ends', async (given) => {
    const [leaving, torn] = [await connected(given), await connected(given)]
    await leaving.socket.close()
    torn.socket.drop()
    await given.until('both sessions to end', () =>
      given.served.every(({ session }) => session.signal.aborted),
    )
  }),

  adapterCase(
    'an application that throws is told 1011 to the client, and the session ends',
    async (given) => {
      const { ticket } = await given.issue()
      const socket = await given.present(ticket)
      assert.equal((await socket.closeFrame()).code, 1011)
      socket.send('after')
      await socket.close()
      await given.until('the session to end', () => given.served[0]?.session.signal.aborted === true)
      assert.deepEqual(given.served[0]?.heard, [])
    },
    {
      connected: () => {
        throw new Error('the application broke')
      },
    },
  ),

  adapterCase(
    'an application that rejects is told 1011 to the client',
    async (given) => {
      const { ticket } = await given.issue()
      const socket = await given.present(ticket)
      assert.equal((await socket.closeFrame()).code, 1011)
    },
    { connected: () => Promise.reject(new Error('the application broke')) },
  ),
]
