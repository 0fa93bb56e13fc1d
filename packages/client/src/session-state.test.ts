import { REFUSALS, type RefusalCode } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { named, transitionTable } from '../test/transition-table.js'
import {
  CONNECT_TIMEOUT_MAX_MS,
  causeOfClose,
  STABLE_AFTER_MS,
  STEP_TIMEOUT_MS,
  start,
} from './core/connection-state.js'
import type { CauseCode, ConnectionState, Input } from './core/connection-types.js'
import { type SessionMoment, transition } from './session-state.js'

const moment: SessionMoment = {
  now: 1_000_000,
  random: 0.5,
  queued: false,
  offline: false,
  renewAt: 1_001_000,
}
const NO_HISTORY = { failures: 0, tried: [] }

const until = moment.now + 20_000
const common = { attempt: 3, cause: { code: 'started' }, history: NO_HISTORY, until } as const
const offered = { ...common, ref: 'ref', pathway: 'ticket' } as const
const live = { ...offered, since: moment.now - 1, failedRenewals: 0, refreshNext: false } as const
const states = {
  'fetching ticket': { ...common, name: 'fetching', step: 'ticket', refresh: false },
  'fetching config': { ...common, name: 'fetching', step: 'config', refresh: false },
  connecting: { ...offered, name: 'connecting' },
  open: { ...live, name: 'open' },
  renewing: { ...live, name: 'renewing' },
  'waiting for delay': { ...common, name: 'waiting', for: 'delay', refresh: false },
  'waiting for message': { ...common, name: 'waiting', for: 'message', until: undefined, refresh: false },
  stopped: { ...common, name: 'stopped', until: undefined },
} satisfies Record<string, ConnectionState>

const at = { attempt: 3 } as const
const inputs = {
  'ticket-fetched': { type: 'ticket-fetched', ...at, ref: 'ref', pathway: 'ticket' },
  'config: open': { type: 'config-read', ...at, pathwayOpen: true },
  'config: closed': { type: 'config-read', ...at, pathwayOpen: false },
  failed: { type: 'failed', ...at, cause: { code: 'network_unreachable' } },
  refused: { type: 'failed', ...at, cause: { code: 'credential_revoked' } },
  opened: { type: 'opened', ...at },
  renew: { type: 'renew' },
  renewed: { type: 'renewed', ...at },
  'renew failed': { type: 'renewal-failed', ...at, cause: { code: 'network_unreachable' } },
  'session over': { type: 'renewal-failed', ...at, cause: { code: 'session_over' } },
  diagnosed: { type: 'diagnosed', ...at, cause: { code: 'websocket_blocked' } },
  timer: { type: 'timer' },
  woke: { type: 'woke' },
  message: { type: 'message-queued' },
  close: { type: 'close' },
} satisfies Record<string, Input>

// The whole table: a row for each input, a column for each state; `.` where the input means nothing.
const TABLE = `
                 | fetching ticket | fetching config | connecting | open     | renewing | waiting for delay | waiting for message | stopped
ticket-fetched   | connecting      | .               | .          | .        | .        | .                 | .                   | .
config: open     | .               | fetching        | .          | .        | .        | .                 | .                   | .
config: closed   | .               | stopped         | .          | .        | .        | .                 | .                   | .
failed           | waiting         | waiting         | waiting    | waiting  | waiting  | .                 | .                   | .
refused          | stopped         | stopped         | stopped    | stopped  | stopped  | .                 | .                   | .
opened           | .               | .               | open       | .        | .        | .                 | .                   | .
renew            | .               | .               | .          | renewing | .        | .                 | .                   | .
renewed          | .               | .               | .          | .        | open     | .                 | .                   | .
renew failed     | .               | .               | .          | .        | open     | .                 | .                   | .
session over     | .               | .               | .          | .        | waiting  | .                 | .                   | .
diagnosed        | .               | .               | .          | .        | .        | waiting           | waiting             | .
timer            | waiting         | waiting         | waiting    | renewing | open     | fetching          | .                   | .
woke             | .               | .               | .          | renewing | .        | waiting           | .                   | .
message          | .               | .               | .          | .        | .        | .                 | fetching            | .
close            | stopped         | stopped         | stopped    | stopped  | stopped  | stopped           | stopped             | .
`
const table = transitionTable(TABLE)
const dueIn = (state: ConnectionState): number | undefined =>
  state.until === undefined ? undefined : state.until - moment.now

