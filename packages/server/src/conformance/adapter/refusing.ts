import assert from 'node:assert/strict'
import type { AdapterCase } from '../adapter-harness.js'
import { adapterCase, problemOf } from './given.js'

const CLOSE_FRAME_HEADER = 4

/** Upgrades that are not. */
export const refusingCases: readonly AdapterCase[] = [
  adapterCase(
    'a refusal is an HTTP status with a problem document',
    async ({ issue, dial, present, served }) => {
      const missing = await dial({})
      assert.equal(missing.status, 401)
      assert.equal((await problemOf(missing)).code, 'credential_missing')
      const unknown = await present(`wst1_00${'A'.repeat(54)}`)
      assert.equal(unknown.status, 403)
      assert.equal((await problemOf(unknown)).code, 'ticket_unknown')
      const { ticket, ref } = await issue()
      await present(ticket)
      const used = await present(ticket, { own: ['chat.v2'] })
      assert.equal(used.status, 403)
      const problem = await problemOf(used)
      assert.equal(problem.code, 'ticket_used')
      assert.equal(problem.ref, ref)
      assert.equal(served.length, 1)
    },
  ),

  adapterCase(
    'a refusal over wsticket.refused is a close frame and not one other byte',
    async ({ issue, present, served }) => {
      const { ticket } = await issue()
      await present(ticket)
      const socket = await present(ticket, { refusals: true, own: ['chat.v2'] })
      assert.equal(socket.status, 101)
      assert.ok(socket.acceptFits)
      assert.deepEqual(socket.header('sec-websocket-protocol'), ['wsticket.refused'])
      const end = await socket.closeFrame()
      assert.deepEqual(end, { code: 3000, reason: 'ticket_used' })
      socket.send('let me in')
      await socket.close(3000)
      assert.equal(socket.unread, 0)
      const head = socket.received.indexOf('\r\n\r\n') + 4
      assert.equal(socket.received.length, head + CLOSE_FRAME_HEADER + end.reason.length)
      assert.equal(served.length, 1)
    },
  ),

  adapterCase('a refusal with a delay carries it', async ({ wsticket, issue, present }) => {
    const { ticket } = await issue()
    await wsticket.close()
    const overHttp = await present(ticket)
    assert.equal(overHttp.status, 503)
    assert.deepEqual(overHttp.header('retry-after'), ['1'])
    const overSocket = await present(ticket, { refusals: true })
    assert.deepEqual(await overSocket.closeFrame(), { code: 1012, reason: 'draining;retry_after=1' })
  }),

  adapterCase(
    'a foreign Origin is 403 over HTTP, and does not burn the ticket',
    async ({ issue, present, origin }) => {
      const { ticket } = await issue()
      for (const foreign of ['https://evil.example', 'null', `${origin}.evil.example`, `${origin}/`]) {
        const socket = await present(ticket, { origin: foreign, refusals: true })
        assert.equal(socket.status, 403)
        assert.equal((await problemOf(socket)).code, 'origin_refused')
      }
      const twice = await present(ticket, { headers: [['Origin', origin]], refusals: true })
      assert.equal(twice.status, 403)
      assert.equal((await present(ticket)).status, 101)
    },
  ),

  adapterCase('a path of nobody is 404', async ({ issue, present, served }) => {
    const { ticket } = await issue()
    for (const target of ['/', '/other', '/ws/', '/WS', '/ws/more', '/%77s']) {
      const socket = await present(ticket, { target, refusals: true })
      assert.equal(socket.status, 404, target)
      assert.equal((await problemOf(socket)).code, 'not_found')
    }
    assert.equal(served.length, 0)
    assert.equal((await present(ticket)).status, 101)
  }),

  adapterCase('a target that names a host is no way in', async ({ issue, present, served, host }) => {
    const { ticket } = await issue()
    for (const target of [`http://${host}/ws`, 'ws://evil.example/ws', '//evil.example/ws', '//ws']) {
      const socket = await present(ticket, { target })
      assert.ok(socket.status === 400 || socket.status === 404, `${target}: ${socket.status}`)
    }
    assert.equal(served.length, 0)
    assert.equal((await present(ticket)).status, 101)
  }),

  adapterCase(
    'a ticket is for its own route only, and another one does not burn it',
    async ({ issue, present, served, servedSockets }) => {
      const [forWs, forFeed] = [await issue({ audience: '/ws' }), await issue({ audience: '/feed' })]
      for (const [ticket, target] of [
        [forWs.ticket, '/feed'],
        [forFeed.ticket, '/ws'],
      ] as const) {
        const socket = await present(ticket, { target })
        assert.equal(socket.status, 403)
        assert.equal((await problemOf(socket)).code, 'audience_mismatch')
      }
      assert.equal((await present(forWs.ticket, { target: '/ws' })).status, 101)
      assert.equal((await present(forFeed.ticket, { target: '/feed' })).status, 101)
      await servedSockets(2)
      assert.deepEqual(served.map(({ session }) => session.audience).sort(), ['/feed', '/ws'])
    },
  ),

  adapterCase('two tickets in one request are refused, and neither burned', async ({ issue, present }) => {
    const [one, two] = [await issue(), await issue()]
    const socket = await present(one.ticket, { target: `/ws?ticket=${two.ticket}` })
    assert.equal(socket.status, 403)
    assert.equal((await problemOf(socket)).code, 'credential_ambiguous')
    assert.equal((await present(one.ticket)).status, 101)
    assert.equal((await present(two.ticket)).status, 101)
  }),

  adapterCase(
    'bytes behind a refused handshake are not answered, be they another request',
    async ({ dial, issue, served }) => {
      const { ticket } = await issue()
      const second = Buffer.from(`GET /ws?ticket=${ticket} HTTP/1.1\r\nHost: x\r\n\r\n`)
      const socket = await dial({ early: second })
      assert.equal(socket.status, 401)
      await socket.body()
      assert.equal(socket.received.split('HTTP/1.1').length, 2)
      assert.equal(served.length, 0)
    },
  ),

  adapterCase(
    'bytes behind an admitted handshake are frames, be they another request',
    async ({ issue, present }) => {
      const { ticket } = await issue()
      const socket = await present(ticket, { early: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n') })
      assert.equal(socket.status, 101)
      // An unmasked frame with reserved bits: a protocol error.
      assert.equal((await socket.closeFrame()).code, 1002)
      assert.equal(socket.received.split('HTTP/1.1').length, 2)
    },
  ),
]
