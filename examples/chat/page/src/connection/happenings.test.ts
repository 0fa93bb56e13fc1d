import type { Cause, StateChange } from '@wsticket/client'
import { describe, expect, it } from 'vitest'
import {
  admitted,
  change,
  connecting,
  fetching,
  open,
  REF,
  renewing,
  stopped,
  waiting,
} from '../../../test/states.js'
import { firstHappening, happeningsOf } from './happenings.js'
import { downgradeHappening, recoveryHappening } from './pathway-happenings.js'
import { replayHappening } from './replay.js'
import { DROP_CLOSE_CODE, timeOfDay } from './words.js'

const facts = { now: 1000, endsAt: 61_000, loggingOut: false, found: undefined }
const told = (of: StateChange, more: Partial<typeof facts> = {}) => happeningsOf(of, { ...facts, ...more })
const titles = (of: StateChange, more: Partial<typeof facts> = {}): string[] =>
  told(of, more).map(({ title }) => title)

describe('what happens to a connection', () => {
  it('begins with the ticket and leads to the admission', () => {
    expect(firstHappening().title).toBe('Asking for a ticket')
    const [ticket, dialing] = told(change(fetching({ code: 'started' }), connecting()))
    expect([ticket?.kind, dialing?.kind]).toEqual(['ticket', 'connecting'])
    expect(ticket?.detail).toContain(REF)
    expect(titles(change(connecting(), admitted))).toEqual(['Admitted'])
    expect(titles(change(connecting(), fetching({ code: 'pathway_disabled' }, 'config')))).toEqual([
      'Refused',
      'Asking which ways in are open',
    ])
  })

  it('is a drop with its close code, and when the next try is', () => {
    const dropped = waiting({ code: 'connection_lost', closeCode: DROP_CLOSE_CODE }, 1500)
    expect(titles(change(admitted, dropped))).toEqual(['Dropped (4000)', 'Next try in 500 ms'])
    expect(told(change(admitted, dropped))[0]?.detail).toMatch(/You dropped it/)
  })

  it('is a refusal by its code, and the fresh ticket that follows', () => {
    const next = fetching({ code: 'ticket_expired', closeCode: 3000 })
    const [refused, asking] = told(change(connecting(), next))
    expect(refused).toMatchObject({
      kind: 'refused',
      tone: 'bad',
      code: 'ticket_expired',
      title: 'Refused (3000)',
    })
    expect(asking?.title).toBe('Asking for a ticket')
  })

  it('is no connection where nobody refused, with the delay that the server asks for', () => {
    const cause = { code: 'network_unreachable', retryAfterSeconds: 3 } as const
    const [none] = told(change(fetching({ code: 'started' }), waiting(cause, 4000)))
    expect(none).toMatchObject({ title: 'No connection', detail: expect.stringContaining('3 s') })
  })

  it('is being offline, whatever it was before', () => {
    const offline = waiting({ code: 'offline' }, 4000)
    for (const from of [admitted, connecting(), fetching({ code: 'wait_over' })]) {
      expect(told(change(from, offline))[0]).toMatchObject({ kind: 'offline', title: 'Offline' })
    }
  })

  it('is a revocation by others, told from the own logout', () => {
    const gone = change(admitted, stopped({ code: 'session_revoked', closeCode: 3003 }))
    expect(titles(gone)).toEqual(['Revoked (3003)'])
    expect(titles(gone, { loggingOut: true })).toEqual(['Logged out (3003)'])
  })

  it('has closing, expiry and rest by their names', () => {
    expect(titles(change(admitted, stopped({ code: 'session_closed', closeCode: 3003 })))).toEqual([
      'Closed (3003)',
    ])
    expect(titles(change(admitted, fetching({ code: 'session_expired', closeCode: 3008 })))).toEqual([
      'Expired (3008)',
      'Asking for a ticket',
    ])
    expect(titles(change(admitted, waiting({ code: 'session_idle', closeCode: 3008 })))).toEqual([
      'Dropped (3008)',
      'Waiting until there is something to send',
    ])
  })

  it('has a renewal until when, and one that failed why', () => {
    expect(titles(change(admitted, renewing()))).toEqual(['Asking to renew the session'])
    const [renewed] = told(change(renewing(), open({ code: 'renewed' })))
    expect(renewed).toMatchObject({ title: 'Renewed', detail: `until ${timeOfDay(61_000)}` })
    const unknown = happeningsOf(change(renewing(), open({ code: 'renewed' })), {
      ...facts,
      endsAt: undefined,
    })
    expect(unknown).toEqual([{ kind: 'renewed', tone: 'good', title: 'Renewed' }])
    expect(titles(change(renewing(), renewing({ code: 'credential_invalid' })))).toEqual([
      'Asking once more, with a fresh access token',
    ])
    expect(told(change(renewing(), open({ code: 'network_unreachable' })))).toMatchObject([
      { title: 'Renewal failed', code: 'network_unreachable' },
    ])
    expect(titles(change(renewing(), open({ code: 'connected' })))).toEqual([])
    const nameless = open({ code: 'pathway_disabled' }, 'jwt_subprotocol')
    expect(told(change(renewing(), nameless))[0]?.detail).toMatch(/Only what a ticket has opened/)
  })
})

