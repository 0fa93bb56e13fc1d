import { describe, expect, it } from 'vitest'
import {
  admitted,
  change,
  connecting,
  fetching,
  open,
  renewing,
  stopped,
  waiting,
} from '../../../test/states.js'
import { endingOf } from './ending.js'
import { stateWords } from './state-words.js'
import { troubleAfter } from './trouble.js'
import { causeWords, clockSpan, countdown, DROP_CLOSE_CODE, duration, isTrouble, sentence } from './words.js'

describe('words', () => {
  it('send those to sign in whose login has ended, and let the others reconnect', () => {
    for (const code of [
      'session_revoked',
      'credential_revoked',
      'credential_invalid',
      'ticket_revoked',
    ] as const) {
      expect(endingOf({ code }), code).toMatchObject({ remedy: 'sign-in', text: causeWords({ code }) })
    }
    // Beside a button that connects, nobody is told to reload the page.
    for (const code of ['session_closed', 'session_over', 'closed_by_server'] as const) {
      expect(endingOf({ code }), code).toMatchObject({ remedy: 'reconnect' })
      expect(endingOf({ code }).text).not.toMatch(/reload/i)
    }
    expect(endingOf({ code: 'origin_refused' }).remedy).toBe('reconnect')
  })

  it('say a cause as the client says it, but for the drop that only this page knows of', () => {
    expect(causeWords({ code: 'connection_lost', closeCode: 1006 })).toMatch(/was lost/)
    expect(causeWords({ code: 'connection_lost', closeCode: DROP_CLOSE_CODE })).toMatch(/You dropped it/)
  })

  it('tell what went wrong from how far it has come', () => {
    expect(isTrouble({ code: 'woke' })).toBe(false)
    expect(isTrouble({ code: 'wait_over' })).toBe(false)
    expect(isTrouble({ code: 'websocket_blocked' })).toBe(true)
  })

  it('make a sentence of what programmers are told', () => {
    expect(sentence('it is down, or DNS is')).toBe('It is down, or DNS is.')
  })

  it('write times as people read them', () => {
    expect(clockSpan(41_200)).toBe('0:42')
    expect(clockSpan(14 * 60_000 + 7000)).toBe('14:07')
    expect(clockSpan(11 * 3_600_000 + 59 * 60_000 + 30_000)).toBe('11:59:30')
    expect(clockSpan(-5)).toBe('0:00')
    expect(countdown(3240)).toBe('3.2 s')
    expect(countdown(-5)).toBe('0.0 s')
    expect(countdown(41_200)).toBe('0:42')
    expect(duration(240.4)).toBe('240 ms')
    expect(duration(1340)).toBe('1.3 s')
  })
})

describe('a state', () => {
  it('has a name and a mood, each of them', () => {
    const shown = [
      undefined,
      fetching({ code: 'started' }),
      fetching({ code: 'pathway_disabled' }, 'config'),
      { ...fetching({ code: 'credential_invalid' }), refresh: true },
      connecting(),
      admitted,
      open({ code: 'connected' }, 'jwt_subprotocol'),
      renewing(),
      waiting({ code: 'draining' }, 1),
      waiting({ code: 'offline' }, 1),
      waiting({ code: 'websocket_blocked' }, 1),
      waiting({ code: 'session_idle' }),
      stopped({ code: 'session_closed' }),
    ].map((state) => Object.values(stateWords(state)).join(': '))
    expect(shown).toEqual([
      'Starting: busy',
      'Fetching a ticket: busy',
      'Asking the server: busy',
      'Refreshing the login: busy',
      'Connecting: busy',
      'Connected: good',
      'Ticketless: warn',
      'Renewing: good',
      'Reconnecting: busy',
      'Offline: bad',
      'Blocked: bad',
      'Resting: idle',
      'Disconnected: bad',
    ])
  })
})

describe('a word beside the conversation', () => {
  const lost = { code: 'connection_lost' } as const
  const unreachable = { code: 'network_unreachable' } as const

  it('is not said of what passes by itself in a moment', () => {
    expect(troubleAfter(undefined, change(admitted, waiting(lost, 9000)))).toBeUndefined()
    expect(troubleAfter(undefined, change(admitted, waiting({ code: 'session_idle' })))).toBeUndefined()
    expect(troubleAfter(undefined, change(waiting(lost, 9000), fetching({ code: 'wait_over' })))).toBe(
      undefined,
    )
  })

  it('is said of what is certain, and of the second failure in a row', () => {
    const offline = waiting({ code: 'offline' }, 9000)
    expect(troubleAfter(undefined, change(admitted, offline))).toBe(offline.cause)
    const blocked = waiting({ code: 'websocket_blocked' }, 9000)
    expect(troubleAfter(undefined, change(waiting(lost, 9000), blocked))).toBe(blocked.cause)
    const second = change(fetching({ code: 'wait_over' }), waiting(unreachable, 9000, 2))
    expect(troubleAfter(undefined, second)).toBe(unreachable)
  })

  it('stays while the next attempt is under way, gives way to news, and goes when it is over', () => {
    expect(troubleAfter(lost, change(waiting(lost, 9000), fetching({ code: 'wait_over' })))).toBe(lost)
    expect(troubleAfter(lost, change(fetching({ code: 'wait_over' }), connecting()))).toBe(lost)
    expect(troubleAfter(lost, change(connecting(), waiting(unreachable, 9000)))).toBe(unreachable)
    const blocked = { code: 'websocket_blocked' } as const
    const failed = waiting({ code: 'connection_failed', closeCode: 1006 }, 9000)
    expect(troubleAfter(blocked, change(connecting(), failed))).toBe(blocked)
    expect(troubleAfter(lost, change(connecting(), admitted))).toBeUndefined()
    expect(troubleAfter(lost, change(connecting(), stopped({ code: 'session_closed' })))).toBeUndefined()
  })
})