describe('transition, the whole table', () => {
  it('has a row for each input and a column for each state', () => {
    expect(table.states).toEqual(Object.keys(states))
    expect(table.inputs).toEqual(Object.keys(inputs))
  })

  it.each(table.cells)('%s, %s: %s', (stateName, inputName, to) => {
    const state = named<ConnectionState>(states, stateName)
    const next = transition(state, named<Input>(inputs, inputName), moment)
    if (to === '.') {
      expect(next).toBe(state)
      return
    }
    expect(next.name).toBe(to)
    expect(next).not.toBe(state)
  })

  it.each(table.cells.filter(([, input]) => 'attempt' in named<Input>(inputs, input)))(
    '%s, %s of an attempt that is no more: nothing',
    (stateName, inputName) => {
      const state = named<ConnectionState>(states, stateName)
      const input = named<Input>(inputs, inputName)
      for (const attempt of [2, 4])
        expect(transition(state, { ...input, attempt } as Input, moment)).toBe(state)
    },
  )

  // A state that nothing moves is a dead end: who is in one must be open, wait for a message, or have stopped.
  it.each(table.cells.filter(([, , to]) => to !== '.'))(
    '%s, %s: %s, with something that moves it',
    (from, input) => {
      const next = transition(named<ConnectionState>(states, from), named<Input>(inputs, input), moment)
      const rests = next.name === 'stopped' || (next.name === 'waiting' && next.for === 'message')
      expect(next.until === undefined).toBe(rests)
      if (next.until !== undefined) {
        expect(next.until).toBeGreaterThanOrEqual(moment.now)
        expect(transition(next, { type: 'timer' }, { ...moment, now: next.until })).not.toBe(next)
      }
    },
  )
})

describe('transition, time', () => {
  it('starts by fetching a ticket, for so long at most', () => {
    expect(start(moment.now)).toEqual({
      name: 'fetching',
      step: 'ticket',
      refresh: false,
      attempt: 1,
      cause: { code: 'started' },
      history: NO_HISTORY,
      until: moment.now + STEP_TIMEOUT_MS,
    })
  })

  // Firefox holds a handshake back, the longer the more have failed, up to a minute; one that was given up was one more.
  it('has more patience with a handshake that follows failures', () => {
    const patience = (failures: number): number | undefined =>
      dueIn(
        transition(
          { ...states['fetching ticket'], history: { failures, tried: [] } },
          inputs['ticket-fetched'],
          moment,
        ),
      )
    expect([0, 1, 2].map(patience)).toEqual([15_000, 30_000, 45_000])
    expect(patience(99)).toBe(CONNECT_TIMEOUT_MAX_MS)
  })

  it('renews when it is told to, or not at all', () => {
    expect(dueIn(transition(states.connecting, inputs.opened, moment))).toBe(1000)
    const never = transition(states.connecting, inputs.opened, { ...moment, renewAt: undefined })
    expect(dueIn(never)).toBeUndefined()
  })
})

describe('transition, when the page or its network comes back', () => {
  it('tries soon what it waits for, and not all at once', () => {
    const woke = (random: number) =>
      transition(states['waiting for delay'], inputs.woke, { ...moment, random })
    expect([0, 0.5, 0.999].map((random) => dueIn(woke(random)))).toEqual([0, 500, 999])
  })

  it('never waits longer for it', () => {
    const soon = { ...states['waiting for delay'], until: moment.now + 100 }
    expect(transition(soon, inputs.woke, moment)).toBe(soon)
  })

  it('keeps to the delay that the server asked for', () => {
    const told = {
      ...states['waiting for delay'],
      cause: { code: 'rate_limited', retryAfterSeconds: 20 },
    } as const
    expect(transition(told, inputs.woke, moment)).toBe(told)
  })

  it('looks after what seems open', () => {
    expect(transition(states.open, inputs.woke, moment)).toMatchObject({
      name: 'renewing',
      cause: { code: 'woke' },
      refreshNext: false,
    })
  })

  it('comes back as after any loss from a session that is over', () => {
    expect(transition(states.renewing, inputs['session over'], moment)).toMatchObject({
      name: 'waiting',
      cause: { code: 'connection_lost', detail: 'session_over' },
      history: { failures: 1 },
    })
  })
})

