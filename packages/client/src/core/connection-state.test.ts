import { describe, expect, it } from 'vitest'
import { named, transitionTable } from '../../test/transition-table.js'
import { transition } from './connection-state.js'
import type { ConnectionState, Input, Moment } from './connection-types.js'

const moment: Moment = { now: 1_000_000, random: 0.5, queued: false }
const until = moment.now + 20_000
const common = {
  attempt: 3,
  cause: { code: 'started' },
  history: { failures: 0, tried: [] },
  until,
} as const
const offered = { ...common, ref: 'ref', pathway: 'ticket' } as const
const states = {
  fetching: { ...common, name: 'fetching', step: 'ticket', refresh: false },
  connecting: { ...offered, name: 'connecting' },
  open: { ...offered, name: 'open', since: moment.now - 1, until: undefined },
  'waiting for delay': { ...common, name: 'waiting', for: 'delay', refresh: false },
  'waiting for message': { ...common, name: 'waiting', for: 'message', until: undefined, refresh: false },
  stopped: { ...common, name: 'stopped', until: undefined },
} satisfies Record<string, ConnectionState>

const at = { attempt: 3 } as const
const inputs = {
  'ticket-fetched': { type: 'ticket-fetched', ...at, ref: 'ref', pathway: 'ticket' },
  opened: { type: 'opened', ...at },
  failed: { type: 'failed', ...at, cause: { code: 'network_unreachable' } },
  refused: { type: 'failed', ...at, cause: { code: 'credential_revoked' } },
  disabled: { type: 'failed', ...at, cause: { code: 'pathway_disabled' } },
  timer: { type: 'timer' },
  message: { type: 'message-queued' },
  close: { type: 'close' },
  // What only a whole connection knows means nothing to the core.
  woke: { type: 'woke' },
  renew: { type: 'renew' },
  renewed: { type: 'renewed', ...at },
} satisfies Record<string, Input>

// The whole table of the core: a row for each input, a column for each state; `.` where the input means nothing.
const TABLE = `
                 | fetching   | connecting | open    | waiting for delay | waiting for message | stopped
ticket-fetched   | connecting | .          | .       | .                 | .                   | .
opened           | .          | open       | .       | .                 | .                   | .
failed           | waiting    | waiting    | waiting | .                 | .                   | .
refused          | stopped    | stopped    | stopped | .                 | .                   | .
disabled         | stopped    | stopped    | stopped | .                 | .                   | .
timer            | waiting    | waiting    | .       | fetching          | .                   | .
message          | .          | .          | .       | .                 | fetching            | .
close            | stopped    | stopped    | stopped | stopped           | stopped             | .
woke             | .          | .          | .       | .                 | .                   | .
renew            | .          | .          | .       | .                 | .                   | .
renewed          | .          | .          | .       | .                 | .                   | .
`
const table = transitionTable(TABLE)

describe('the core’s transition, the whole table', () => {
  it('has a row for each input and a column for each state', () => {
    expect(table.states).toEqual(Object.keys(states))
    expect(table.inputs).toEqual(Object.keys(inputs))
  })

  it.each(table.cells)('%s, %s: %s', (stateName, inputName, to) => {
    const state = named<ConnectionState>(states, stateName)
    const next = transition(state, named<Input>(inputs, inputName), moment)
    if (to === '.') expect(next).toBe(state)
    else expect(next.name).toBe(to)
  })

  it.each(table.cells.filter(([, , to]) => to !== '.'))(
    '%s, %s: %s, with something that moves it',
    (from, input) => {
      const next = transition(named<ConnectionState>(states, from), named<Input>(inputs, input), moment)
      // An open connection is moved by its socket.
      const rests = next.name === 'stopped' || next.name === 'open'
      expect(next.until === undefined).toBe(rests)
    },
  )
})
