import assert from 'node:assert/strict'
import type { AdapterCase } from '../adapter-harness.js'
import { adapterCase, assertAbsent } from './given.js'
import { textFrame } from './raw-socket.js'

/** Upgrades that are let in. */
export const admittingCases: readonly AdapterCase[] = [
  adapterCase(
    'a ticket by subprotocol is admitted, with its principal',
    async ({ issue, present, served, servedSockets }) => {
      const { ticket, ref } = await issue({ metadata: { room: 'r1' } })
      const socket = await present(ticket)
      assert.equal(socket.status, 101)
      assert.ok(socket.acceptFits)
      await servedSockets(1)
      const session = served[0]?.session
      assert.equal(session?.ref, ref)
      assert.equal(session?.carrier, 'subprotocol')
      assert.equal(session?.audience, '/ws')
      assert.deepEqual(session?.metadata, { room: 'r1' })
      assert.equal(session?.principal.subject, 'ada')
      assert.equal(session?.principal.email, 'ada@example.com')
      assert.deepEqual(session?.principal.permissions, ['read'])
      assert.deepEqual(session?.principal.claims, { team: 'engines' })
    },
  ),

  adapterCase(
    'a ticket by query is admitted, with any of its names',
    async ({ issue, dial, served, servedSockets }) => {
      for (const [index, name] of ['ticket', 'auth_ticket', 'ticket_id'].entries()) {
        const { ticket } = await issue()
        const socket = await dial({ target: `/ws?${name}=${ticket}` })
        assert.equal(socket.status, 101)
        await servedSockets(index + 1)
        assert.equal(served[index]?.session.carrier, 'query')
      }
    },
  ),

  adapterCase('a client without an Origin is admitted', async ({ issue, present }) => {
    const { ticket } = await issue()
    assert.equal((await present(ticket, { origin: undefined })).status, 101)
  }),

  adapterCase('the application’s own subprotocol is selected', async ({ issue, present }) => {
    const { ticket } = await issue()
    const socket = await present(ticket, { own: ['chat.v1', 'chat.v2'], refusals: true })
    assert.deepEqual(socket.header('sec-websocket-protocol'), ['chat.v2'])
  }),

  adapterCase('wsticket.v1 is selected where the application selects none', async ({ issue, present }) => {
    const { ticket } = await issue()
    assert.deepEqual((await present(ticket)).header('sec-websocket-protocol'), ['wsticket.v1'])
    const other = await issue()
    const socket = await present(other.ticket, { own: ['chat.v1'], refusals: true })
    assert.deepEqual(socket.header('sec-websocket-protocol'), ['wsticket.v1'])
  }),

  adapterCase('nothing is selected where nothing was offered', async ({ issue, dial }) => {
    const { ticket } = await issue()
    const socket = await dial({ target: `/ws?ticket=${ticket}` })
    assert.equal(socket.status, 101)
    assert.deepEqual(socket.header('sec-websocket-protocol'), [])
    const other = await issue()
    const offering = await dial({ target: `/ws?ticket=${other.ticket}`, protocols: ['chat.v1'] })
    assert.equal(offering.status, 101)
    assert.deepEqual(offering.header('sec-websocket-protocol'), [])
  }),

  adapterCase(
    'a subprotocol that was not offered is not selected, whatever the application says',
    async ({ issue, present }) => {
      const { ticket } = await issue()
      const socket = await present(ticket, { own: ['chat.v1'] })
      assert.deepEqual(socket.header('sec-websocket-protocol'), ['wsticket.v1'])
    },
    { selectProtocol: () => 'chat.v9' },
  ),

  adapterCase(
    'the application is offered its own subprotocols and no others',
    async ({ issue, present }) => {
      const { ticket } = await issue()
      const socket = await present(ticket, { own: ['chat.v1', 'chat.v2'], refusals: true })
      assert.deepEqual(socket.header('sec-websocket-protocol'), ['chat.v1'])
    },
    {
      selectProtocol: (offered) => (offered.join() === 'chat.v1,chat.v2' ? 'chat.v1' : undefined),
    },
  ),

  adapterCase(
    'a ticket is never echoed, nor shown to the application',
    async ({ issue, present, dial, requests }) => {
      const tickets: string[] = []
      const answers: string[] = []
      const next = async (): Promise<string> => {
        const { ticket } = await issue()
        tickets.push(ticket)
        return ticket
      }
      const [one, two, three] = [await next(), await next(), await next()]
      const presented = [
        await present(one, { own: ['chat.v2'] }),
        await present(one, { refusals: true }),
        await present(one),
        await dial({ target: `/ws?room=1&ticket=${two}&x=%20`, protocols: ['chat.v2'] }),
        await dial({ target: `/ws?ticket=${two}` }),
        await present(three, { target: `/ws?ticket=${three}` }),
        await dial({ protocols: [`wsticket.${three}`, 'wsticket.v1', `wsticket.${two}`] }),
        await dial({ target: `/elsewhere?ticket=${three}`, protocols: [`wsticket.${three}`] }),
      ]
      for (const socket of presented) {
        if (!socket.opened) await socket.body()
        answers.push(socket.received)
      }
      for (const ticket of tickets) {
        for (const text of [...answers, ...requests]) assertAbsent(ticket, text)
      }
      for (const request of requests)
        assert.ok(!/wst1_|wsticket\.wst/.test(request), 'the application saw a ticket')
      if (requests.length > 0) assert.ok(requests.some((request) => request.includes('/ws?room=1&x=%20')))
    },
  ),

  adapterCase(
    'of 200 upgrades at once with one ticket exactly one is admitted',
    async ({ issue, present, served }) => {
      const { ticket } = await issue()
      const sockets = await Promise.all(Array.from({ length: 200 }, () => present(ticket)))
      const statuses = sockets.map(({ status }) => status)
      assert.equal(statuses.filter((status) => status === 101).length, 1)
      assert.equal(statuses.filter((status) => status === 403).length, 199)
      assert.equal(served.length, 1)
    },
  ),

  adapterCase(
    'a reusable ticket opens several sockets',
    async ({ issue, present, servedSockets, served }) => {
      const { ticket } = await issue({ singleUse: false })
      assert.equal((await present(ticket)).status, 101)
      assert.equal((await present(ticket)).status, 101)
      await servedSockets(2)
      assert.equal(served[0]?.session.ref, served[1]?.session.ref)
    },
  ),

  adapterCase('messages arrive in order, both ways', async ({ issue, present }) => {
    const { ticket } = await issue()
    const socket = await present(ticket)
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index} ${'ü'.repeat(index)}`)
    for (const text of texts) socket.send(text)
    for (const text of texts) assert.equal(await socket.message(), `echo: ${text}`)
  }),

  adapterCase('a message that comes with the handshake is not lost', async ({ issue, present }) => {
    const { ticket } = await issue()
    const socket = await present(ticket, { early: Buffer.concat([textFrame('first'), textFrame('second')]) })
    assert.equal(await socket.message(), 'echo: first')
    assert.equal(await socket.message(), 'echo: second')
  }),
]
