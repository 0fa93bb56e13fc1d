import { createServer } from 'node:http'
import {
  anonymousProtocols,
  isConfigResponse,
  jwtProtocols,
  PATHS,
  ticketProtocols,
} from '@wsticket/protocol'
import { expect, it } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { type DialOptions, dial, dialRefused, type SocketProbe } from '../../../../test/socket-probe.js'
import { ORIGIN, type Rig, type RigOptions, rig } from '../../test/rig.js'
import type { Session } from '../sessions/session.js'
import { serverLimits, ticketRoutes } from './node-http.js'
import { admitUpgrades } from './ws.js'

const FORGED = `wst1_00${'A'.repeat(54)}`

interface Under {
  readonly of: Rig
  readonly http: string
  readonly sessions: readonly Session[]
  dial(protocols: readonly string[], more?: DialOptions): Promise<SocketProbe>
  /** The status and code of a refusal. */
  refused(protocols: readonly string[], more?: DialOptions): Promise<readonly [status: number, code: unknown]>
}

/** A server with real sockets, as one has it: routes, and an application that tells who connected. */
async function start(options: RigOptions): Promise<Under> {
  const of = rig({ audiences: [], ...options })
  const server = createServer(serverLimits, ticketRoutes(of.wsticket))
  const sessions: Session[] = []
  admitUpgrades(server, of.wsticket, { path: '/ws' }, (socket, session) => {
    sessions.push(session)
    socket.send(`hello ${session.principal.subject}`)
  })
  const { http, ws } = await listen(server)
  const at = (more: DialOptions, protocols: readonly string[]): [string, DialOptions] => [
    `${ws}/ws`,
    { origin: ORIGIN, ...more, protocols },
  ]
  return {
    of,
    http,
    sessions,
    dial: (protocols, more = {}) => dial(...at(more, protocols)),
    async refused(protocols, more = {}) {
      const { status, body } = await dialRefused(...at(more, protocols))
      const problem: unknown = JSON.parse(body)
      return [status, typeof problem === 'object' && problem !== null && 'code' in problem && problem.code]
    },
  }
}

it('a socket that came by JWT is served, listed and logged out as one that came by ticket', async () => {
  const { of, http, sessions, dial: connect, refused } = await start({ pathways: { jwtSubprotocol: 'warn' } })
  const token = of.tokenOf('ada', { sid: 'phone' })
  const socket = await connect(jwtProtocols(token))
  expect(socket.protocol).toBe('wsticket.v1')
  expect(await socket.next()).toBe('hello ada')
  expect(sessions[0]?.pathway).toBe('jwt_subprotocol')
  const headers = { authorization: `Bearer ${token}` }
  const listed = await fetch(`${http}${PATHS.sessions}`, { headers })
  expect(await listed.json()).toMatchObject({ sessions: [{ session_id: sessions[0]?.ref }] })
  await fetch(`${http}${PATHS.logout}`, { method: 'POST', headers })
  expect(await socket.end()).toEqual({ code: 3003, reason: 'session_revoked' })
  expect(await refused(jwtProtocols(token))).toEqual([401, 'credential_revoked'])
})

it('a socket that came by JWT is closed with 3008 when the JWT ends, and comes back with a fresh one', async () => {
  const { of, dial: connect, refused } = await start({ pathways: { jwtSubprotocol: 'on' }, skewSeconds: 0 })
  const seconds = Math.floor(of.clock.now() / 1000)
  const token = of.tokenOf('ada', { exp: seconds + 20 })
  const socket = await connect([...jwtProtocols(token), 'wsticket.refused'])
  await socket.next()
  await of.clock.run(20_000)
  expect(await socket.end()).toEqual({ code: 3008, reason: 'session_expired' })
  const again = await connect([...jwtProtocols(token), 'wsticket.refused'])
  expect([again.protocol, await again.end()]).toEqual([
    'wsticket.refused',
    { code: 3000, reason: 'credential_invalid' },
  ])
  expect(await refused(jwtProtocols(token))).toEqual([401, 'credential_invalid'])
  expect(await (await connect(jwtProtocols(of.tokenOf('ada')))).next()).toBe('hello ada')
})

