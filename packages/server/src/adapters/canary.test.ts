import { createServer, type IncomingMessage } from 'node:http'
import { jwtProtocols, PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { attempt, SocketProbe } from '../../../../test/socket-probe.js'
import { type Canary, findLeaks, formsOf, type Written } from '../../test/leaks.js'
import { FOREIGN, ORIGIN, rig } from '../../test/rig.js'
import { AUDIENCE, ISSUER, SECRET } from '../../test/tokens.js'
import { manualClock } from '../conformance/manual-clock.js'
import { auditLog } from '../events/audit.js'
import { jwt } from '../identity/jwt.js'
import { memoryStore } from '../stores/memory.js'
import { serverLimits, ticketRoutes } from './node-http.js'
import { admitUpgrades } from './ws.js'

/** What lies in a ticket or JWT that must be kept: the random part, and the signature. */
function canariesOf(kind: string, secret: string): Canary[] {
  if (kind === 'ticket') return [{ name: kind, secret: secret.slice(7, 50) }]
  return [{ name: kind, secret: secret.split('.')[2] ?? secret }]
}

/** Goes through the life of tickets and writes down everything that is written anywhere but in the answer to its owner. */
async function live(options: { readonly leak?: (ticket: string) => string } = {}): Promise<{
  canaries: Canary[]
  written: Written[]
}> {
  const canaries: Canary[] = [{ name: 'secret', secret: SECRET }]
  const written: Written[] = []
  const write = (where: string, value: unknown): void => {
    written.push({ where, text: typeof value === 'string' ? value : JSON.stringify(value) })
  }
  const clock = manualClock()
  const memory = memoryStore({ clock })
  const kept = new Proxy(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        write(`store.${String(name)}`, args)
        return value.apply(target, args)
      }
    },
  })
  const verify = jwt({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET, clock })
  const of = rig({
    clock,
    audiences: [],
    store: kept,
    bind: { origin: true },
    pathways: { jwtSubprotocol: 'warn' },
    validate: 'owner',
    limits: { sessionsPerUser: 3 },
    authenticate: async (request) => {
      if (request.header('x-broken') !== undefined)
        throw new Error(`GET /introspect?token=${request.bearer} failed`)
      return verify(request)
    },
  })
  of.wsticket.events.onAny((name, event) => write(`event ${name}`, event))
  const level = (name: string) => (fields: object, message: string) =>
    write(`audit ${name}`, [fields, message])
  auditLog(of.wsticket.events, {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
  })

  const server = createServer(serverLimits, ticketRoutes(of.wsticket))
  let breaks = false
  admitUpgrades(
    server,
    of.wsticket,
    {
      path: '/ws',
      ws: {
        verifyClient: ({ req }: { req: IncomingMessage }): boolean => {
          const { url, headers, rawHeaders, headersDistinct } = req
          write('the request of the application', [url, headers, rawHeaders, headersDistinct])
          return true
        },
      },
    },
    (socket, session) => {
      const { ref, principal, metadata, audience, carrier, address, origin } = session
      write('the session', { ref, principal, metadata, audience, carrier, address, origin })
      if (breaks) throw new Error('the application broke')
      socket.send('hello')
    },
  )
  const { http, ws } = await listen(server)

  const tokenOf = (subject: string, claims: object = {}): string => {
    const token = of.tokenOf(subject, { permissions: ['read'], ...claims })
    canaries.push(...canariesOf('JWT', token))
    return token
  }
  const ask = async (
    path: string,
    token: string | undefined,
    init: RequestInit = {},
  ): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${http}${path}`, {
      ...init,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...init.headers,
      },
    })
    const text = await answer.text()
    write(`headers of ${path}`, [...answer.headers])
    const issued = answer.status === 201
    if (!issued) write(`the answer ${answer.status} of ${init.method ?? 'GET'}`, text)
    return JSON.parse(text) as Record<string, unknown>
  }
  const issue = async (token: string, body: object = {}): Promise<string> => {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { origin: ORIGIN } }
    const { ticket_id } = await ask(PATHS.ticket, token, init)
    const ticket = String(ticket_id)
    canaries.push(...canariesOf('ticket', ticket))
    return ticket
  }
  const connect = async (
    target: string,
    protocols: readonly string[] = [],
    origin: string = ORIGIN,
  ): Promise<void> => {
    const outcome = await attempt(`${ws}${target}`, { protocols, origin })
    if (!(outcome instanceof SocketProbe)) return write(`the refusal ${outcome.status}`, outcome)
    write('the subprotocol', outcome.protocol)
    if (outcome.protocol === 'wsticket.refused') write('the close frame', await outcome.end())
    else write('the message', await outcome.next().catch((error: unknown) => String(error)))
  }
  const by = (ticket: string, refusals = false): string[] => [
    'wsticket.v1',
    `wsticket.${ticket}`,
    ...(refusals ? ['wsticket.refused'] : []),
    'chat.v2',
  ]

  // A life without trouble, by both carriers.
  const token = tokenOf('ada', { sid: 's', email: 'ada@example.com', team: 'x' })
  const first = await issue(token, { metadata: { room: 'r1' } })
  await connect('/ws', by(first))
  const second = await issue(token)
  await connect(`/ws?room=1&ticket=${second}`)
  // Every refusal, over HTTP and over a socket.
  const third = await issue(token)
  for (const refusals of [false, true]) {
    await connect('/ws', by(first, refusals))
    await connect(`/ws?ticket=${third}`, refusals ? ['wsticket.refused'] : [], FOREIGN)
    await connect(`/elsewhere?ticket=${third}`, by(third, refusals))
    await connect(`/ws?ticket=${second}`, by(third, refusals))
    await connect(`/ws?ticket=${third}x`, refusals ? ['wsticket.refused'] : [])
    await connect(`/ws?ticket=${third}`, ['wsticket.refused', 'a'].slice(0, refusals ? 2 : 0), third)
  }
  // By JWT: let in, and refused in every way there is.
  const riding = tokenOf('bob', { sid: 's' })
  await connect('/ws', [...jwtProtocols(riding), 'chat.v2'])
  for (const refusals of [false, true]) {
    const more = refusals ? ['wsticket.refused'] : []
    await connect('/ws', [...jwtProtocols(`${riding}x`), ...more])
    await connect('/ws', [...jwtProtocols(riding), `jwt.${tokenOf('eve')}`, ...more])
    await connect('/ws', [...jwtProtocols(riding), `wsticket.${second}`, ...more])
    await connect('/ws', [...jwtProtocols(riding), ...more], FOREIGN)
    await connect('/elsewhere', [...jwtProtocols(riding), ...more])
    await connect('/ws', ['wsticket.v1', `wsticket.${riding}`, ...more])
  }
  // Tickets and tokens where none belong.
  const init = { method: 'POST', headers: { origin: ORIGIN } }
  for (const stray of [third, token]) {
    await ask(PATHS.ticket, token, { ...init, body: JSON.stringify({ [stray]: 1 }) })
    await ask(PATHS.ticket, token, { ...init, body: JSON.stringify({ audience: stray.slice(0, 250) }) })
    await ask(PATHS.ticket, token, { ...init, body: JSON.stringify({ permissions: [stray.slice(0, 250)] }) })
    await ask(PATHS.ticket, token, { ...init, body: stray })
    await ask(PATHS.ticket, token, { ...init, headers: { origin: stray } })
    await ask(PATHS.ticket, token, { ...init, headers: { 'content-type': stray } })
    await ask(PATHS.ticket, `${stray}x`, init)
    await ask(PATHS.validate.replace('{ref}', stray), token)
    await ask(PATHS.validate.replace('{ref}', stray), tokenOf('eve'))
    await ask(PATHS.ticketByRef.replace('{ref}', stray), tokenOf('eve'), { method: 'DELETE' })
    await ask(PATHS.renew.replace('{ref}', stray), token, { method: 'POST' })
    await ask(`${PATHS.config}?ticket=${stray}`, undefined)
  }
  // What is verified elsewhere fails, and says so in its own words.
  await ask(PATHS.ticket, token, { method: 'POST', headers: { 'x-broken': '1' } })
  // Renewed, listed, revoked, broken, logged out.
  const ref = (await of.wsticket.inspect(first)) as { record: { ref: string } }
  await ask(
    PATHS.renew.replace('{ref}', ref.record.ref),
    tokenOf('ada', { sid: 's', iat: clock.now() / 1000 - 1 }),
    { method: 'POST' },
  )
  await ask(PATHS.sessions, token)
  await ask(PATHS.ticketByRef.replace('{ref}', third), token, { method: 'DELETE' })
  await connect('/ws', by(third, true))
  breaks = true
  await connect('/ws', by(await issue(token)))
  breaks = false
  const last = await issue(token)
  await ask(PATHS.logout, token, { method: 'POST' })
  await ask(PATHS.ticket, token, { method: 'POST' })
  await connect('/ws', by(last, true))
  await ask(PATHS.status, undefined)
  const leaked = options.leak?.(last)
  if (leaked !== undefined) of.wsticket.binding.failed('the application', new Error(leaked))
  return { canaries, written }
}

describe('tickets, JWTs and keys', () => {
  it('are written nowhere but into the answer to their owner', async () => {
    const { canaries, written } = await live()
    expect(findLeaks(canaries, written)).toEqual([])
    // There was something to find, and somewhere to find it.
    expect(canaries.filter(({ name }) => name === 'ticket').length).toBeGreaterThanOrEqual(5)
    const places = new Set(written.map(({ where }) => where.split(' ')[0]))
    for (const place of ['event', 'audit', 'headers', 'store.issue', 'store.redeem'])
      expect(places).toContain(place)
    const told = new Set(written.map(({ where }) => where))
    for (const event of [
      'event ticket.issued',
      'event ticket.redeemed',
      'event redeem.refused',
      'event pathway.used',
      'event request.refused',
      'event ticket.reused',
      'event session.renewed',
      'event session.closed',
      'event login.revoked',
      'event identity.failed',
      'event handler.failed',
      'the request of the application',
      'the close frame',
      'the refusal 403',
      'the answer 401 of POST',
    ]) {
      expect(told).toContain(event)
    }
  })

  it('are found where they leak', async () => {
    const hidden = (ticket: string): string => `saw ${Buffer.from(ticket).toString('base64')}`
    const { canaries, written } = await live({ leak: hidden })
    expect(findLeaks(canaries, written)).toEqual(
      expect.arrayContaining(['ticket stands in event handler.failed', 'ticket stands in audit error']),
    )
  })
})

describe('findLeaks', () => {
  const secret = 'Zq3-_x8Kd0PLmN47bVcRtYuIoPaSdFgHjKlQwErTyUi'
  const encoded = (padding: string): string => Buffer.from(`${padding}${secret}, and more`).toString('base64')

  it.each([
    ['raw', `GET /ws?ticket=wst1_00${secret}AAAAAAAAAAA`],
    ['URL-encoded', `ticket%3D${encodeURIComponent(secret)}`],
    ['percent-encoded', [...secret].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('')],
    ['hexadecimal', Buffer.from(secret).toString('hex')],
    ['base64', encoded('')],
    ['base64 behind one byte', encoded('a')],
    ['base64 behind two bytes', encoded('ab')],
    ['base64 behind three bytes', encoded('abc')],
    ['base64url', Buffer.from(`{"t":"${secret}"}`).toString('base64url')],
  ])('finds a secret that is written %s', (_form, text) => {
    expect(findLeaks([{ name: 'ticket', secret }], [{ where: 'the log', text }])).toEqual([
      'ticket stands in the log',
    ])
  })

  it('finds nothing in what is something else', () => {
    const text = `${secret.slice(1)} ${encoded('').slice(8)} ${formsOf('another secret of the same kind').join(' ')}`
    expect(findLeaks([{ name: 'ticket', secret }], [{ where: 'the log', text }])).toEqual([])
  })
})