describe('transition, failures that nobody explains', () => {
  it.each(['network_unreachable', 'connection_failed', 'connection_lost'] as const)(
    'are being offline where the browser says so: %s',
    (code) => {
      const input: Input = { type: 'failed', attempt: 3, cause: { code, closeCode: 1006 } }
      const next = transition(states['fetching ticket'], input, { ...moment, offline: true })
      expect(next).toMatchObject({ name: 'waiting', cause: { code: 'offline', closeCode: 1006 } })
    },
  )

  it('are told by the diagnosis, and waited for as before', () => {
    const waiting = states['waiting for delay']
    expect(transition(waiting, inputs.diagnosed, moment)).toEqual({
      ...waiting,
      cause: { code: 'websocket_blocked' },
    })
  })

  it('are nothing else where somebody explains them', () => {
    const next = transition(states['fetching ticket'], inputs.refused, { ...moment, offline: true })
    expect(next.cause.code).toBe('credential_revoked')
  })
})

// What a client does about each code: the first time, and when the same comes again before the connection was stable.
// `!` marks that the credential is refreshed first.
const REMEDIES: readonly (readonly [RefusalCode, string, string])[] = [
  ['credential_missing', 'fetching', 'stopped'],
  ['credential_ambiguous', 'stopped', 'stopped'],
  ['credential_invalid', 'fetching!', 'stopped'],
  ['credential_revoked', 'stopped', 'stopped'],
  ['permissions_exceeded', 'stopped', 'stopped'],
  ['ticket_unknown', 'fetching', 'waiting'],
  ['ticket_expired', 'fetching', 'waiting'],
  ['ticket_used', 'fetching', 'waiting'],
  ['ticket_voided', 'fetching', 'waiting'],
  ['ticket_revoked', 'stopped', 'stopped'],
  ['audience_mismatch', 'stopped', 'stopped'],
  ['binding_mismatch', 'stopped', 'stopped'],
  ['origin_refused', 'stopped', 'stopped'],
  ['pathway_disabled', 'fetching config', 'stopped'],
  ['session_revoked', 'stopped', 'stopped'],
  ['session_closed', 'stopped', 'stopped'],
  ['session_expired', 'fetching!', 'waiting!'],
  ['session_idle', 'waiting for message', 'waiting for message'],
  ['session_limit', 'waiting', 'waiting'],
  ['rate_limited', 'waiting', 'waiting'],
  ['store_unavailable', 'waiting', 'waiting'],
  ['identity_unavailable', 'waiting', 'waiting'],
  ['draining', 'waiting', 'waiting'],
  ['upstream_unreachable', 'waiting', 'waiting'],
  ['request_invalid', 'stopped', 'stopped'],
  ['not_found', 'stopped', 'stopped'],
  ['session_over', 'stopped', 'stopped'],
]

const closed = (code: number, reason: string, wasOpen = true): Input => ({
  type: 'failed',
  attempt: 3,
  cause: causeOfClose({ code, reason }, wasOpen),
})
const shown = (state: ConnectionState): string => {
  if (state.name === 'fetching' && state.step === 'config') return 'fetching config'
  if (state.name === 'waiting' && state.for === 'message') return 'waiting for message'
  const refresh = 'refresh' in state && state.refresh
  return `${state.name}${refresh ? '!' : ''}`
}