it('a JWT that fills the headers is refused by Node with 431, and one that nearly does is not', async () => {
  const asked: number[] = []
  const { refused } = await start({
    pathways: { jwtSubprotocol: 'on' },
    authenticate: async ({ bearer = '' }) => void asked.push(bearer.length),
  })
  expect(await refused(jwtProtocols('A'.repeat(15_000)))).toEqual([401, 'credential_invalid'])
  expect(await refused(jwtProtocols('A'.repeat(17_000)))).toEqual([431, 'request_invalid'])
  expect(asked).toEqual([15_000])
})

it('the way down is open as far as the server says: ticket, JWT, nobody', async () => {
  const {
    of,
    http,
    sessions,
    dial: connect,
    refused,
  } = await start({
    pathways: { ticket: 'off', jwtSubprotocol: 'warn', anonymous: { permissions: ['read'] } },
  })
  const token = of.tokenOf('ada')
  const headers = { authorization: `Bearer ${token}` }
  const issued = await fetch(`${http}${PATHS.ticket}`, { method: 'POST', headers })
  expect([issued.status, await issued.json()]).toMatchObject([403, { code: 'pathway_disabled' }])
  const config: unknown = await (await fetch(`${http}${PATHS.config}`)).json()
  expect(isConfigResponse(config) && config.pathways).toEqual(['jwt_subprotocol', 'anonymous'])

  expect(await refused(ticketProtocols(FORGED))).toEqual([403, 'pathway_disabled'])
  expect(await refused(jwtProtocols(`${token}x`))).toEqual([401, 'credential_invalid'])
  expect(sessions).toEqual([])

  await (await connect(jwtProtocols(token))).next()
  const nobody = await connect(anonymousProtocols)
  expect(await nobody.next()).toMatch(/^hello anonymous:/)
  expect(sessions.map(({ pathway }) => pathway)).toEqual(['jwt_subprotocol', 'anonymous'])
  expect(sessions[1]?.principal.permissions).toEqual(['read'])
  expect(of.wsticket.counters().byPathway).toEqual(
    new Map([
      ['ticket', { opened: 0, refused: 1 }],
      ['jwt_subprotocol', { opened: 1, refused: 1 }],
      ['anonymous', { opened: 1, refused: 0 }],
    ]),
  )
})

it('nobody becomes anonymous by a bad ticket or a bad JWT', async () => {
  const {
    refused,
    dial: connect,
    sessions,
  } = await start({
    pathways: { jwtSubprotocol: 'on', anonymous: 'on' },
  })
  expect(await refused(ticketProtocols(FORGED))).toEqual([403, 'ticket_unknown'])
  expect(await refused(jwtProtocols('bad'))).toEqual([401, 'credential_invalid'])
  expect(await refused(['wsticket.v1', 'wsticket.undefined'])).toEqual([401, 'credential_missing'])
  const told = await connect([...ticketProtocols(FORGED), 'wsticket.refused'])
  expect(await told.end()).toEqual({ code: 3000, reason: 'ticket_unknown' })
  expect(sessions).toEqual([])
})

it('the sockets of an address have their cap, whichever way they came', async () => {
  const {
    of,
    refused,
    dial: connect,
  } = await start({
    pathways: { jwtSubprotocol: 'on', anonymous: 'on' },
    limits: { socketsPerAddress: 2 },
  })
  const nobody = await connect(anonymousProtocols)
  const ada = await connect(jwtProtocols(of.tokenOf('ada')))
  await ada.next()
  expect(await refused(anonymousProtocols)).toEqual([429, 'rate_limited'])
  expect(await refused(jwtProtocols(of.tokenOf('ada')))).toEqual([429, 'rate_limited'])
  nobody.close()
  await nobody.closed
  await expect.poll(() => of.take('session.closed').length).toBe(1)
  expect(await (await connect(jwtProtocols(of.tokenOf('ada')))).next()).toBe('hello ada')
})
