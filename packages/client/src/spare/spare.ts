import { CLIENT_ACTIONS, isRefusalCode, TTL_SECONDS } from '@wsticket/protocol'
import { type Clock, clockOr } from '../core/environment.js'
import { backoffDelay } from '../core/reconnect.js'
import { asTicketError } from '../core/ticket-error.js'
import { sourceAround } from '../source-around.js'
import type { AttemptOutcome, GrantOptions, TicketGrant, TicketSource } from '../ticket-source.js'
import { type Visibility, visibilityOr } from './visibility.js'

/** Spares in a row that may come to nothing. Then none is fetched until the next connection. */
export const MOST_UNUSED_SPARES = 5

/** What a spare must have left to be worth presenting, in milliseconds: the handshake takes its time, too. */
export const SPARE_MARGIN_MS = 10_000

// Longest wait after a connection opened. All who came back after a restart would else ask twice in the same moment.
const SETTLE_MS = 5000

// A spare is a convenience: what fails is not tried again so soon that it could matter to the server.
const RETRY_MS = 10_000

/** How spares are kept. */
export interface SpareOptions {
  /** Spares in a row that may come to nothing, before none is fetched until the next connection. @default 5 */
  readonly mostUnused?: number | undefined
  /** @default the page's */
  readonly visibility?: Visibility | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
  /** Gives numbers from 0 (inclusive) to 1 (exclusive). @default Math.random */
  readonly random?: (() => number) | undefined
}

/**
 * Gives a source that fetches the next ticket ahead once a `TicketSocket` is open, so that a reconnect costs no request.
 *
 * The spare is given once, and only while the credential is still the one that it was bought with: `credential` has to give the
 * same JWT until that is refreshed. It is dropped when its time is nearly over, when the page is hidden, when an attempt fails, and
 * by `clear()`. Together with the fallback: `withFallback(withSpare(ticketSource(…)))`.
 *
 * @example
 * const tickets = withSpare(ticketSource({ url, credential, ttlSeconds: 300 }))
 * const socket = new TicketSocket('wss://api.example.com/ws', { tickets })
 */
export function withSpare(source: TicketSource, options: SpareOptions = {}): TicketSource {
  const spare = new Spare(source, options)
  return sourceAround(source, {
    grant: (grantOptions) => spare.grant(grantOptions),
    settled: (outcome) => spare.settled(outcome),
    clear: () => spare.clear(),
  })
}

/** A ticket in reserve, and the credential that it was bought with. */
interface Reserve {
  readonly grant: TicketGrant
  readonly credential: string | undefined
  readonly until: number
}

class Spare {
  readonly #source: TicketSource
  readonly #clock: Clock
  readonly #random: () => number
  readonly #visibility: Visibility
  readonly #mostUnused: number
  #reserve: Reserve | undefined
  // What is on its way; whoever needs a ticket before it comes takes it over.
  #fetching: { readonly reserve: Promise<Reserve | undefined>; readonly stop: AbortController } | undefined
  // Raised by clear(): what was there before belongs to the user before.
  #era = 0
  #unused = 0
  #cancelTimer: () => void = () => {}
  #unlisten: (() => void) | undefined

  constructor(source: TicketSource, { clock, random, visibility, mostUnused }: SpareOptions) {
    this.#source = source
    this.#clock = clockOr(clock)
    this.#random = random ?? Math.random
    this.#visibility = visibilityOr(visibility)
    this.#mostUnused = mostUnused ?? MOST_UNUSED_SPARES
  }