describe('transition, refusals', () => {
  it('knows a remedy for every code of the table', () => {
    expect(REMEDIES.map(([code]) => code)).toEqual(Object.keys(REFUSALS))
  })

  it.each(REMEDIES)('%s over a socket: %s, then %s', (code, first, again) => {
    const input = closed(3000, code)
    const once = transition(states.open, input, moment)
    expect(shown(once)).toBe(first)
    expect(once.cause).toEqual({ code, closeCode: 3000 })
    expect(once.history).toEqual({ failures: 1, tried: [code] })
    const twice = transition({ ...states.open, history: once.history }, input, moment)
    expect(shown(twice)).toBe(again)
    expect(twice.history).toEqual({ failures: 2, tried: [code] })
  })

  it.each(REMEDIES)('%s from the ticket route: %s, then %s', (code, first, again) => {
    const input: Input = { type: 'failed', attempt: 3, cause: { code } }
    const once = transition(states['fetching ticket'], input, moment)
    expect(shown(once)).toBe(first)
    const twice = transition({ ...states['fetching ticket'], history: once.history }, input, moment)
    expect(shown(twice)).toBe(again)
  })

  it.each<[CauseCode]>([['network_unreachable'], ['response_invalid'], ['credential_unavailable']])(
    '%s is never final',
    (code) => {
      let state: ConnectionState = states['fetching ticket']
      for (let round = 0; round < 50; round++) {
        state = transition(state, { type: 'failed', attempt: state.attempt, cause: { code } }, moment)
        expect(state.name).toBe('waiting')
        state = transition(state, { type: 'timer' }, moment)
        expect(state.name).toBe('fetching')
      }
    },
  )

  it('honours the delay that the server named, with jitter on top', () => {
    const step = transition(
      states['fetching ticket'],
      { type: 'failed', attempt: 3, cause: { code: 'rate_limited', retryAfterSeconds: 7 } },
      moment,
    )
    expect(dueIn(step)).toBe(7500)
    expect(step).toMatchObject({ name: 'waiting', until: moment.now + 7500 })
    expect(step.cause.retryAfterSeconds).toBe(7)
  })

  it('refreshes an invalid credential only after the delay that the server named', () => {
    const step = transition(
      states['fetching ticket'],
      { type: 'failed', attempt: 3, cause: { code: 'credential_invalid', retryAfterSeconds: 1 } },
      moment,
    )
    expect(shown(step)).toBe('waiting!')
    expect(dueIn(step)).toBe(1500)
    const next = transition(step, inputs.timer, moment)
    expect(next).toMatchObject({ name: 'fetching', attempt: 4, refresh: true })
  })

  it('still owes the refresh after the network failed in between', () => {
    const step = transition({ ...states['fetching ticket'], refresh: true }, inputs.failed, moment)
    expect(shown(step)).toBe('waiting!')
  })

  it('comes back from an idle session at once where something waits to be sent', () => {
    const input = closed(3008, 'session_idle')
    expect(transition(states.open, input, { ...moment, queued: true }).name).toBe('fetching')
  })

  it('forgets former failures after a connection that was stable, and not before', () => {
    const history = { failures: 9, tried: ['ticket_used'] } as const
    const input = closed(3000, 'ticket_used')
    const after = (ms: number) =>
      transition({ ...states.open, since: moment.now - ms, history }, input, moment)
    expect(after(STABLE_AFTER_MS)).toMatchObject({ name: 'fetching', history: { failures: 1 } })
    expect(after(STABLE_AFTER_MS - 1)).toMatchObject({ name: 'waiting', history: { failures: 10 } })
  })

  // A server that refuses after a second of connection was asked again at once for ever.
  it('forgets what was tried only after a connection that was stable', () => {
    const history = { failures: 1, tried: ['credential_invalid'] } as const
    const input = closed(3000, 'credential_invalid')
    const after = (ms: number) =>
      transition({ ...states.open, since: moment.now - ms, history }, input, moment).name
    expect([after(1000), after(STABLE_AFTER_MS - 1), after(STABLE_AFTER_MS)]).toEqual([
      'stopped',
      'stopped',
      'fetching',
    ])
  })

  // Restarts that came close together led to waits of half a minute, and to full outboxes.
  it('forgets few failures sooner: after about the wait that they led to', () => {
    const left = (failures: number, lasted: number) =>
      transition(
        { ...states.open, since: moment.now - lasted, history: { failures, tried: [] } },
        closed(1006, ''),
        moment,
      ).history.failures
    expect([left(1, 999), left(1, 1000)]).toEqual([2, 1])
    expect([left(3, 3999), left(3, 4000)]).toEqual([4, 1])
    expect([left(20, 4999), left(20, 5000)]).toEqual([21, 1])
  })

  it('jitters the first reconnect after a loss, too', () => {
    const waits = [0, 0.25, 0.999].map((random) =>
      dueIn(transition(states.open, closed(1006, ''), { ...moment, random })),
    )
    expect(waits).toEqual([0, 250, 999])
  })

  it.each([
    [1000, 'stopped', 'closed_by_server'],
    [3003, 'stopped', 'closed_by_server'],
    [1001, 'waiting', 'connection_lost'],
    [1005, 'waiting', 'connection_lost'],
    [1006, 'waiting', 'connection_lost'],
    [1011, 'waiting', 'connection_lost'],
    [1012, 'waiting', 'connection_lost'],
    [3000, 'waiting', 'connection_lost'],
    [3008, 'waiting', 'connection_lost'],
    [4001, 'waiting', 'connection_lost'],
  ])('close %i without one of our reasons: %s', (closeCode, name, code) => {
    const step = transition(states.open, closed(closeCode, 'bye'), moment)
    expect(step).toMatchObject({ name, cause: { code, closeCode } })
  })

  it('tells a handshake that failed from a connection that was lost', () => {
    expect(transition(states.connecting, closed(1006, '', false), moment).cause.code).toBe(
      'connection_failed',
    )
    expect(transition(states.connecting, inputs.timer, moment).cause.code).toBe('connection_failed')
  })
})

