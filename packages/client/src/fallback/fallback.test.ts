import type { Pathway } from '@wsticket/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.js'
import { jwt, startMisbehavingServer } from '../../test/misbehaving-server.js'
import { ScriptedSource } from '../../test/scripted-source.js'
import type { CauseCode } from '../core/connection-types.js'
import { TicketError } from '../core/ticket-error.js'
import { type GrantOptions, type TicketSource, ticketSource } from '../ticket-source.js'
import { withFallback } from './fallback.js'
import type { Downgrade, FallbackOptions } from './options.js'

const ALL: readonly Pathway[] = ['ticket', 'jwt_subprotocol', 'anonymous']
const FIVE_MINUTES = 300_000

let clock: ManualClock
let source: ScriptedSource
let downgrades: Downgrade[]
let recoveries: Pathway[]

beforeEach(() => {
  clock = new ManualClock()
  source = new ScriptedSource(() => clock.now())
  source.allows = ALL
  source.jwt = jwt({ iss: 'id', sub: 'ada', exp: clock.now() / 1000 + 600 })
  downgrades = []
  recoveries = []
})

const fallBack = (options: FallbackOptions = {}): TicketSource =>
  withFallback(source, {
    clock,
    onDowngrade: (downgrade) => downgrades.push(downgrade),
    onRecover: ({ from }) => recoveries.push(from),
    ...options,
  })

/** Holds the source's answers back until it is opened. */
function closeGate(): () => void {
  let open = (): void => {}
  source.gate = new Promise((resolve) => {
    open = resolve
  })
  return () => {
    source.gate = undefined
    open()
  }
}

/** What is presented next: a pathway, or why nothing is. */
async function next(tickets: TicketSource): Promise<string> {
  try {
    return (await tickets.grant()).pathway ?? 'ticket'
  } catch (thrown) {
    if (thrown instanceof TicketError) return thrown.code
    throw thrown
  }
}

/** Presents what comes next and has the handshake fail. */
async function failToConnect(tickets: TicketSource, code: CauseCode = 'connection_failed'): Promise<string> {
  const { pathway = 'ticket' } = await tickets.grant()
  tickets.settled?.({ opened: false, pathway, cause: { code } })
  return pathway
}