  async grant(options: GrantOptions = {}): Promise<TicketGrant> {
    const kept = this.#reserve
    const coming = this.#fetching
    // Out of everybody's reach before the first await: nothing is given twice.
    this.#reserve = this.#fetching = undefined
    this.#cancelTimer()
    if (options.refresh) {
      coming?.stop.abort()
    } else {
      // One that hangs is given up with the attempt that waits for it.
      options.signal?.addEventListener('abort', () => coming?.stop.abort(), { once: true })
      const era = this.#era
      const reserve = kept ?? (await coming?.reserve.catch(() => undefined))
      if (reserve && (await this.#isGood(reserve, options)) && era === this.#era) return reserve.grant
    }
    return await this.#source.grant(options)
  }

  settled(outcome: AttemptOutcome): void {
    this.#source.settled?.(outcome)
    if (!outcome.opened && outcome.final) {
      // Nobody is there to take one. Another socket of the same source begins anew with its next connection.
      this.#end()
    } else if (!outcome.opened) {
      // What one ticket met, another one that is as old may meet as well.
      this.#drop()
    } else if (outcome.pathway === 'ticket') {
      this.#unused = 0
      this.#unlisten ??= this.#visibility.listen(() => this.#lookedAt())
      if (!this.#reserve && !this.#fetching) this.#fetchIn(this.#random() * SETTLE_MS)
    }
  }

  clear(): void {
    this.#era++
    this.#end()
    this.#source.clear()
  }

  /** Whether it still belongs to whoever is logged in, and will last for a handshake. */
  async #isGood({ credential, until }: Reserve, { signal }: GrantOptions): Promise<boolean> {
    if (until <= this.#clock.now()) return false
    try {
      return credential === (await this.#source.currentCredential?.({ signal }))
    } catch {
      return false
    }
  }

  #lookedAt(): void {
    if (this.#visibility.hidden) this.#drop()
    else if (!this.#reserve && !this.#fetching) this.#fetchIn(this.#random() * SETTLE_MS)
  }

  /** Gives up what is there or on its way; what was asked for and not used counts. */
  #drop(): void {
    if (this.#reserve || this.#fetching) this.#unused++
    this.#fetching?.stop.abort()
    this.#reserve = this.#fetching = undefined
    this.#cancelTimer()
  }

  #end(): void {
    this.#drop()
    this.#unlisten?.()
    this.#unlisten = undefined
  }

  #fetchIn(delayMs: number): void {
    this.#cancelTimer()
    if (this.#visibility.hidden) return
    if (this.#unused < this.#mostUnused) this.#cancelTimer = this.#clock.after(delayMs, () => this.#begin())
    else this.#end()
  }

  #begin(): void {
    const stop = new AbortController()
    const reserve = this.#fetch(stop.signal)
    this.#fetching = { reserve, stop }
    // Dropped or taken over meanwhile, it is no business of the reserve any more.
    const stillWanted = (then: () => void): void => {
      if (this.#fetching?.stop !== stop) return
      this.#fetching = undefined
      then()
    }
    void reserve.then(
      (came) => stillWanted(() => came && this.#keep(came)),
      (thrown: unknown) => stillWanted(() => this.#retryAfter(thrown)),
    )
  }

  async #fetch(signal: AbortSignal): Promise<Reserve | undefined> {
    const asked = this.#clock.now()
    const credential = await this.#source.currentCredential?.({ signal })
    const grant = await this.#source.grant({ signal })
    // Another credential than a moment ago: nobody can say which of the two has bought it.
    if (credential !== (await this.#source.currentCredential?.({ signal }))) return undefined
    if ((grant.pathway ?? 'ticket') !== 'ticket') return undefined
    const { expiresAt = asked + TTL_SECONDS.min * 1000 } = grant
    return { grant, credential, until: expiresAt - SPARE_MARGIN_MS }
  }

  #keep(reserve: Reserve): void {
    this.#reserve = reserve
    this.#cancelTimer = this.#clock.after(Math.max(0, reserve.until - this.#clock.now()), () => {
      this.#drop()
      this.#fetchIn(0)
    })
  }

  /** Says nothing to anybody: whatever is wrong, the next reconnect will find out by itself. */
  #retryAfter(thrown: unknown): void {
    const { code, retryAfterSeconds } = asTicketError(thrown)
    const failures = ++this.#unused
    if (isRefusalCode(code) && CLIENT_ACTIONS[code].startsWith('stop')) this.#end()
    else this.#fetchIn(RETRY_MS + backoffDelay({ failures, random: this.#random(), retryAfterSeconds }))
  }
}