describe('transition, renewals', () => {
  const failed = (code: CauseCode, retryAfterSeconds?: number): Input => ({
    type: 'renewal-failed',
    attempt: 3,
    cause: { code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  })

  it('asks for a fresh credential once if the server finds it invalid', () => {
    const once = transition(states.renewing, failed('credential_invalid'), moment)
    expect(once).toMatchObject({ name: 'renewing', refreshNext: true })
    const twice = transition(once, failed('credential_invalid'), moment)
    expect(twice).toMatchObject({ name: 'open', cause: { code: 'credential_invalid' } })
    expect(dueIn(twice)).toBeUndefined()
  })

  it('refreshes after the delay that the server named', () => {
    const step = transition(states.renewing, failed('credential_invalid', 1), moment)
    expect(step).toMatchObject({ name: 'open', refreshNext: true })
    expect(dueIn(step)).toBe(1500)
    expect(transition(step, inputs.timer, moment)).toMatchObject({ name: 'renewing', refreshNext: true })
  })

  it('tries again with growing waits where the failure passes', () => {
    const first = transition(states.renewing, failed('store_unavailable'), moment)
    expect(dueIn(first)).toBe(500)
    const second = transition(transition(first, inputs.timer, moment), failed('network_unreachable'), moment)
    expect(dueIn(second)).toBe(1000)
  })

  it.each<[CauseCode]>([['not_found'], ['credential_revoked'], ['credential_missing']])(
    'stays open after %s, until the server closes',
    (code) => {
      const step = transition(states.renewing, failed(code), moment)
      expect(step.name).toBe('open')
      expect(dueIn(step)).toBeUndefined()
    },
  )

  it('forgets failed renewals after one that worked', () => {
    const step = transition(
      { ...states.renewing, failedRenewals: 4, refreshNext: true },
      inputs.renewed,
      moment,
    )
    expect(step).toMatchObject({ name: 'open', failedRenewals: 0, refreshNext: false })
    expect(dueIn(step)).toBe(1000)
  })
})