describe('withFallback()', () => {
  it('presents tickets as long as they work', async () => {
    const tickets = fallBack()
    for (let connects = 0; connects < 5; connects++) {
      expect(await next(tickets)).toBe('ticket')
      tickets.settled?.({ opened: true, pathway: 'ticket' })
    }
    expect(source).toMatchObject({
      configs: 0,
      issued: 5,
      outcomes: Array(5).fill({ opened: true, pathway: 'ticket' }),
    })
  })

  it('presents the JWT at once when the ticket route fails for the third time, and says so', async () => {
    const tickets = fallBack()
    source.failures.push('store_unavailable', 'store_unavailable', 'store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
    expect(source.configs).toBe(0)
    expect(await tickets.grant()).toEqual({
      ticket: '',
      pathway: 'jwt_subprotocol',
      carriedBy: ['wsticket.v1', `jwt.${source.jwt}`],
      credentialExpiresAt: clock.now() + 600_000,
      user: '0 ["id","ada"]',
    })
    expect(downgrades).toEqual([
      {
        from: 'ticket',
        to: 'jwt_subprotocol',
        cause: { code: 'store_unavailable' },
        until: clock.now() + FIVE_MINUTES,
      },
    ])
    expect(source.configs).toBe(1)
  })

  it('presents the JWT after three handshakes with tickets failed while HTTP works', async () => {
    const tickets = fallBack()
    expect(await failToConnect(tickets)).toBe('ticket')
    expect(await failToConnect(tickets, 'ticket_voided')).toBe('ticket')
    expect(await failToConnect(tickets, 'upstream_unreachable')).toBe('ticket')
    expect(await next(tickets)).toBe('jwt_subprotocol')
    expect(downgrades).toMatchObject([{ cause: { code: 'upstream_unreachable' } }])
  })

  it('counts failures of the route and of handshakes together, and forgets them when a ticket opens', async () => {
    const tickets = fallBack()
    source.failures.push('store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
    await failToConnect(tickets)
    await next(tickets)
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    await failToConnect(tickets)
    await failToConnect(tickets)
    expect(await next(tickets)).toBe('ticket')
    await failToConnect(tickets)
    expect(await next(tickets)).toBe('jwt_subprotocol')
  })

  it('tries tickets again after the time, and tells when they work', async () => {
    const tickets = fallBack({ after: 1, forMs: 1000 })
    await failToConnect(tickets)
    expect(await next(tickets)).toBe('jwt_subprotocol')
    clock.advance(999)
    expect(await next(tickets)).toBe('jwt_subprotocol')
    clock.advance(1)
    expect(await next(tickets)).toBe('ticket')
    expect(recoveries).toEqual([])
    tickets.settled?.({ opened: true, pathway: 'ticket' })
    await Promise.resolve()
    expect(recoveries).toEqual(['jwt_subprotocol'])
  })

  it('takes one failure after the time as one more in the row, and asks the server again', async () => {
    const tickets = fallBack()
    for (let fails = 0; fails < 3; fails++) await failToConnect(tickets)
    expect(await next(tickets)).toBe('jwt_subprotocol')
    clock.advance(FIVE_MINUTES)
    source.failures.push('store_unavailable')
    expect(await next(tickets)).toBe('jwt_subprotocol')
    clock.advance(FIVE_MINUTES)
    source.allows = ['ticket']
    source.failures.push('store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
    expect(downgrades).toHaveLength(2)
  })

  it.each(['not_found', 'pathway_disabled'] as const)(
    'asks the server at once when the route says %s',
    async (code) => {
      const tickets = fallBack()
      source.failures.push(code)
      expect(await next(tickets)).toBe('jwt_subprotocol')
      expect(downgrades).toMatchObject([{ from: 'ticket', to: 'jwt_subprotocol', cause: { code } }])
    },
  )

  it('goes on when the server switches tickets off at the handshake', async () => {
    const tickets = fallBack()
    source.allows = ['jwt_subprotocol']
    await failToConnect(tickets, 'pathway_disabled')
    // What a socket asks after such a refusal.
    expect(await tickets.pathways?.()).toContain('ticket')
    expect(await next(tickets)).toBe('jwt_subprotocol')
    source.allows = []
    expect(await tickets.pathways?.()).toEqual([])
  })

  it.each([
    'credential_missing',
    'credential_ambiguous',
    'credential_invalid',
    'credential_revoked',
    'credential_unavailable',
    'permissions_exceeded',
    'ticket_revoked',
    'audience_mismatch',
    'binding_mismatch',
    'origin_refused',
    'session_revoked',
    'session_closed',
    'session_limit',
    'rate_limited',
    'identity_unavailable',
    'draining',
    'request_invalid',
  ] as const)('never goes down for %s', async (code) => {
    const tickets = fallBack({ anonymous: true })
    source.failures.push(code, code, code, code)
    for (let fails = 0; fails < 4; fails++) expect(await next(tickets)).toBe(code)
    for (let fails = 0; fails < 4; fails++) expect(await failToConnect(tickets, code)).toBe('ticket')
    expect(await next(tickets)).toBe('ticket')
    expect(source.configs).toBe(0)
    expect(downgrades).toEqual([])
  })

  it.each(['network_unreachable', 'response_invalid', 'upstream_unreachable'] as const)(
    'does not take being offline for a failure of tickets: %s, and the server does not answer either',
    async (code) => {
      const tickets = fallBack()
      source.allows = 'network_unreachable'
      source.failures.push(code, code, code, code)
      for (let fails = 0; fails < 4; fails++) expect(await next(tickets)).toBe(code)
      for (let fails = 0; fails < 4; fails++) expect(await failToConnect(tickets, code)).toBe('ticket')
      expect(await next(tickets)).toBe('ticket')
      // Online again: what happened before is no reason.
      source.allows = ALL
      source.failures.push('store_unavailable', 'store_unavailable')
      expect(await next(tickets)).toBe('store_unavailable')
      expect(await next(tickets)).toBe('store_unavailable')
      expect(downgrades).toEqual([])
    },
  )

  it('stays with tickets if the server allows nothing else', async () => {
    const tickets = fallBack({ after: 1 })
    source.allows = ['ticket', 'anonymous']
    source.failures.push('store_unavailable', 'not_found')
    expect(await next(tickets)).toBe('store_unavailable')
    expect(await next(tickets)).toBe('not_found')
    expect(downgrades).toEqual([])
  })

  it('stays with tickets if the server does not say what it allows, or not soon', async () => {
    const tickets = fallBack({ after: 1 })
    source.allows = 'response_invalid'
    source.failures.push('store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
    source.allows = ALL
    await tickets.grant()
    const openGate = closeGate()
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'store_unavailable' } })
    await expect.poll(() => clock.pending).toEqual([5000])
    clock.advance(5000)
    openGate()
    expect(await next(tickets)).toBe('ticket')
    expect(downgrades).toEqual([])
  })

  it('goes no further than its own options allow', async () => {
    source.failures.push('store_unavailable', 'store_unavailable')
    expect(await next(fallBack({ after: 1, jwt: false }))).toBe('store_unavailable')
    expect(await next(fallBack({ after: 1, jwt: false, anonymous: true }))).toBe('anonymous')
  })

  it('goes on to no credential at all when the JWT fails as well, without more time', async () => {
    const tickets = fallBack({ anonymous: true, after: 2 })
    await failToConnect(tickets)
    await failToConnect(tickets)
    expect(await next(tickets)).toBe('jwt_subprotocol')
    const until = clock.now() + FIVE_MINUTES
    clock.advance(1000)
    expect(await failToConnect(tickets)).toBe('jwt_subprotocol')
    expect(await failToConnect(tickets, 'store_unavailable')).toBe('jwt_subprotocol')
    expect(await tickets.grant()).toEqual({
      ticket: '',
      pathway: 'anonymous',
      carriedBy: ['wsticket.v1'],
      user: 'anonymous',
    })
    expect(downgrades).toMatchObject([
      { from: 'ticket', to: 'jwt_subprotocol', until },
      { from: 'jwt_subprotocol', to: 'anonymous', until },
    ])
  })

  it('returns to tickets before the time when the end of the chain fails as well', async () => {
    const tickets = fallBack({ after: 2 })
    await failToConnect(tickets)
    await failToConnect(tickets)
    expect(await failToConnect(tickets)).toBe('jwt_subprotocol')
    expect(await next(tickets)).toBe('jwt_subprotocol')
    tickets.settled?.({ opened: true, pathway: 'jwt_subprotocol' })
    expect(await failToConnect(tickets)).toBe('jwt_subprotocol')
    expect(await failToConnect(tickets)).toBe('jwt_subprotocol')
    expect(await next(tickets)).toBe('ticket')
  })

  it('asks for a fresh JWT when the one before was refused', async () => {
    const tickets = fallBack({ after: 1 })
    await failToConnect(tickets)
    await tickets.grant()
    await tickets.grant({ refresh: true })
    expect(source.refreshes).toEqual([false, true])
  })

  it('presents no credential that a subprotocol cannot carry, and puts it into no message', async () => {
    const tickets = fallBack({ after: 1 })
    source.jwt = 'opaque/secret=='
    await failToConnect(tickets)
    const failure = await tickets.grant().catch(String)
    expect(failure).toMatch(/credential_unavailable/)
    expect(failure).not.toMatch(/secret/)
  })

  it('lets what stops the user stop the user on the lesser pathway, too', async () => {
    const tickets = fallBack({ after: 1, anonymous: true })
    await failToConnect(tickets)
    source.currentCredential = () => Promise.reject(new TicketError('credential_revoked'))
    expect(await next(tickets)).toBe('jwt_subprotocol')
    const own = withFallback(source, { after: 1, anonymous: true, clock })
    await failToConnect(own)
    expect(await next(own)).toBe('credential_revoked')
    expect(await next(own)).toBe('credential_revoked')
  })

  it('forgets at clear() what the user before was allowed', async () => {
    const tickets = fallBack({ after: 1 })
    await failToConnect(tickets)
    expect(await next(tickets)).toBe('jwt_subprotocol')
    tickets.clear()
    expect(source.cleared).toBe(1)
    source.allows = ['ticket']
    expect(await next(tickets)).toBe('ticket')
    source.failures.push('store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
  })

  it('gives no JWT of the user before, and takes no permission of theirs, when cleared meanwhile', async () => {
    const tickets = fallBack({ after: 1 })
    await failToConnect(tickets)
    await next(tickets)
    let openGate = closeGate()
    const late = next(tickets)
    await expect.poll(() => source.refreshes.length).toBe(2)
    tickets.clear()
    openGate()
    expect(await late).toBe('credential_unavailable')

    const { configs } = source
    await tickets.grant()
    openGate = closeGate()
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'store_unavailable' } })
    await expect.poll(() => source.configs).toBe(configs + 1)
    tickets.clear()
    openGate()
    expect(await next(tickets)).toBe('ticket')
  })

  it('takes a ticket route that took too long for a failure', async () => {
    const tickets = fallBack({ after: 1 })
    const openGate = closeGate()
    const step = new AbortController()
    const slow = tickets.grant({ signal: step.signal })
    await expect.poll(() => source.asked.length).toBe(1)
    // What a socket does when its time for the step is over.
    step.abort()
    tickets.settled?.({ opened: false, pathway: undefined, cause: { code: 'network_unreachable' } })
    source.failures.push('network_unreachable')
    openGate()
    await expect(slow).rejects.toThrow('network_unreachable')
    expect(await next(tickets)).toBe('jwt_subprotocol')
    expect(downgrades).toHaveLength(1)
  })

  it('counts a failure of the route once, although the socket tells it again', async () => {
    const tickets = fallBack({ after: 2 })
    source.failures.push('store_unavailable')
    await expect(tickets.grant({ signal: new AbortController().signal })).rejects.toThrow('store_unavailable')
    tickets.settled?.({ opened: false, pathway: undefined, cause: { code: 'store_unavailable' } })
    expect(await next(tickets)).toBe('ticket')
  })

  it('counts nothing of one user for the next', async () => {
    const tickets = fallBack()
    source.failures.push('store_unavailable', 'store_unavailable', 'store_unavailable')
    expect([await next(tickets), await next(tickets)]).toEqual(['store_unavailable', 'store_unavailable'])
    tickets.clear()
    expect(await next(tickets)).toBe('store_unavailable')
    expect(downgrades).toEqual([])
  })

  // Ten sockets that lost one server waited for it one after the other, five seconds each.
  it('asks once about all that failed in the same moment', async () => {
    const tickets = fallBack()
    const open = closeGate()
    const sockets = Array.from({ length: 10 }, () => ({}))
    for (const by of sockets) {
      tickets.settled?.({ by, opened: false, pathway: 'ticket', cause: { code: 'connection_failed' } })
    }
    const presented = Promise.all(sockets.map((by) => tickets.grant({ by })))
    await Promise.resolve()
    expect(source.configs).toBe(1)
    clock.advance(5000)
    open()
    expect((await presented).length).toBe(10)
    expect(downgrades).toEqual([])
  })

  it('gives up a credential with the attempt that waits for it', async () => {
    const { signal } = new AbortController()
    const asked: GrantOptions[] = []
    source.currentCredential = async (options) => {
      if (options) asked.push(options)
      return source.jwt
    }
    await withFallback(source, { clock, useTicketAuth: false }).grant({ signal })
    expect(asked).toEqual([{ refresh: undefined, signal }])
  })

  it('takes a list of pathways that is none for no answer', async () => {
    source.allows = {} as unknown as Pathway[]
    const tickets = fallBack({ after: 1 })
    source.failures.push('store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'connection_failed' } })
    expect(await next(tickets)).toBe('ticket')
  })

  // One restart of a server took all tabs' worth of sockets down to the JWT.
  it('counts the failures of each socket by itself, and forgets all when one of them opens', async () => {
    const tickets = fallBack()
    const [one, two] = [{}, {}]
    const fail = async (by: object): Promise<string> => {
      const { pathway = 'ticket' } = await tickets.grant({ by })
      tickets.settled?.({ by, opened: false, pathway, cause: { code: 'connection_failed' } })
      return pathway
    }
    for (const by of [one, two, one, two]) expect(await fail(by)).toBe('ticket')
    tickets.settled?.({ by: two, opened: true, pathway: 'ticket' })
    for (const by of [one, one, two, one]) expect(await fail(by)).toBe('ticket')
    expect(await next(tickets)).toBe('jwt_subprotocol')
    expect(downgrades).toHaveLength(1)
  })

  it('takes a source that throws at once for a server that does not answer', async () => {
    const tickets = withFallback(
      {
        ...source,
        grant: () => source.grant(),
        currentCredential: () => source.currentCredential(),
        pathways: () => {
          throw new Error('not now')
        },
      } as unknown as TicketSource,
      { after: 1, clock },
    )
    source.failures.push('store_unavailable')
    expect(await next(tickets)).toBe('store_unavailable')
  })

  it('goes down once when several sockets fail together', async () => {
    const tickets = fallBack({ after: 2 })
    source.failures.push('store_unavailable', 'store_unavailable', 'store_unavailable')
    expect(await Promise.all([next(tickets), next(tickets), next(tickets)])).toEqual([
      'store_unavailable',
      'jwt_subprotocol',
      'jwt_subprotocol',
    ])
    expect(downgrades).toHaveLength(1)
    // One that was on its way with a ticket says nothing about the JWT.
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'connection_failed' } })
    tickets.settled?.({ opened: false, pathway: 'ticket', cause: { code: 'connection_failed' } })
    expect(await next(tickets)).toBe('jwt_subprotocol')
  })

  it('serves libraries that take subprotocols', async () => {
    const tickets = fallBack({ after: 1, forMs: 1000 })
    const [version, ticket, own] = await tickets.protocols('chat')
    expect([version, own]).toEqual(['wsticket.v1', 'chat'])
    expect(ticket).toMatch(/^wsticket\.wst1_/)
    source.failures.push('store_unavailable')
    expect(await tickets.protocols('chat')).toEqual(['wsticket.v1', `jwt.${source.jwt}`, 'chat'])
    clock.advance(1000)
    await tickets.protocols()
    expect(recoveries).toEqual(['jwt_subprotocol'])
  })

  it('has no lesser form of a ticket or of an address with one', async () => {
    const tickets = fallBack({ after: 1 })
    await failToConnect(tickets)
    expect(await next(tickets)).toBe('jwt_subprotocol')
    expect(await tickets.take()).toMatch(/^wst1_/)
    expect(await tickets.url('ws://127.0.0.1/ws')).toContain('?ticket=wst1_')
  })

  it('takes only a source that knows its server', () => {
    expect(() => withFallback(ticketSource({ take: () => 'ticket' }))).toThrow(
      /ticketSource\(\{ url, credential/,
    )
  })

  it('names a user as the source does, so that a change of pathways is no change of users', async () => {
    const server = await startMisbehavingServer()
    try {
      const real = ticketSource({ url: server.ticketUrl, credential: () => source.jwt, clock })
      const tickets = withFallback(real, { after: 1, clock })
      // Whoever shares the source may clear it, too.
      real.clear()
      const { user } = await tickets.grant()
      server.ticketAnswers.push({
        status: 404,
        body: { type: 'a', title: 'No', status: 404, code: 'not_found' },
      })
      server.otherAnswers.set('/api/websocket/config', [
        {
          status: 200,
          body: {
            pathways: ['jwt_subprotocol'],
            carriers: [],
            ttl_seconds: 300,
            max_ttl_seconds: 3600,
            refresh_threshold_seconds: 30,
          },
        },
      ])
      expect(await tickets.grant()).toMatchObject({ pathway: 'jwt_subprotocol', user })
      // What the server allowed one user it may not allow the next.
      real.clear()
      expect((await tickets.grant()).pathway).toBeUndefined()
    } finally {
      await server.stop()
    }
  })
})

describe('With tickets switched off', () => {
  it('presents what the server allows, and calls that no step down', async () => {
    const tickets = fallBack({ useTicketAuth: false, after: 1, anonymous: true })
    expect(await next(tickets)).toBe('jwt_subprotocol')
    expect(await next(tickets)).toBe('jwt_subprotocol')
    expect(source).toMatchObject({ issued: 0, configs: 1 })
    expect(downgrades).toEqual([])
    await failToConnect(tickets)
    expect(await next(tickets)).toBe('anonymous')
    expect(downgrades).toMatchObject([{ from: 'jwt_subprotocol', to: 'anonymous' }])
    source.allows = ['jwt_subprotocol']
    clock.advance(FIVE_MINUTES)
    expect(await next(tickets)).toBe('jwt_subprotocol')
  })

  it('says what is wrong when nothing is allowed, and goes on what keeps the server from saying so', async () => {
    const tickets = fallBack({ useTicketAuth: false })
    source.allows = ['ticket']
    await expect(tickets.grant()).rejects.toThrow(/pathway_disabled: tickets are switched off in this client/)
    source.allows = 'network_unreachable'
    expect(await next(tickets)).toBe('network_unreachable')
  })
})
