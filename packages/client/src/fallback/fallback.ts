import type { Pathway } from '@wsticket/protocol'
import { anonymousProtocols, jwtProtocols, PATHWAYS, ticketProtocols } from '@wsticket/protocol'
import type { Cause } from '../core/connection-types.js'
import { type Clock, clockOr } from '../core/environment.js'
import { jwtExpiresAt, jwtUser } from '../core/jwt-claims.js'
import { asTicketError, TicketError } from '../core/ticket-error.js'
import { sourceAround } from '../source-around.js'
import type { AttemptOutcome, GrantOptions, TicketGrant, TicketSource } from '../ticket-source.js'
import { FailuresInARow, weightOf } from './failures.js'
import { FALLBACK_AFTER, FALLBACK_FOR_MS, type FallbackOptions } from './options.js'

// A server that takes longer to say what it allows counts as out of reach: there are 15 s for the whole step.
const CONFIG_TIMEOUT_MS = 5000

/**
 * Gives a source that presents the JWT itself, or nothing, for a while, when tickets fail again and again and the server's
 * `/config` allows it. What fails because of the user, of the network or of a node that drains is no reason to.
 *
 * `take()` and `url()` give tickets and nothing else, since nothing else goes where they go.
 *
 * @example
 * const tickets = withFallback(ticketSource({ url, credential }), {
 *   onDowngrade: ({ from, to, cause }) => report(`${from} -> ${to}: ${cause.code}`),
 * })
 * const socket = new TicketSocket('wss://api.example.com/ws', { tickets })
 */
export function withFallback(source: TicketSource, options: FallbackOptions = {}): TicketSource {
  const { pathways, currentCredential } = source
  if (!pathways || !currentCredential) {
    throw new TypeError(
      'wsticket: withFallback() needs a source that knows its server: ticketSource({ url, credential })',
    )
  }
  const fallback = new Fallback(
    source,
    {
      pathways: pathways.bind(source),
      currentCredential: currentCredential.bind(source),
    },
    options,
  )
  return sourceAround(source, {
    grant: (grantOptions) => fallback.grant(grantOptions),
    protocols: (...own) => fallback.protocols(own),
    pathways: (grantOptions) => fallback.pathways(grantOptions),
    settled: (outcome) => fallback.settled(outcome),
    clear: () => fallback.clear(),
  })
}

/** A lesser pathway that serves for now. */
interface Lowered {
  readonly pathway: Pathway
  readonly until: number
  /** Of the user for whom the server allowed it. */
  readonly era: number
}

/** What only a source with a ticket route knows. */
type Server = Required<Pick<TicketSource, 'pathways' | 'currentCredential'>>

class Fallback {
  readonly #source: TicketSource
  readonly #server: Server
  readonly #options: FallbackOptions
  readonly #clock: Clock
  // From the best down. Each further one knows less about who is there.
  readonly #chain: readonly Pathway[]
  // Counts clear(), for a source that does not.
  #cleared = 0
  #lowered: Lowered | undefined
  // After its time one failure of the ticket pathway is one more in the row.
  readonly #failures = new FailuresInARow()
  // What was presented last while it was not a ticket, until a ticket opens a connection again.
  #away: Pathway | undefined
  readonly #unanswered = new Set<AbortSignal>()
  // The question to the server that is on its way.
  #asking: { readonly era: number; readonly open: Promise<readonly string[] | undefined> } | undefined
  // Failures that are being looked into; whoever asks next waits for what comes of them.
  #judging: Promise<unknown> = Promise.resolve()

  constructor(source: TicketSource, server: Server, options: FallbackOptions) {
    this.#source = source
    this.#server = server
    this.#options = options
    this.#clock = clockOr(options.clock)
    const { jwt = true, anonymous = false } = options
    const wanted: { readonly [pathway in Pathway]: boolean } = {
      ticket: true,
      jwt_subprotocol: jwt,
      anonymous,
    }
    this.#chain = PATHWAYS.filter((pathway) => wanted[pathway])
  }

