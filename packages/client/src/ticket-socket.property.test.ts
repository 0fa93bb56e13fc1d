import { CLIENT_ACTIONS, isRefusalCode } from '@wsticket/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../test/manual-clock.js'
import { ticketNumber } from '../test/misbehaving-server.js'
import type { Cause } from './core/connection-types.js'
import type { SocketLike } from './core/environment.js'
import { TicketError, type TicketErrorCode } from './core/ticket-error.js'
import { TicketSocket as CoreTicketSocket } from './core/ticket-socket.js'
import type { PageSignal } from './page-signals.js'
import { TicketSocket } from './ticket-socket.js'
import type { Renewal, TicketGrant, TicketSource } from './ticket-source.js'

const CONNECTING = 0
const OPEN = 1
const CLOSED = 3

/** A socket of the world: it opens, says something and closes when the search wants it to. */
class WorldSocket extends EventTarget {
  binaryType = 'blob'
  readyState = CONNECTING
  protocol = ''
  readonly extensions = ''
  readonly bufferedAmount = 0
  readonly sent: string[] = []
  readonly offered: readonly string[]

  constructor(offered: readonly string[]) {
    super()
    this.offered = offered
  }

  send(data: unknown): void {
    if (this.readyState === OPEN) this.sent.push(String(data))
  }

  close(): void {
    this.readyState = Math.max(this.readyState, 2)
  }

  opens(protocol: string): void {
    if (this.readyState !== CONNECTING) return
    this.protocol = protocol
    this.readyState = OPEN
    this.dispatchEvent(new Event('open'))
  }

  closes(close: { readonly code: number; readonly reason: string }): void {
    if (this.readyState === CLOSED) return
    this.readyState = CLOSED
    this.dispatchEvent(Object.assign(new Event('close'), close, { wasClean: close.code !== 1006 }))
  }
}

interface Pending<Answer> {
  resolve(answer: Answer): void
  reject(error: TicketError): void
}

/** Everything around a `TicketSocket`: it answers in any order, late, twice or never. */
class World {
  readonly clock = new ManualClock()
  readonly sockets: WorldSocket[] = []
  readonly grants: Pending<TicketGrant>[] = []
  readonly renewals: Pending<Renewal>[] = []
  readonly configs: Pending<readonly string[]>[] = []
  readonly writtenAs = new Map<string, string>()
  readonly userOf = new Map<string, string>()
  readonly diagnoses: Pending<Cause | undefined>[] = []
  readonly socket: CoreTicketSocket
  online = true
  user = 'ada'
  #issued = 0
  #heard: ((signal: PageSignal) => void) | undefined

  constructor(random: () => number, whole: boolean) {
    const { sockets } = this
    const pending =
      <Answer>(list: Pending<Answer>[]) =>
      (): Promise<Answer> =>
        new Promise((resolve, reject) => list.push({ resolve, reject }))
    const grant = pending(this.grants)
    const tickets: TicketSource = {
      grant,
      renew: pending(this.renewals),
      pathways: pending(this.configs),
      take: () => Promise.reject(new Error('not asked for')),
      protocols: () => Promise.reject(new Error('not asked for')),
      url: () => Promise.reject(new Error('not asked for')),
      clear: () => {},
    }
    const page = {
      isOnline: () => this.online,
      get online() {
        return this.isOnline()
      },
      listen: (heard: (signal: PageSignal) => void) => {
        this.#heard = heard
        return () => {
          this.#heard = undefined
        }
      },
    }
    const common = {
      clock: this.clock,
      random,
      WebSocket: class {
        constructor(_url: string, protocols: string[]) {
          const socket = new WorldSocket(protocols)
          sockets.push(socket)
          // biome-ignore lint/correctness/noConstructorReturn: the world keeps the whole socket
          return socket
        }
      } as unknown as new (
        url: string,
        protocols: string[],
      ) => SocketLike,
    }
    const url = 'wss://api.example.com/ws'
    this.socket = whole
      ? new TicketSocket(url, { ...common, tickets, page, diagnose: pending(this.diagnoses) })
      : new CoreTicketSocket(url, { ...common, tickets: { grant } })
  }