describe('what happens by itself while a connection', () => {
  it('waits: it is woken', () => {
    const cause = { code: 'offline' } as const
    expect(told(change(waiting(cause, 9000), waiting(cause, 1300)))).toMatchObject([
      { kind: 'woke', title: 'Woke up', detail: expect.stringContaining('300 ms') },
    ])
  })

  it('waits: somebody finds out why', () => {
    const before = waiting({ code: 'connection_failed', closeCode: 1006 }, 9000)
    const blocked = waiting({ code: 'websocket_blocked', detail: 'look at the proxy' }, 9000)
    expect(told(change(before, blocked))).toMatchObject([
      {
        kind: 'blocked',
        title: 'Found out: upgrades are blocked',
        code: 'websocket_blocked',
        detail: expect.stringMatching(/blocks live connections/),
      },
    ])
    expect(told(change(before, waiting({ code: 'store_unavailable' }, 9000)))).toMatchObject([
      { kind: 'diagnosis', title: 'Found out why', code: 'store_unavailable' },
    ])
  })

  it('waits: what was known already is told once, with what there is to look at', () => {
    const known = (detail?: string) => ({ code: 'network_unreachable' as const, detail })
    const found = (detail: string | undefined, before?: Cause) =>
      happeningsOf(change(waiting(known(), 9000), waiting(known(detail), 9000)), { ...facts, found: before })
    expect(found('it is down')).toMatchObject([{ title: 'Looked into it', detail: 'It is down.' }])
    expect(found('it is down', known('it is down'))).toEqual([])
    expect(found('it is down', known('it is elsewhere'))).toHaveLength(1)
    expect(found(undefined)).toEqual([])
  })

  it('is open: it is looked after', () => {
    expect(told(change(admitted, renewing({ code: 'woke' })))).toMatchObject([
      { kind: 'woke', title: 'Woke up' },
    ])
  })
})

describe('what happens without a ticket', () => {
  const cause = { code: 'pathway_disabled' } as const

  it('is told of each step down, and of the way back', () => {
    const down = downgradeHappening({ from: 'ticket', to: 'jwt_subprotocol', cause, until: 61_000 })
    expect(down).toMatchObject({ kind: 'downgrade', tone: 'warn', code: 'pathway_disabled' })
    expect(down.title).toBe('Stepping down to the access token itself')
    expect(down.detail).toContain(timeOfDay(61_000))
    const further = downgradeHappening({ from: 'jwt_subprotocol', to: 'anonymous', cause, until: 61_000 })
    expect(further.detail).toMatch(/fails, too/)
    expect(recoveryHappening({ from: 'jwt_subprotocol' })).toMatchObject({ tone: 'good' })
    expect(recoveryHappening({ from: 'anonymous' }).detail).toMatch(/without a name/)
  })

  it.each([
    ['jwt_subprotocol', /access token itself/],
    ['anonymous', /no credential/],
  ] as const)('says that it is %s', (pathway, words) => {
    const [dialing, ...more] = told(change(fetching({ code: 'started' }), connecting(pathway)))
    expect(more).toEqual([])
    expect(dialing?.detail).toMatch(words)
    const [opened] = told(change(connecting(pathway), open({ code: 'connected' }, pathway)))
    expect(opened).toMatchObject({ title: 'Admitted' })
    expect(opened?.detail).not.toMatch(/ticket/)
  })
})

describe('a replay', () => {
  it('is told by what came of it', () => {
    expect(replayHappening({ kind: 'refused', code: 'ticket_used', closeCode: 3000 })).toMatchObject({
      title: 'Replay refused',
      code: 'ticket_used',
      detail: 'This ticket was used already. The server closed with 3000.',
    })
    expect(replayHappening({ kind: 'admitted' }).tone).toBe('bad')
    expect(replayHappening({ kind: 'unclear', closeCode: 1006 }).tone).toBe('warn')
  })
})
