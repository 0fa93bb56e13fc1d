import { isRefusalCode, REFUSALS } from '@wsticket/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { start, transition } from './connection-state.js'
import type { CauseCode, ConnectionState, Effect, Input, Moment } from './connection-types.js'

// A world that carries out the effects: it knows what is under way, and completes it in any order, twice, late or never.
class World {
  state: ConnectionState
  requests: number[] = []
  sockets: { attempt: number; open: boolean }[] = []
  timer: number | undefined
  outbox = 0
  readonly dialed: number[] = []
  readonly fetched = new Set<number>()

  constructor() {
    const step = start()
    this.state = step.state
    for (const effect of step.effects) this.perform(effect)
  }

  feed(input: Input, moment: Omit<Moment, 'queued'>): void {
    const before = structuredClone(this.state)
    const at = { ...moment, queued: this.outbox > 0 }
    // What really happens to the thing itself, whatever the machine makes of it.
    if (input.type === 'ticket-fetched' && input.attempt === this.state.attempt)
      this.fetched.add(input.attempt)
    if (input.type === 'socket-closed')
      this.sockets = this.sockets.filter(({ attempt }) => attempt !== input.attempt)
    if (input.type === 'socket-opened') {
      for (const socket of this.sockets) if (socket.attempt === input.attempt) socket.open = true
    }
    if (input.type === 'timer' && input.attempt === this.timer) this.timer = undefined
    const step = transition(this.state, input, at)
    expect(transition(this.state, input, at)).toEqual(step)
    expect(this.state).toEqual(before)
    if (step.change === undefined) {
      expect(step).toEqual({ state: this.state, effects: [] })
    } else {
      expect(step.change.from).toBe(this.state)
      expect(step.change.to).toBe(step.state)
      expect(step.change.cause).toBe(step.state.cause)
    }
    expect(step.state.attempt - before.attempt).toBeOneOf([0, 1])
    if (step.change !== undefined) this.requests = this.requests.filter(() => !isAnswer(input))
    this.state = step.state
    for (const effect of step.effects) this.perform(effect)
    this.check()
  }

  perform(effect: Effect): void {
    switch (effect.type) {
      case 'fetch-ticket':
      case 'ask-config':
      case 'renew':
        this.requests.push(effect.attempt)
        return
      case 'dial':
        this.dialed.push(effect.attempt)
        this.sockets.push({ attempt: effect.attempt, open: false })
        return
      case 'abort-requests':
        this.requests = []
        return
      case 'set-timer':
        this.timer = effect.attempt
        return
      case 'clear-timer':
        this.timer = undefined
        return
      case 'drop-socket':
      case 'close-socket':
        this.sockets = []
        return
      case 'flush-outbox':
      case 'empty-outbox':
        this.outbox = 0
        return
    }
  }

  check(): void {
    const { state } = this
    expect(this.sockets.length, 'never two sockets').toBeLessThanOrEqual(1)
    expect(this.requests.length, 'never two requests').toBeLessThanOrEqual(1)
    expect(new Set(this.dialed).size, 'a ticket is presented once').toBe(this.dialed.length)
    for (const attempt of this.dialed)
      expect(this.fetched.has(attempt), 'no dialing without a ticket').toBe(true)
    switch (state.name) {
      case 'fetching':
        expect(this.requests).toEqual([state.attempt])
        expect(this.timer).toBe(state.attempt)
        expect(this.sockets).toEqual([])
        return
      case 'connecting':
        expect(this.sockets).toEqual([{ attempt: state.attempt, open: expect.any(Boolean) }])
        expect(this.timer).toBe(state.attempt)
        return
      case 'open':
        expect(this.sockets).toEqual([{ attempt: state.attempt, open: true }])
        expect(this.requests).toEqual([])
        return
      case 'renewing':
        expect(this.sockets).toEqual([{ attempt: state.attempt, open: true }])
        expect(this.requests).toEqual([state.attempt])
        expect(this.timer).toBe(state.attempt)
        return
      case 'waiting':
        expect(this.sockets).toEqual([])
        expect(this.requests).toEqual([])
        expect(this.timer).toBe(state.for === 'delay' ? state.attempt : undefined)
        return
      case 'stopped':
        expect(this.sockets).toEqual([])
        expect(this.requests).toEqual([])
        expect(this.timer).toBeUndefined()
        expect(this.outbox).toBe(0)
    }
  }
}