  /** What the server allowed the user before it may not allow the next one, whoever called clear(). */
  get #era(): number {
    return this.#source.era ?? this.#cleared
  }

  grant(options: GrantOptions = {}): Promise<TicketGrant> {
    return this.#present(() => this.#source.grant(options), options)
  }

  async protocols(own: readonly string[]): Promise<string[]> {
    const take = async (): Promise<TicketGrant> => {
      const ticket = await this.#source.take()
      // Other libraries do not tell what became of it.
      this.#opened('ticket')
      return { ticket }
    }
    const { ticket, carriedBy } = await this.#present(take, {})
    return carriedBy ? [...carriedBy, ...own] : ticketProtocols(ticket, { own })
  }

  /** A socket asks whether it can go on: to it, a ticket is whatever this source has to present. */
  async pathways(options?: GrantOptions): Promise<readonly string[]> {
    const open = await this.#server.pathways(options)
    return this.#chain.some((pathway) => open.includes(pathway)) ? [...new Set(['ticket', ...open])] : open
  }

  settled(outcome: AttemptOutcome): void {
    this.#source.settled?.(outcome)
    if (outcome.opened) {
      this.#opened(outcome.pathway)
      return
    }
    // What was given up before it was presented is a ticket route that took too long; any other failure of it is known already.
    const late = [...this.#unanswered].filter(({ aborted }) => aborted)
    for (const signal of late) this.#unanswered.delete(signal)
    const pathway = outcome.pathway ?? (late.length > 0 ? 'ticket' : undefined)
    if (!pathway) return
    const judged = this.#failed(pathway, outcome.cause, outcome).catch(() => undefined)
    this.#judging = Promise.all([this.#judging, judged])
  }

  clear(): void {
    this.#cleared++
    this.#lowered = undefined
    this.#source.clear()
  }

  async #present(takeTicket: () => Promise<TicketGrant>, options: GrantOptions): Promise<TicketGrant> {
    await this.#judging
    const lowered = this.#current()
    if (lowered) return await this.#presentLesser(lowered.pathway, options)
    if (this.#options.useTicketAuth === false) return await this.#presentAllowed(options)
    const { signal } = options
    if (signal) this.#unanswered.add(signal)
    try {
      return await takeTicket()
    } catch (thrown) {
      const error = asTicketError(thrown)
      if (signal?.aborted) throw error
      const { code, retryAfterSeconds, detail } = error
      const lesser = await this.#failed('ticket', { code, retryAfterSeconds, detail }, options)
      if (!lesser) throw error
      return await this.#presentLesser(lesser, options)
    } finally {
      if (signal) this.#unanswered.delete(signal)
    }
  }

  /** Tickets are switched off here, so that this is no step down. */
  async #presentAllowed(options: GrantOptions): Promise<TicketGrant> {
    const open = await this.#server.pathways(options)
    const lesser = this.#below('ticket', open)
    if (!lesser) {
      throw new TicketError('pathway_disabled', {
        detail: 'tickets are switched off in this client, and the server allows nothing else',
      })
    }
    this.#lower(lesser)
    return await this.#presentLesser(lesser, options)
  }

  async #presentLesser(pathway: Pathway, { refresh, signal }: GrantOptions): Promise<TicketGrant> {
    // What one user wrote is not sent without a name, and the other way round.
    if (pathway === 'anonymous') return { ticket: '', pathway, carriedBy: anonymousProtocols, user: pathway }
    const era = this.#era
    const jwt = await this.#server.currentCredential({ refresh, signal })
    if (era !== this.#era) {
      throw new TicketError('credential_unavailable', { detail: 'clear() was called meanwhile' })
    }
    return {
      ticket: '',
      pathway,
      carriedBy: carriersOf(jwt),
      credentialExpiresAt: jwtExpiresAt(jwt),
      // As the source itself names the users of its tickets.
      user: `${era} ${jwtUser(jwt)}`,
    }
  }

  #opened(pathway: Pathway): void {
    this.#failures.forget(pathway)
    if (pathway !== 'ticket' || !this.#away) return
    this.#tell(this.#options.onRecover, { from: this.#away })
    this.#away = undefined
  }

  /** Takes note of a failure; gives the pathway to take instead, from now on, if there is one. */
  async #failed(pathway: Pathway, cause: Cause, { by = this }: GrantOptions): Promise<Pathway | undefined> {
    const weight = weightOf(cause.code)
    if (weight === 'never') return undefined
    const era = this.#era
    let open: readonly string[] | undefined
    if (weight === 'counts-if-reachable') {
      open = await this.#ask()
      if (!open || era !== this.#era) return undefined
    }
    const failures = this.#failures.add(pathway, by, era)
    if (failures < (this.#options.after ?? FALLBACK_AFTER) && weight !== 'at-once') return undefined
    open ??= await this.#ask()
    const current = this.#current()
    // Another attempt was faster, or this one belongs to a pathway that was left meanwhile.
    if ((current?.pathway ?? 'ticket') !== pathway) return current?.pathway
    if (!open || era !== this.#era) return undefined
    const lesser = this.#below(pathway, open)
    if (!lesser) {
      // At the end of the chain tickets are worth another try before their time.
      this.#lowered = undefined
      return undefined
    }
    const { until } = this.#lower(lesser)
    this.#tell(this.#options.onDowngrade, { from: pathway, to: lesser, cause, until })
    return lesser
  }

  #current(): Lowered | undefined {
    const { until, era } = this.#lowered ?? {}
    if (until !== undefined && (until <= this.#clock.now() || era !== this.#era)) this.#lowered = undefined
    return this.#lowered
  }

  #below(pathway: Pathway, open: readonly string[]): Pathway | undefined {
    return this.#chain.slice(this.#chain.indexOf(pathway) + 1).find((lesser) => open.includes(lesser))
  }

  /** Further down, the time runs on: it is the ticket pathway's. */
  #lower(pathway: Pathway): Lowered {
    const { forMs = FALLBACK_FOR_MS } = this.#options
    const until = this.#lowered?.until ?? this.#clock.now() + forMs
    this.#lowered = { pathway, until, era: this.#era }
    this.#failures.forget(pathway)
    this.#away = pathway
    return this.#lowered
  }

  /** Gives what the server allows, or nothing if it does not say so soon. Failures of the same moment ask together. */
  #ask(): Promise<readonly string[] | undefined> {
    const era = this.#era
    if (this.#asking?.era === era) return this.#asking.open
    const open = this.#askServer()
    const asking = { era, open }
    this.#asking = asking
    void open.then(() => {
      if (this.#asking === asking) this.#asking = undefined
    })
    return open
  }

  #askServer(): Promise<readonly string[] | undefined> {
    const timeout = new AbortController()
    return new Promise((resolve) => {
      const cancel = this.#clock.after(CONFIG_TIMEOUT_MS, () => {
        timeout.abort()
        resolve(undefined)
      })
      Promise.resolve()
        .then(() => this.#server.pathways({ signal: timeout.signal }))
        // A source of somebody's own may say anything.
        .then(
          (open) => resolve(Array.isArray(open) ? open : undefined),
          () => resolve(undefined),
        )
        .finally(cancel)
    })
  }

  /** A listener that throws is nobody's here to catch. */
  #tell<News>(listener: ((news: News) => void) | undefined, news: News): void {
    if (listener) queueMicrotask(() => listener(news))
  }
}

function carriersOf(jwt: string): string[] {
  try {
    return jwtProtocols(jwt)
  } catch (thrown) {
    // Not every credential is a JWT.
    throw asTicketError(thrown)
  }
}
