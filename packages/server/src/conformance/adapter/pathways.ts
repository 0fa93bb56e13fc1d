import assert from 'node:assert/strict'
import { anonymousProtocols, jwtProtocols } from '@wsticket/protocol'
import type { Authenticate } from '../../identity/principal.js'
import type { AdapterCase } from '../adapter-harness.js'
import { adapterCase, assertAbsent, problemOf } from './given.js'

// Nothing that an adapter could read anything in: it looks like a JWT, and only the suite knows whose it is.
const JWT = `eyJhbGciOiJIUzI1NiJ9.${'aBcD-_09'.repeat(12)}.${'sIgNaTuRe'.repeat(4)}`

const authenticate: Authenticate = async ({ bearer }) =>
  bearer === JWT ? { subject: 'ada', permissions: ['read'], claims: {} } : undefined

/** Upgrades by other pathways than tickets. An adapter knows none of them; it has to carry what they carry. */
export const pathwayCases: readonly AdapterCase[] = [
  adapterCase(
    'an upgrade by JWT is admitted where that is open, and its JWT is neither selected nor shown to the application',
    async ({ dial, served, servedSockets, requests }) => {
      const plain = await dial({ protocols: jwtProtocols(JWT) })
      const own = await dial({ protocols: [...jwtProtocols(JWT), 'wsticket.refused', 'chat.v2'] })
      assert.deepEqual([plain.status, own.status], [101, 101])
      assert.deepEqual(plain.header('sec-websocket-protocol'), ['wsticket.v1'])
      assert.deepEqual(own.header('sec-websocket-protocol'), ['chat.v2'])
      await servedSockets(2)
      for (const { session } of served) {
        assert.equal(session.pathway, 'jwt_subprotocol')
        assert.equal(session.carrier, 'subprotocol')
        assert.equal(session.principal.subject, 'ada')
      }
      for (const text of [plain.received, own.received, ...requests]) assertAbsent(JWT, text)
    },
    { options: { authenticate, pathways: { jwtSubprotocol: 'on' } } },
  ),

  adapterCase(
    'a JWT that is refused is told so, and neither echoed nor shown',
    async ({ dial, served, requests }) => {
      const bad = jwtProtocols(`${JWT}x`)
      const overHttp = await dial({ protocols: bad })
      assert.equal(overHttp.status, 401)
      assert.equal((await problemOf(overHttp)).code, 'credential_invalid')
      const overSocket = await dial({ protocols: [...bad, 'wsticket.refused'] })
      assert.deepEqual(await overSocket.closeFrame(), { code: 3000, reason: 'credential_invalid' })
      assert.equal(served.length, 0)
      for (const text of [overHttp.received, overSocket.received, ...requests]) assertAbsent(JWT, text)
    },
    { options: { authenticate, pathways: { jwtSubprotocol: 'on', anonymous: 'on' } } },
  ),

  adapterCase('a JWT is pathway_disabled where nothing but tickets is open', async ({ dial, served }) => {
    const socket = await dial({ protocols: [...jwtProtocols(JWT), 'wsticket.refused'] })
    assert.deepEqual(await socket.closeFrame(), { code: 3003, reason: 'pathway_disabled' })
    assert.equal(served.length, 0)
  }),

  adapterCase('a JWT beside a ticket is not shown either', async ({ issue, present, requests }) => {
    const { ticket } = await issue()
    const socket = await present(ticket, { own: [`jwt.${JWT}`, 'chat.v2'] })
    assert.deepEqual(socket.header('sec-websocket-protocol'), ['chat.v2'])
    for (const text of [socket.received, ...requests]) assertAbsent(JWT, text)
  }),

  adapterCase(
    'a client without a credential is admitted where that is open, with or without subprotocols',
    async ({ dial, served, servedSockets }) => {
      const offering = await dial({ protocols: anonymousProtocols })
      assert.deepEqual(offering.header('sec-websocket-protocol'), ['wsticket.v1'])
      const bare = await dial({ target: '/ws?room=1' })
      assert.equal(bare.status, 101)
      assert.deepEqual(bare.header('sec-websocket-protocol'), [])
      await servedSockets(2)
      assert.ok(served.every(({ session }) => session.pathway === 'anonymous'))
    },
    { options: { authenticate, pathways: { anonymous: 'on' } } },
  ),
]