const isAnswer = ({ type }: Input): boolean =>
  type === 'ticket-fetched' ||
  type === 'config-read' ||
  type === 'fetch-failed' ||
  type === 'renewed' ||
  type === 'renewal-failed'

const codes = Object.keys(REFUSALS).filter(isRefusalCode)
const causes: fc.Arbitrary<CauseCode> = fc.constantFrom(
  ...codes,
  'network_unreachable',
  'response_invalid',
  'credential_unavailable',
)
const delay = fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined })
const failure = fc.record({ code: causes, retryAfterSeconds: delay })
const renewInMs = fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined })
const close = fc.oneof(
  fc.record({ code: fc.constantFrom(1000, 1001, 1005, 1006, 3000, 3003, 4000), reason: fc.constant('') }),
  fc.record({ code: fc.constant(3000), reason: fc.constantFrom(...codes) }),
  fc.record({
    code: fc.constant(1013),
    reason: fc.constantFrom(...codes).map((code) => `${code};retry_after=3`),
  }),
)
// Mostly what is under way now, now and then something of an attempt that was, or never will be.
const lag = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 3 }) },
)

type Draft = (attempt: number) => Input
const drafts: fc.Arbitrary<Draft> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ ref: fc.constant('ref'), userChanged: fc.boolean() }).map(
      (rest) =>
        (attempt: number): Input => ({ type: 'ticket-fetched', attempt, ...rest }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (pathwayOpen) =>
        (attempt: number): Input => ({ type: 'config-read', attempt, pathwayOpen }),
    ),
  },
  {
    weight: 2,
    arbitrary: failure.map(
      (cause) =>
        (attempt: number): Input => ({ type: 'fetch-failed', attempt, cause }),
    ),
  },
  {
    weight: 6,
    arbitrary: renewInMs.map(
      (ms) =>
        (attempt: number): Input => ({ type: 'socket-opened', attempt, renewInMs: ms }),
    ),
  },
  {
    weight: 3,
    arbitrary: close.map(
      (rest) =>
        (attempt: number): Input => ({ type: 'socket-closed', attempt, ...rest }),
    ),
  },
  { weight: 1, arbitrary: fc.constant((): Input => ({ type: 'renew' })) },
  {
    weight: 2,
    arbitrary: renewInMs.map(
      (ms) =>
        (attempt: number): Input => ({ type: 'renewed', attempt, renewInMs: ms }),
    ),
  },
  {
    weight: 2,
    arbitrary: failure.map(
      (cause) =>
        (attempt: number): Input => ({ type: 'renewal-failed', attempt, cause }),
    ),
  },
  { weight: 5, arbitrary: fc.constant((attempt: number): Input => ({ type: 'timer', attempt })) },
  { weight: 2, arbitrary: fc.constant((): Input => ({ type: 'message-queued' })) },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (now) =>
        (attempt: number): Input =>
          now && attempt > 5 ? { type: 'close' } : { type: 'renew' },
    ),
  },
)

it('never opens two sockets, presents a ticket twice, or waits for nothing, whatever happens in whatever order', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          draft: drafts,
          lag,
          passes: fc.constantFrom(0, 10, 6000),
          random: fc.double({ min: 0, max: 0.999, noNaN: true }),
        }),
        { minLength: 1, maxLength: 60 },
      ),
      (happenings) => {
        const world = new World()
        let now = 1_000_000
        for (const { draft, lag: behind, passes, random } of happenings) {
          now += passes
          const input = draft(world.state.attempt - behind)
          if (input.type === 'message-queued') world.outbox++
          if (world.state.name === 'stopped') world.outbox = 0
          // A socket opens and closes only while it is there.
          if (
            input.type === 'socket-opened' &&
            !world.sockets.some(({ attempt }) => attempt === input.attempt)
          )
            continue
          world.feed(input, { now, random })
          reached.add(world.state.name)
        }
      },
    ),
    { numRuns: 2000 },
  )
  // The search is worth something only if it gets around.
  expect(reached).toEqual(new Set(['fetching', 'connecting', 'open', 'renewing', 'waiting', 'stopped']))
})