  signal(signal: PageSignal): void {
    this.#heard?.(signal)
  }

  grant(): TicketGrant {
    this.#issued++
    const { ticket, ref } = ticketNumber(this.#issued)
    this.userOf.set(ticket, this.user)
    return { ticket, ref, user: this.user, credentialExpiresAt: this.clock.now() + 60_000 }
  }

  send(text: string): void {
    // As far as the client can know: as whoever it was that connected last.
    const user = this.userOfSocket(this.sockets.at(-1))
    if (user !== undefined) this.writtenAs.set(text, user)
    try {
      this.socket.send(text)
    } catch {
      // The outbox is full: it was not taken.
    }
  }

  userOfSocket(socket: WorldSocket | undefined): string | undefined {
    return this.userOf.get(socket?.offered[1]?.slice('wsticket.'.length) ?? '')
  }

  check(): void {
    const { state } = this.socket
    // One look for each wait: what it finds must not begin another.
    expect(this.diagnoses.length, 'diagnoses').toBeLessThanOrEqual(state.attempt)
    const alive = this.sockets.filter(({ readyState }) => readyState < 2)
    expect(alive.length, 'never two sockets').toBeLessThanOrEqual(1)
    const tickets = this.sockets.map(({ offered }) => offered[1])
    expect(new Set(tickets).size, 'a ticket is presented once').toBe(tickets.length)
    const sent = this.sockets.flatMap((socket) => socket.sent)
    expect(new Set(sent).size, 'no message is sent twice').toBe(sent.length)
    for (const socket of this.sockets) {
      const user = this.userOfSocket(socket)
      for (const text of socket.sent) {
        expect(this.writtenAs.get(text) ?? user, 'no message is sent as another user').toBe(user)
      }
    }
    switch (state.name) {
      case 'stopped':
        expect(alive).toEqual([])
        expect(this.#heard, 'nothing is listened to').toBeUndefined()
        expect(state.cause.code).not.toBe('started')
        return
      case 'open':
      case 'renewing':
        expect(this.socket.readyState === OPEN || alive.length === 0).toBe(true)
        break
      case 'waiting':
        expect(alive).toEqual([])
        if (state.for === 'message') return
        break
      default:
        break
    }
    // The core leaves an open connection to its socket.
    if (state.until === undefined && state.name === 'open' && !(this.socket instanceof TicketSocket)) return
    // No dead end: what does not rest has a timer, which looks at the clock in time.
    expect(this.clock.pending.length, state.name).toBeGreaterThan(0)
    if (state.until !== undefined) {
      const late = Math.max(0, (this.clock.pending[0] ?? 0) - Math.max(0, state.until - this.clock.now()))
      expect(late).toBe(0)
    }
  }
}

const codes = Object.keys(CLIENT_ACTIONS).filter(isRefusalCode)
const failures: fc.Arbitrary<TicketErrorCode> = fc.constantFrom(
  ...codes,
  'network_unreachable',
  'response_invalid',
  'credential_unavailable',
)
const delay = fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined })
const failure = fc
  .record({ code: failures, retryAfterSeconds: delay })
  .map(({ code, ...details }) => new TicketError(code, details))
