import type { Cause, ConnectionState, StateChange } from '@wsticket/client'
import { describe, expect, it } from 'vitest'
import { endingOf } from './ending.js'
import { stateWords } from './state-words.js'
import { BLANK_STUB, type Print, printOf, type Stub, stubAfter } from './stub.js'
import { addHappenings, firstHappening, happeningsOf, replayHappening, timeOfDay } from './timeline.js'
import { causeWords, clockSpan, codeWords, DROP_CLOSE_CODE, duration } from './words.js'

const history = { failures: 0, tried: [] }
const base = { attempt: 1, history, until: undefined }
const ref = '7fAAAAAAAAAAAAAAAAAAAAAA'
const offered = { ref, pathway: 'ticket' } as const
const live = { ...offered, since: 0, failedRenewals: 0, refreshNext: false }

const fetching = (cause: Cause): ConnectionState => ({
  ...base,
  cause,
  name: 'fetching',
  step: 'ticket',
  refresh: false,
})
const connecting: ConnectionState = {
  ...base,
  cause: { code: 'ticket_fetched' },
  name: 'connecting',
  ...offered,
}
const open = (cause: Cause): ConnectionState => ({ ...base, ...live, cause, name: 'open' })
const renewing: ConnectionState = { ...base, ...live, cause: { code: 'renewal_due' }, name: 'renewing' }
const waiting = (cause: Cause, until?: number): ConnectionState => ({
  ...base,
  cause,
  name: 'waiting',
  for: until === undefined ? 'message' : 'delay',
  until,
  refresh: false,
})
const stopped = (cause: Cause): ConnectionState => ({ ...base, cause, name: 'stopped' })
const change = (from: ConnectionState, to: ConnectionState): StateChange => ({ from, to, cause: to.cause })

const admitted = open({ code: 'connected' })
const facts = { now: 1000, endsAt: 61_000, loggingOut: false }
const titles = (of: StateChange, more: Partial<typeof facts> = {}): string[] =>
  happeningsOf(of, { ...facts, ...more }).map(({ title }) => title)

