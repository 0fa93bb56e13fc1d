import { REFUSALS, type RefusalCode } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { STABLE_AFTER_MS, STEP_TIMEOUT_MS, start, transition } from './connection-state.js'
import type { CauseCode, ConnectionState, Effect, Input, Moment, Step } from './connection-types.js'

const moment: Moment = { now: 1_000_000, random: 0.5, queued: false }
const NO_HISTORY = { failures: 0, tried: [] }

const common = { attempt: 3, cause: { code: 'started' }, history: NO_HISTORY } as const
const live = { ...common, ref: 'ref', since: moment.now - 1, failedRenewals: 0, refreshNext: false } as const
const states = {
  'fetching ticket': { ...common, name: 'fetching', step: 'ticket', refresh: false },
  'fetching config': { ...common, name: 'fetching', step: 'config', refresh: false },
  connecting: { ...common, name: 'connecting', ref: 'ref' },
  open: { ...live, name: 'open' },
  renewing: { ...live, name: 'renewing' },
  'waiting for delay': { ...common, name: 'waiting', for: 'delay', until: 1, refresh: false },
  'waiting for message': { ...common, name: 'waiting', for: 'message', until: undefined, refresh: false },
  stopped: { ...common, name: 'stopped' },
} satisfies Record<string, ConnectionState>

const at = { attempt: 3 } as const
const inputs = {
  'ticket-fetched': { type: 'ticket-fetched', ...at, ref: 'ref', userChanged: false },
  'config: open': { type: 'config-read', ...at, pathwayOpen: true },
  'config: closed': { type: 'config-read', ...at, pathwayOpen: false },
  'fetch failed': { type: 'fetch-failed', ...at, cause: { code: 'network_unreachable' } },
  'fetch refused': { type: 'fetch-failed', ...at, cause: { code: 'credential_revoked' } },
  opened: { type: 'socket-opened', ...at, renewInMs: 1000 },
  'closed 1006': { type: 'socket-closed', ...at, code: 1006, reason: '' },
  'closed 1000': { type: 'socket-closed', ...at, code: 1000, reason: '' },
  renew: { type: 'renew' },
  renewed: { type: 'renewed', ...at, renewInMs: 1000 },
  'renew failed': { type: 'renewal-failed', ...at, cause: { code: 'network_unreachable' } },
  timer: { type: 'timer', ...at },
  message: { type: 'message-queued' },
  close: { type: 'close', code: 1000, reason: 'bye' },
} satisfies Record<string, Input>