const close = fc.oneof(
  fc.record({ code: fc.constantFrom(1000, 1001, 1005, 1006, 3000, 3003, 4000), reason: fc.constant('') }),
  fc.record({ code: fc.constant(3000), reason: fc.constantFrom(...codes) }),
  fc.record({
    code: fc.constant(1013),
    reason: fc.constantFrom(...codes).map((code) => `${code};retry_after=3`),
  }),
)
const happening = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ type: 'granted' } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('not granted' as const), error: failure }) },
  { weight: 8, arbitrary: fc.constant({ type: 'opens' } as const) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('refused' as const), close }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('closes' as const), close }) },
  { weight: 2, arbitrary: fc.constant({ type: 'renewed' } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('not renewed' as const), error: failure }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('config' as const), open: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('diagnosed' as const),
      found: fc.constantFrom<Cause | undefined>(
        { code: 'websocket_blocked' },
        { code: 'network_unreachable' },
        { code: 'connection_failed' },
        undefined,
      ),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ type: 'timer' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('passes' as const), ms: fc.constantFrom(10, 6000, 40_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'sleeps' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('signal' as const), signal: fc.constantFrom('wake', 'online') }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('network' as const), online: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('login' as const), user: fc.constantFrom('ada', 'bob') }),
  },
  { weight: 6, arbitrary: fc.constant({ type: 'send' } as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'renew' } as const) },
)
type Happening = typeof happening extends fc.Arbitrary<infer Type> ? Type : never

// Mostly the newest of what is under way, now and then one that should be forgotten by now.
const pick = <Item>(list: readonly Item[], lag: number): Item | undefined => list.at(-1 - lag)

function happen(world: World, what: Happening, lag: number, step: number): void {
  switch (what.type) {
    case 'granted': {
      const asked = pick(world.grants, lag)
      if (asked) asked.resolve(world.grant())
      break
    }
    case 'not granted':
      pick(world.grants, lag)?.reject(what.error)
      break
    case 'opens':
      pick(world.sockets, lag)?.opens('wsticket.v1')
      break
    case 'refused': {
      const socket = pick(world.sockets, lag)
      socket?.opens('wsticket.refused')
      socket?.closes(what.close)
      break
    }
    case 'closes':
      pick(world.sockets, lag)?.closes(what.close)
      break
    case 'renewed':
      pick(world.renewals, lag)?.resolve({ deadline: world.clock.now() + 60_000 })
      break
    case 'not renewed':
      pick(world.renewals, lag)?.reject(what.error)
      break
    case 'config':
      pick(world.configs, lag)?.resolve(what.open ? ['ticket'] : [])
      break
    case 'diagnosed':
      pick(world.diagnoses, lag)?.resolve(what.found)
      break
    case 'timer':
      world.clock.advanceToNext()
      break
    case 'passes':
      world.clock.advance(what.ms)
      break
    case 'sleeps':
      world.clock.sleep(200_000)
      break
    case 'signal':
      world.signal(what.signal)
      break
    case 'network':
      world.online = what.online
      break
    case 'login':
      world.user = what.user
      break
    case 'send':
      world.send(`message ${step}`)
      break
    case 'renew':
      if (world.socket instanceof TicketSocket) void world.socket.renew().catch(() => {})
  }
}

const STATES = ['fetching', 'connecting', 'open', 'waiting', 'stopped']

it.each([
  ['a whole one', true, [...STATES, 'renewing']],
  ['one of the core', false, STATES],
])(
  '%s never opens two sockets, presents a ticket or sends a message twice, mixes users up, or waits for nothing',
  async (_, whole, states) => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            what: happening,
            lag: fc.oneof(
              { weight: 8, arbitrary: fc.constant(0) },
              { weight: 1, arbitrary: fc.constantFrom(1, 2) },
            ),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        async (happenings, chances, closes) => {
          let drawn = 0
          const world = new World(() => chances[drawn++ % chances.length] ?? 0, whole)
          await settled()
          for (const [step, { what, lag }] of happenings.entries()) {
            happen(world, what, lag, step)
            await settled()
            world.check()
            reached.add(world.socket.state.name)
          }
          if (!closes) return
          world.socket.close()
          await settled()
          expect(world.socket.state.name).toBe('stopped')
          world.check()
        },
      ),
      { numRuns: 600 },
    )
    // The search is worth something only if it gets around.
    expect(reached).toEqual(new Set(states))
  },
)

/** Lets promises that are settled reach whoever waits for them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
