import { isLive } from './core/connection-state.js'
import type { Cause, ConnectionState, Input, Moment } from './core/connection-types.js'
import type { Close } from './core/events.js'
import type { GrantOptions, TicketGrant } from './core/grants.js'
import type { Message } from './core/outbox.js'
import { TicketError } from './core/ticket-error.js'
import { TicketSocket as CoreTicketSocket, type CoreTicketSocketOptions } from './core/ticket-socket.js'
import type { Diagnose } from './diagnose.js'
import { type PageSignal, type PageSignals, pageOr } from './page-signals.js'
import { renewalDelay } from './renewal.js'
import { transition } from './session-state.js'
import type { AttemptOutcome, TicketSource } from './source.js'

// Timers stand still while a machine sleeps and come late in a hidden tab: the clock on the wall is looked at this often.
const TICK_MS = 30_000

// A tick that is later than this was slept through. Hidden tabs get one a minute.
const SLEPT_MS = 90_000

// After a change of networks the server may hold a dead connection for alive until two of its pings went unanswered.
const RECHECK_MS = 60_000

// When a renewal hears that the session is over, the close frame that says why may still be on its way.
const LAST_WORDS_MS = 2000

/** How a session is looked after. */
export interface SessionOptions extends Omit<CoreTicketSocketOptions, 'tickets'> {
  /**
   * Whether the session is renewed by itself: shortly before the JWT behind it ends, and to find out after a sleep or a change of
   * networks whether it still is there. @default true
   */
  readonly autoRenew?: boolean | undefined
  /** Finds out why connections fail that nobody explains: `diagnosis()` of `@wsticket/client/diagnosis`. @default none */
  readonly diagnose?: Diagnose | undefined
  /** @default the page's */
  readonly page?: PageSignals | undefined
}

/** The core's socket, and whoever looks after its session: renews it, wakes it, asks why it fails. */
export abstract class SessionSocket extends CoreTicketSocket {
  readonly #tickets: TicketSource
  readonly #page: PageSignals
  readonly #autoRenew: boolean
  readonly #diagnose: Diagnose | undefined
  readonly #unlisten: () => void
  // Of what is in the outbox: what was written before the source was cleared is not sent by whoever comes next.
  #era: number | undefined
  #tickSetAt = 0
  #recheckAt = 0
  #forgetLastWords: () => void = () => {}
  protected deadline: number | undefined

  protected constructor(url: string | URL, tickets: TicketSource, options: SessionOptions) {
    super(url, { ...options, tickets: { grant: (grantOptions) => grantOf(tickets, grantOptions) } })
    this.#tickets = tickets
    this.#era = tickets.era
    this.#autoRenew = options.autoRenew !== false
    this.#diagnose = options.diagnose
    this.#page = pageOr(options.page)
    this.#unlisten = this.#page.listen((signal) => this.#heard(signal))
  }

  /** Tells what a renewal, or its failure, led to. */
  protected abstract renewalEnded(cause: Cause): void

  protected override apply(input: Input, ended?: Close): void {
    if (input.type === 'opened') {
      const { pathway = 'ticket', credentialExpiresAt } = this.granted ?? {}
      this.deadline = credentialExpiresAt
      this.#settle({ opened: true, pathway })
    }
    super.apply(input, ended)
  }

  protected override next(from: ConnectionState, input: Input, moment: Moment): ConnectionState {
    const renewAt = input.type === 'opened' || input.type === 'renewed' ? this.#renewAt() : undefined
    return transition(from, input, { ...moment, offline: !this.#page.online, renewAt })
  }

  protected override received(granted: TicketGrant): void {
    if (this.#isOfBefore()) {
      this.outbox.empty()
      this.granted = undefined
    }
    // Whoever wrote it was logged in: only they are told that there is no other way than without a name.
    if (granted.pathway === 'anonymous' && this.granted?.pathway !== 'anonymous') this.outbox.empty()
    super.received(granted)
  }

  protected override keep(message: Message): void {
    if (this.#isOfBefore()) this.outbox.empty()
    super.keep(message)
  }

  protected override left(from: ConnectionState, to: ConnectionState): void {
    this.#forgetLastWords()
    if (from.name === 'renewing' && to.name !== 'renewing') this.renewalEnded(to.cause)
    const final = to.name === 'stopped'
    if (final || (!isLive(from) && to.history.failures > from.history.failures)) {
      const pathway = 'pathway' in from ? from.pathway : undefined
      this.#settle({ opened: false, pathway, cause: to.cause, final })
    }
    super.left(from, to)
  }

  protected override entered(state: ConnectionState): void {
    const { attempt, name, cause } = state
    if (name === 'fetching' && state.step === 'config') {
      this.#askConfig(attempt)
    } else if (name === 'renewing') {
      this.#renew(attempt, state.ref, state.refreshNext)
    } else {
      super.entered(state)
      if (name === 'waiting') this.#findOut(attempt, cause)
      if (name === 'stopped') this.#unlisten()
    }
  }

  /** Whether what is in the outbox was written before the source was cleared; from now on it is not. */
  #isOfBefore(): boolean {
    const { era } = this.#tickets
    const before = era !== this.#era
    this.#era = era
    return before
  }

  #settle(outcome: AttemptOutcome): void {
    try {
      this.#tickets.settled?.({ ...outcome, by: this })
    } catch (thrown) {
      // The connection goes on, and what a source throws is told as any uncaught error.
      queueMicrotask(() => {
        throw thrown
      })
    }
  }

  #askConfig(attempt: number): void {
    this.request(
      async (signal) => await this.#tickets.pathways?.({ signal }),
      (open = []) => this.apply({ type: 'config-read', attempt, pathwayOpen: open.includes('ticket') }),
      (cause) => this.apply({ type: 'failed', attempt, cause }),
    )
  }