// The whole table: a row for each input, a column for each state; `.` where the input means nothing.
const TABLE = `
                 | fetching ticket | fetching config | connecting | open     | renewing | waiting for delay | waiting for message | stopped
ticket-fetched   | connecting      | .               | .          | .        | .        | .                 | .                   | .
config: open     | .               | fetching        | .          | .        | .        | .                 | .                   | .
config: closed   | .               | stopped         | .          | .        | .        | .                 | .                   | .
fetch failed     | waiting         | waiting         | .          | .        | .        | .                 | .                   | .
fetch refused    | stopped         | stopped         | .          | .        | .        | .                 | .                   | .
opened           | .               | .               | open       | .        | .        | .                 | .                   | .
closed 1006      | .               | .               | waiting    | waiting  | waiting  | .                 | .                   | .
closed 1000      | .               | .               | stopped    | stopped  | stopped  | .                 | .                   | .
renew            | .               | .               | .          | renewing | .        | .                 | .                   | .
renewed          | .               | .               | .          | .        | open     | .                 | .                   | .
renew failed     | .               | .               | .          | .        | open     | .                 | .                   | .
timer            | waiting         | waiting         | waiting    | renewing | open     | fetching          | .                   | .
message          | .               | .               | .          | .        | .        | .                 | fetching            | .
close            | stopped         | stopped         | stopped    | stopped  | stopped  | stopped           | stopped             | .
`
const [header = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
const columns = header.slice(header[0] === '' ? 1 : 0)
const cells = rows.flatMap(([input = '', ...tos]) =>
  tos.map((to, index) => [columns[index] ?? '', input, to] as const),
)

const named = <Value>(record: Record<string, Value>, name: string): Value => {
  const value = record[name]
  if (value === undefined) throw new Error(`the table names ${name}, which is not there`)
  return value
}
const types = (effects: readonly Effect[]): string[] => effects.map((effect) => effect.type)
const timerOf = (step: Step): number | undefined => {
  const effect = step.effects.findLast(({ type }) => type === 'set-timer' || type === 'clear-timer')
  return effect?.type === 'set-timer' ? effect.delayMs : undefined
}

describe('transition, the whole table', () => {
  it('has a row for each input and a column for each state', () => {
    expect(columns).toEqual(Object.keys(states))
    expect(rows.map(([input]) => input)).toEqual(Object.keys(inputs))
  })

  it.each(cells)('%s, %s: %s', (stateName, inputName, to) => {
    const state = named<ConnectionState>(states, stateName)
    const step = transition(state, named<Input>(inputs, inputName), moment)
    if (to === '.') {
      expect(step).toEqual({ state, effects: [] })
      return
    }
    expect(step.state.name).toBe(to)
    expect(step.change).toEqual({ from: state, to: step.state, cause: step.state.cause })
  })

  it.each(cells.filter(([, input]) => 'attempt' in named<Input>(inputs, input)))(
    '%s, %s of an attempt that is no more: nothing',
    (stateName, inputName) => {
      const state = named<ConnectionState>(states, stateName)
      const input = named<Input>(inputs, inputName)
      for (const attempt of [2, 4]) {
        expect(transition(state, { ...input, attempt } as Input, moment)).toEqual({ state, effects: [] })
      }
    },
  )
})

describe('transition, effects', () => {
  it('starts by fetching a ticket, with a timer beside it', () => {
    expect(start()).toEqual({
      state: {
        name: 'fetching',
        step: 'ticket',
        refresh: false,
        attempt: 1,
        cause: { code: 'started' },
        history: NO_HISTORY,
      },
      effects: [
        { type: 'fetch-ticket', attempt: 1, refresh: false },
        { type: 'set-timer', attempt: 1, delayMs: STEP_TIMEOUT_MS },
      ],
    })
  })

  it('dials with the ticket, and forgets the outbox first if the user changed', () => {
    const same = transition(states['fetching ticket'], inputs['ticket-fetched'], moment)
    expect(types(same.effects)).toEqual(['dial', 'set-timer'])
    const other = transition(
      states['fetching ticket'],
      { ...inputs['ticket-fetched'], userChanged: true },
      moment,
    )
    expect(types(other.effects)).toEqual(['empty-outbox', 'dial', 'set-timer'])
  })

  it('flushes the outbox once open, with the renewal on the timer', () => {
    const step = transition(states.connecting, inputs.opened, moment)
    expect(types(step.effects)).toEqual(['set-timer', 'flush-outbox'])
    expect(timerOf(step)).toBe(1000)
    const without = transition(states.connecting, { ...inputs.opened, renewInMs: undefined }, moment)
    expect(types(without.effects)).toEqual(['clear-timer', 'flush-outbox'])
  })

  it('gives up what is under way when a step takes too long', () => {
    expect(types(transition(states['fetching ticket'], inputs.timer, moment).effects)).toEqual([
      'abort-requests',
      'set-timer',
    ])
    expect(types(transition(states.connecting, inputs.timer, moment).effects)).toEqual([
      'drop-socket',
      'set-timer',
    ])
    expect(types(transition(states.renewing, inputs.timer, moment).effects)).toEqual([
      'abort-requests',
      'set-timer',
    ])
  })

  it.each([
    ['fetching ticket', ['abort-requests', 'clear-timer', 'empty-outbox']],
    ['connecting', ['drop-socket', 'clear-timer', 'empty-outbox']],
    ['open', ['close-socket', 'clear-timer', 'empty-outbox']],
    ['renewing', ['abort-requests', 'close-socket', 'clear-timer', 'empty-outbox']],
    ['waiting for delay', ['clear-timer', 'empty-outbox']],
  ])('cleans up when it is closed while %s', (stateName, effects) => {
    const step = transition(named<ConnectionState>(states, stateName), inputs.close, moment)
    expect(types(step.effects)).toEqual(effects)
    expect(step.state.cause).toEqual({ code: 'closed_by_client' })
    const close = step.effects.find((effect) => effect.type === 'close-socket')
    if (close !== undefined) expect(close).toEqual({ type: 'close-socket', code: 1000, reason: 'bye' })
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
    const input: Input = { ...inputs['closed 1006'], code: 3000, reason: code }
    const once = transition(states.open, input, moment)
    expect(shown(once.state)).toBe(first)
    expect(once.state.cause).toEqual({ code, closeCode: 3000 })
    expect(once.state.history).toEqual({ failures: 1, tried: [code] })
    const twice = transition({ ...states.open, history: once.state.history }, input, moment)
    expect(shown(twice.state)).toBe(again)
    expect(twice.state.history).toEqual({ failures: 2, tried: [code] })
  })

  it.each(REMEDIES)('%s from the ticket route: %s, then %s', (code, first, again) => {
    const input: Input = { type: 'fetch-failed', attempt: 3, cause: { code } }
    const once = transition(states['fetching ticket'], input, moment)
    expect(shown(once.state)).toBe(first)
    const twice = transition({ ...states['fetching ticket'], history: once.state.history }, input, moment)
    expect(shown(twice.state)).toBe(again)
  })

  it.each<[CauseCode]>([['network_unreachable'], ['response_invalid'], ['credential_unavailable']])(
    '%s is never final',
    (code) => {
      let state: ConnectionState = states['fetching ticket']
      for (let round = 0; round < 50; round++) {
        state = transition(
          state,
          { type: 'fetch-failed', attempt: state.attempt, cause: { code } },
          moment,
        ).state
        expect(state.name).toBe('waiting')
        state = transition(state, { type: 'timer', attempt: state.attempt }, moment).state
        expect(state.name).toBe('fetching')
      }
    },
  )

  it('honours the delay that the server named, with jitter on top', () => {
    const step = transition(
      states['fetching ticket'],
      { type: 'fetch-failed', attempt: 3, cause: { code: 'rate_limited', retryAfterSeconds: 7 } },
      moment,
    )
    expect(timerOf(step)).toBe(7500)
    expect(step.state).toMatchObject({ name: 'waiting', until: moment.now + 7500 })
    expect(step.state.cause.retryAfterSeconds).toBe(7)
  })

  it('refreshes an invalid credential only after the delay that the server named', () => {
    const step = transition(
      states['fetching ticket'],
      { type: 'fetch-failed', attempt: 3, cause: { code: 'credential_invalid', retryAfterSeconds: 1 } },
      moment,
    )
    expect(shown(step.state)).toBe('waiting!')
    expect(timerOf(step)).toBe(1500)
    const next = transition(step.state, inputs.timer, moment)
    expect(next.effects[0]).toEqual({ type: 'fetch-ticket', attempt: 4, refresh: true })
  })

  it('still owes the refresh after the network failed in between', () => {
    const step = transition({ ...states['fetching ticket'], refresh: true }, inputs['fetch failed'], moment)
    expect(shown(step.state)).toBe('waiting!')
  })

  it('comes back from an idle session at once where something waits to be sent', () => {
    const input: Input = { ...inputs['closed 1006'], code: 3008, reason: 'session_idle' }
    expect(transition(states.open, input, { ...moment, queued: true }).state.name).toBe('fetching')
  })

  it('forgets former failures after a connection that was stable, and not before', () => {
    const history = { failures: 9, tried: ['ticket_used'] } as const
    const input: Input = { ...inputs['closed 1006'], code: 3000, reason: 'ticket_used' }
    const after = (ms: number) =>
      transition({ ...states.open, since: moment.now - ms, history }, input, moment).state
    expect(after(STABLE_AFTER_MS)).toMatchObject({ name: 'fetching', history: { failures: 1 } })
    expect(after(STABLE_AFTER_MS - 1)).toMatchObject({ name: 'waiting', history: { failures: 10 } })
  })

  it('jitters the first reconnect after a loss, too', () => {
    const waits = [0, 0.25, 0.999].map((random) =>
      timerOf(transition(states.open, inputs['closed 1006'], { ...moment, random })),
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
    const step = transition(states.open, { ...inputs['closed 1006'], code: closeCode, reason: 'bye' }, moment)
    expect(step.state).toMatchObject({ name, cause: { code, closeCode } })
  })

  it('tells a handshake that failed from a connection that was lost', () => {
    expect(transition(states.connecting, inputs['closed 1006'], moment).state.cause.code).toBe(
      'connection_failed',
    )
    expect(transition(states.connecting, inputs.timer, moment).state.cause.code).toBe('connection_failed')
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
    expect(once.state).toMatchObject({ name: 'renewing', refreshNext: true })
    expect(once.effects).toContainEqual({ type: 'renew', attempt: 3, refresh: true })
    const twice = transition(once.state, failed('credential_invalid'), moment)
    expect(twice.state).toMatchObject({ name: 'open', cause: { code: 'credential_invalid' } })
    expect(timerOf(twice)).toBeUndefined()
  })

  it('refreshes after the delay that the server named', () => {
    const step = transition(states.renewing, failed('credential_invalid', 1), moment)
    expect(step.state).toMatchObject({ name: 'open', refreshNext: true })
    expect(timerOf(step)).toBe(1500)
    expect(transition(step.state, inputs.timer, moment).effects).toContainEqual({
      type: 'renew',
      attempt: 3,
      refresh: true,
    })
  })

  it('tries again with growing waits where the failure passes', () => {
    const first = transition(states.renewing, failed('store_unavailable'), moment)
    expect(timerOf(first)).toBe(500)
    const second = transition(
      transition(first.state, inputs.timer, moment).state,
      failed('network_unreachable'),
      moment,
    )
    expect(timerOf(second)).toBe(1000)
  })

  it.each<[CauseCode]>([['not_found'], ['session_over'], ['credential_revoked'], ['credential_missing']])(
    'stays open after %s, until the server closes',
    (code) => {
      const step = transition(states.renewing, failed(code), moment)
      expect(step.state.name).toBe('open')
      expect(types(step.effects)).toEqual(['abort-requests', 'clear-timer'])
    },
  )

  it('forgets failed renewals after one that worked', () => {
    const step = transition(
      { ...states.renewing, failedRenewals: 4, refreshNext: true },
      inputs.renewed,
      moment,
    )
    expect(step.state).toMatchObject({ name: 'open', failedRenewals: 0, refreshNext: false })
    expect(timerOf(step)).toBe(1000)
  })
})
