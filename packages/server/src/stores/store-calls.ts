import { type Clock, pause, withDeadline } from '../clock.js'
import { isWsticketError, messageOf, WsticketError } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import { RetryLater } from '../retry-later.js'
import type { RedeemAttempt, RedeemOutcome, RedeemTerms, SessionCheck, TicketStore } from './store.js'

/** A store call that takes longer than this has failed. The budget of a whole redeem, retries included. */
export const STORE_BUDGET_MS = 1000
// Part of the budget that one try of a redeem may take, so that a lost reply leaves time to ask again.
const REDEEM_TRY_MS = 350
// The first and the longest pause before asking again; each is twice the one before. A store that refuses at once is so
// asked eight times in all and not forty, and a new master is found within a fifth of a second.
const REDEEM_PAUSE_MS = { first: 25, longest: 200 } as const
// Calls that the store may owe an answer. One that answers in a millisecond never owes more than a few hundred; one that
// hangs must not take the memory of everything that keeps coming, some 4 KiB each.
const MAX_OPEN_CALLS = 10_000
// A call that has not ended so long after it was given up is lost and never will: it is counted no longer.
const LOST_MS = 30_000
// Sockets that ended while the store could not be told: kept until it can, as many as this. Untold, they count against their user
// until the session's deadline.
const MAX_UNTOLD = 10_000
// Under overload calls are refused by the thousand; that it is so is told this often.
const OVERLOAD_TOLD_MS = 1000

/** A socket of which the store is to know that it is gone. */
interface EndedSocket {
  readonly ref: string
  readonly attemptId: string
}

/**
 * The store, with a deadline on every call and a limit on how many may be open. Whatever fails is told to the hub and rejects
 * with a `WsticketError` of code `store_unavailable`.
 */
export class StoreCalls {
  readonly store: TicketStore
  readonly #clock: Clock
  readonly #events: EventHub
  readonly #mostOpen: number
  readonly #untold: RetryLater<EndedSocket>
  #open = 0
  #overloadToldAt = Number.NEGATIVE_INFINITY

  constructor(store: TicketStore, clock: Clock, events: EventHub, mostOpen: number = MAX_OPEN_CALLS) {
    this.store = store
    this.#clock = clock
    this.#events = events
    this.#mostOpen = mostOpen
    this.#untold = new RetryLater(clock, MAX_UNTOLD, (socket) => this.#tellEnd(socket))
  }

  /** Makes one call. */
  async call<T>(operation: string, work: (store: TicketStore) => Promise<T>): Promise<T> {
    const overload = this.#overload(operation)
    if (overload !== undefined) throw overload
    try {
      return await this.#within(operation, STORE_BUDGET_MS, () => work(this.store))
    } catch (error) {
      throw this.failed(operation, error)
    }
  }

  /** Redeems, asking again with the same attempt for as long as the budget lasts. */
  async redeem(ref: string, attempt: RedeemAttempt, terms: RedeemTerms): Promise<RedeemOutcome> {
    const overload = this.#overload('redeem')
    if (overload !== undefined) throw overload
    const until = this.#clock.now() + STORE_BUDGET_MS
    let refused = false
    const abandoned = (outcome: RedeemOutcome): void => {
      // A try that we no longer waited for won after we had refused: nobody will hold that session.
      if (refused && outcome.kind === 'admitted') void this.closeSocket(ref, attempt.id)
    }
    for (
      let pauseMs: number = REDEEM_PAUSE_MS.first;
      ;
      pauseMs = Math.min(2 * pauseMs, REDEEM_PAUSE_MS.longest)
    ) {
      try {
        const left = Math.min(REDEEM_TRY_MS, until - this.#clock.now())
        const trying = (): Promise<RedeemOutcome> => this.store.redeem(ref, attempt, terms)
        const outcome = await this.#within('redeem', left, trying, abandoned)
        refused = outcome.kind !== 'admitted'
        return outcome
      } catch (error) {
        if (this.#clock.now() + pauseMs >= until) {
          refused = true
          // Whether the store let this attempt win cannot be told; if it did, the session is given up.
          void this.closeSocket(ref, attempt.id)
          throw this.failed('redeem', error)
        }
        await pause(this.#clock, pauseMs)
      }
    }
  }

  /**
   * Tells the store that a socket is gone. Resolves when it knows, or did not answer, and never rejects: it is then told again,
   * until it knows.
   */
  async closeSocket(ref: string, attemptId: string): Promise<void> {
    const socket = { ref, attemptId }
    if (!(await this.#tellEnd(socket))) this.#untold.add(socket)
  }

  /** Lets go of what the store opened for itself. Never rejects: the process ends all the same. */
  async close(): Promise<void> {
    this.#untold.stop()
    try {
      await this.call('end', async (store) => store.close?.())
    } catch {
      // Told to the hub already.
    }
  }

  checkSessions(refs: readonly string[]): Promise<readonly SessionCheck[]> {
    return this.call('check', (store) => store.checkSessions(refs))
  }

  /** Tells the hub of a failure and gives the error to throw. */
  failed(operation: string, error: unknown): WsticketError {
    const remedy = isWsticketError(error) ? error.remedy : undefined
    this.#events.emit('store.failed', { operation, message: messageOf(error), remedy })
    if (isWsticketError(error)) return error
    return new WsticketError(
      'store_unavailable',
      `the ${this.store.kind} store failed: ${messageOf(error)}`,
      {
        cause: error,
      },
    )
  }

  async #tellEnd({ ref, attemptId }: EndedSocket): Promise<boolean> {
    try {
      await this.call('close', (store) => store.closeSocket(ref, attemptId))
      return true
    } catch {
      // Told to the hub already.
      return false
    }
  }

  /** Why a call cannot even be made; `undefined` if it can. */
  #overload(operation: string): WsticketError | undefined {
    if (this.#open < this.#mostOpen) return undefined
    const error = new WsticketError(
      'store_unavailable',
      `the ${this.store.kind} store has ${this.#mostOpen} calls to answer; ${operation} was not sent`,
    )
    const now = this.#clock.now()
    if (now - this.#overloadToldAt < OVERLOAD_TOLD_MS) return error
    this.#overloadToldAt = now
    return this.failed(operation, error)
  }

  #within<T>(
    operation: string,
    ms: number,
    make: () => Promise<T>,
    abandoned: (value: T) => void = () => {},
  ): Promise<T> {
    this.#open += 1
    let open = true
    const ended = (): void => {
      if (open) this.#open -= 1
      open = false
    }
    // What a store throws at once is a failure like any other.
    const work = (async () => make())()
    work.then(ended, ended)
    const late = (): Error => {
      this.#clock.after(LOST_MS, ended)
      return new WsticketError(
        'store_unavailable',
        `the ${this.store.kind} store did not answer ${operation} in ${ms} ms`,
      )
    }
    return withDeadline(work, { clock: this.#clock, ms, late, abandoned })
  }
}