  #renew(attempt: number, ref: string | undefined, refresh: boolean | undefined): void {
    this.request(
      async (signal) => {
        if (!this.#tickets.renew || ref === undefined) throw new TicketError('pathway_disabled')
        return await this.#tickets.renew(ref, { refresh, signal })
      },
      ({ deadline, credentialExpiresAt = deadline }) => {
        // The server lives on for its clock skew; what counts here, before and after a renewal, is the end of the JWT.
        this.deadline = Math.min(deadline, credentialExpiresAt)
        this.apply({ type: 'renewed', attempt })
      },
      (cause) => {
        const { deadline = Number.POSITIVE_INFINITY } = this
        // Nobody remembers it: slept through, it was over long ago.
        const over =
          cause.code === 'session_over' || (cause.code === 'not_found' && deadline < this.parts.clock.now())
        if (!over) return this.apply({ type: 'renewal-failed', attempt, cause })
        const lost: Cause = { ...cause, code: 'session_over' }
        this.#forgetLastWords = this.parts.clock.after(LAST_WORDS_MS, () =>
          this.apply({ type: 'renewal-failed', attempt, cause: lost }),
        )
      },
    )
  }

  #findOut(attempt: number, cause: Cause): void {
    const diagnose = this.#diagnose
    if (!diagnose || (cause.code !== 'connection_failed' && cause.code !== 'network_unreachable')) return
    const { url, granted } = this
    this.request(
      (signal) => diagnose({ url, ref: granted?.ref, cause, tickets: this.#tickets, signal }),
      (found) => found && this.apply({ type: 'diagnosed', attempt, cause: found }),
      // What cannot be found out is left as it is.
      () => {},
    )
  }

  #renewAt(): number | undefined {
    if (!this.#autoRenew || !this.#tickets.renew || this.granted?.ref === undefined) return undefined
    const now = this.parts.clock.now()
    const { deadline } = this
    const delay =
      deadline === undefined
        ? undefined
        : renewalDelay({ endsAt: deadline, now, random: this.parts.random() })
    const due = [delay === undefined ? 0 : now + delay, this.#recheckAt].filter((at) => at > now)
    return due.length > 0 ? Math.min(...due) : undefined
  }

  /** Looks at the clock again in a while: when the state is due, or earlier, since timers are late or stand still. */
  protected override setTimer(): void {
    const { state } = this
    const now = this.parts.clock.now()
    this.#tickSetAt = now
    const left = state.until === undefined ? TICK_MS : Math.min(TICK_MS, state.until - now)
    this.after(state.until !== undefined || isLive(state) ? left : undefined, () => this.#tick())
  }

  #tick(): void {
    const { until } = this.state
    const now = this.parts.clock.now()
    const slept = now - this.#tickSetAt > SLEPT_MS
    // A clock that was put back would let it wait for hours: what is due by the old one is done now.
    if (until !== undefined && (until <= now || now < this.#tickSetAt)) {
      this.apply({ type: 'timer' })
    } else {
      this.setTimer()
      if (slept) this.#woke()
    }
  }

  #heard(signal: PageSignal): void {
    if (signal === 'online') this.#recheckAt = this.parts.clock.now() + RECHECK_MS
    this.#tick()
    if (signal === 'online' || this.state.name === 'waiting') this.#woke()
  }

  #woke(): void {
    const { state } = this
    // Only a renewal can tell whether the server still holds what looks open here.
    if (!isLive(state) || (this.#autoRenew && this.#tickets.renew && state.ref !== undefined))
      this.apply({ type: 'woke' })
  }
}

/** A source of somebody's own may give anything. */
async function grantOf(tickets: TicketSource, options: GrantOptions | undefined): Promise<TicketGrant> {
  const granted: unknown = await tickets.grant(options)
  if (isGrant(granted)) return granted
  throw new TicketError('response_invalid', { detail: 'the source gave no ticket' })
}

function isGrant(granted: unknown): granted is TicketGrant {
  return granted instanceof Object && 'ticket' in granted && typeof granted.ticket === 'string'
}