describe('the timeline', () => {
  it('tells the way from the ticket to the admission', () => {
    expect(firstHappening().title).toBe('Asking for a ticket')
    const told = happeningsOf(change(fetching({ code: 'started' }), connecting), facts)
    expect(told.map(({ kind }) => kind)).toEqual(['ticket', 'connecting'])
    expect(told[0]?.detail).toContain(ref)
    expect(titles(change(connecting, admitted))).toEqual(['Admitted'])
  })

  it('tells a drop with its close code, and when the next try is', () => {
    const dropped = waiting({ code: 'connection_lost', closeCode: DROP_CLOSE_CODE }, 1500)
    expect(titles(change(admitted, dropped))).toEqual(['Dropped (4000)', 'Next try in 500 ms'])
    expect(happeningsOf(change(admitted, dropped), facts)[0]?.detail).toMatch(/You dropped it/)
    expect(causeWords({ code: 'connection_lost', closeCode: 1006 })).toMatch(/cut off/)
  })

  it('tells a refusal by its code, and the fresh ticket that follows', () => {
    const next = fetching({ code: 'ticket_expired', closeCode: 3000 })
    const [refused, asking] = happeningsOf(change(connecting, next), facts)
    expect(refused).toMatchObject({
      kind: 'refused',
      tone: 'bad',
      code: 'ticket_expired',
      title: 'Refused (3000)',
    })
    expect(asking?.title).toBe('Asking for a ticket')
  })

  it('tells a failure that is no refusal as no connection, with the delay that the server asks for', () => {
    const told = happeningsOf(
      change(
        fetching({ code: 'started' }),
        waiting({ code: 'network_unreachable', retryAfterSeconds: 3 }, 4000),
      ),
      facts,
    )
    expect(told[0]).toMatchObject({ title: 'No connection', detail: expect.stringContaining('3 s') })
  })

  it('tells a revocation by others from the own logout', () => {
    const gone = change(admitted, stopped({ code: 'session_revoked', closeCode: 3003 }))
    expect(titles(gone)).toEqual(['Revoked (3003)'])
    expect(titles(gone, { loggingOut: true })).toEqual(['Logged out (3003)'])
  })

  it('tells closing and expiry by their names', () => {
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

  it('tells a renewal until when, and one that failed why', () => {
    expect(titles(change(admitted, renewing))).toEqual(['Asking to renew the session'])
    const [renewed] = happeningsOf(change(renewing, open({ code: 'renewed' })), facts)
    expect(renewed).toMatchObject({ title: 'Renewed', detail: `until ${timeOfDay(61_000)}` })
    const failed = happeningsOf(change(renewing, open({ code: 'network_unreachable' })), facts)
    expect(failed).toMatchObject([{ title: 'Renewal failed', code: 'network_unreachable' }])
  })

  it('tells what came of a replay', () => {
    expect(replayHappening({ kind: 'refused', code: 'ticket_used', closeCode: 3000 })).toMatchObject({
      title: 'Replay refused',
      code: 'ticket_used',
      detail: expect.stringContaining('3000'),
    })
    expect(replayHappening({ kind: 'admitted' }).tone).toBe('bad')
    expect(replayHappening({ kind: 'unclear', closeCode: 1006 }).tone).toBe('warn')
  })

  it('puts the newest first, numbers without gaps and forgets the oldest', () => {
    const say = (title: string) => ({ kind: 'ticket', tone: 'plain', title }) as const
    const two = addHappenings([], [say('a'), say('b')], 5)
    expect(two).toMatchObject([
      { id: 2, title: 'b', at: 5 },
      { id: 1, title: 'a', at: 5 },
    ])
    const many = Array.from({ length: 100 }, (_, index) => say(String(index)))
    const kept = addHappenings(two, many, 6)
    expect(kept).toHaveLength(80)
    expect(kept[0]).toMatchObject({ id: 102, title: '99' })
  })
})

describe('the paper', () => {
  const print: Print = printOf({ ticket: 'secret', ref, expiresAt: 60_000 }, 0)
  const whole: Stub = { ...print, phase: 'whole' }
  const torn: Stub = { ...print, phase: 'torn', redeemedAt: 1000 }
  const step = (stub: Stub, of: StateChange): Stub => stubAfter(stub, of, { print, now: 1000 })

  it('is printed when the ticket is fetched and torn when it is redeemed', () => {
    expect(step(BLANK_STUB, change(fetching({ code: 'started' }), connecting))).toEqual(whole)
    expect(step(whole, change(connecting, admitted))).toEqual(torn)
  })

  it('never carries the ticket itself', () => {
    expect(JSON.stringify(print)).not.toContain('secret')
  })

  it('stays torn through renewals and drops, until the next one is printed', () => {
    expect(step(torn, change(admitted, renewing))).toBe(torn)
    expect(step(torn, change(admitted, waiting({ code: 'connection_lost' }, 2000)))).toBe(torn)
    expect(step(torn, change(fetching({ code: 'wait_over' }), connecting))).toEqual(whole)
  })

  it('is stamped when it opened nothing, and when its session was revoked', () => {
    expect(step(whole, change(connecting, fetching({ code: 'ticket_expired' })))).toEqual({
      ...whole,
      phase: 'refused',
      code: 'ticket_expired',
    })
    expect(step(torn, change(admitted, stopped({ code: 'session_revoked' })))).toMatchObject({
      phase: 'void',
    })
    expect(step(torn, change(admitted, stopped({ code: 'closed_by_client' })))).toBe(torn)
  })

  it('is drawn with the usual life where a ticket says none', () => {
    expect(printOf({ ticket: 'secret' }, 5)).toEqual({ ref: '', fetchedAt: 5, expiresAt: 60_005 })
  })
})

describe('words', () => {
  it('sends those to sign in whose login has ended, and lets the others reconnect', () => {
    for (const code of [
      'session_revoked',
      'credential_revoked',
      'credential_invalid',
      'ticket_revoked',
    ] as const) {
      expect(endingOf({ code }).remedy, code).toBe('sign-in')
    }
    for (const code of ['session_closed', 'origin_refused', 'closed_by_server'] as const) {
      expect(endingOf({ code }).remedy, code).toBe('reconnect')
    }
  })

  it('are sentences for every code, from the refusal table where there are no better ones', () => {
    expect(codeWords('ticket_used')).toBe('This ticket was used already.')
    expect(codeWords('network_unreachable')).toMatch(/\.$/)
  })

  it('name every state', () => {
    const moods = [undefined, fetching({ code: 'started' }), connecting, admitted, renewing]
    expect(moods.map((state) => stateWords(state).mood)).toEqual(['busy', 'busy', 'busy', 'good', 'good'])
    expect(stateWords(waiting({ code: 'draining' }, 1)).words).toBe('Reconnecting')
    expect(stateWords(stopped({ code: 'session_closed' })).mood).toBe('bad')
  })

  it('write times as people read them', () => {
    expect(clockSpan(41_200)).toBe('0:42')
    expect(clockSpan(14 * 60_000 + 7000)).toBe('14:07')
    expect(clockSpan(11 * 3_600_000 + 59 * 60_000 + 30_000)).toBe('11:59:30')
    expect(clockSpan(-5)).toBe('0:00')
    expect(duration(240.4)).toBe('240 ms')
    expect(duration(1340)).toBe('1.3 s')
  })
})
