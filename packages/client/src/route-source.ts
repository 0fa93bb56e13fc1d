import { isRenewResponse, isTicketResponse, REFRESH_THRESHOLD_SECONDS } from '@wsticket/protocol'
import { STEP_TIMEOUT_MS } from './core/connection-state.js'
import { type Clock, clockOr, fetchOr } from './core/environment.js'
import { jwtExpiresAt, jwtUser } from './core/jwt-claims.js'
import { RETRY_AFTER_CAP_SECONDS } from './core/reconnect.js'
import { asTicketError, TicketError } from './core/ticket-error.js'
import { type CallRoute, routeCaller } from './core/ticket-requests.js'
import { askForCredential, ticketCall } from './core/ticket-route.js'
import { foreignAnswer } from './foreign-answer.js'
import { siblingRoute } from './sibling-route.js'
import {
  type AttemptOutcome,
  type GrantOptions,
  type Renewal,
  Source,
  type TicketGrant,
  type TicketRouteOptions,
  type TicketSource,
} from './source.js'

// Times on the wire are whole seconds; a difference as small as this says nothing about the clocks.
const CLOCK_TOLERANCE_MS = 2000

// What is bought with a JWT that ends so soon would end at once.
const ENDS_NOW_MS = 2000

// A session that is renewed by a JWT with less than this left would have to be renewed again at once.
const ENDS_SOON_MS = REFRESH_THRESHOLD_SECONDS * 1000

// A callback that calls clear() itself must not make the source ask for ever.
const MOST_CLEARED = 5

/** Tickets from the server's own route, and all else that its routes give a client. */
export class RouteSource extends Source implements TicketSource {
  readonly #options: TicketRouteOptions
  readonly #clock: Clock
  readonly #call: CallRoute
  // Raised by clear(): what was asked for before belongs to the user before.
  #era = 0
  #refreshes = 0
  // The callback that is under way; whoever asks meanwhile gets its outcome.
  #asking: { readonly refresh: boolean; readonly credential: Promise<string> } | undefined
  // Never to be seen again, unless it is reusable.
  #lastTicket: string | undefined
  // A reusable ticket, to be handed out again.
  #kept: TicketGrant | undefined
  // This machine's clock minus the server's, in milliseconds.
  #clockOffset = 0

  constructor(options: TicketRouteOptions) {
    super()
    const { url, credential, fetch, clock } = options
    if (typeof credential !== 'function')
      throw new TypeError('wsticket: "credential" must be a function that gives the JWT')
    if (typeof url !== 'string' || !(fetch || globalThis.location || URL.canParse(url))) {
      throw new TypeError(
        `wsticket: "url" must be the address of the ticket route, outside a page an absolute one; it is ${JSON.stringify(url)}`,
      )
    }
    this.#options = options
    this.#clock = clockOr(clock)
    this.#call = routeCaller(fetchOr(fetch), (response) => foreignAnswer(response, this.#clock.now()))
  }

  async take(): Promise<string> {
    const refreshes = this.#refreshes
    try {
      return (await this.#inTime({})).ticket
    } catch (thrown) {
      const { code, retryAfterSeconds } = asTicketError(thrown)
      if (code !== 'credential_invalid') throw thrown
      const delayMs = Math.min(retryAfterSeconds ?? 0, RETRY_AFTER_CAP_SECONDS) * 1000
      if (delayMs > 0) await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve))
    }
    // Where several failed together, one refresh is enough for all of them.
    return (await this.#inTime({ refresh: this.#refreshes === refreshes })).ticket
  }

  get era(): number {
    return this.#era
  }

  clear(): void {
    this.#era++
    this.#asking = this.#kept = undefined
  }

  settled({ opened }: AttemptOutcome): void {
    // A reusable ticket that was refused would be refused again.
    if (!opened) this.#kept = undefined
  }

  async grant(options: GrantOptions = {}): Promise<TicketGrant> {
    let current = options
    for (let tries = 0; tries < MOST_CLEARED; tries++) {
      const era = this.#era
      try {
        const grant = await this.#issue(current)
        if (era === this.#era) return grant
      } catch (thrown) {
        if (era === this.#era || current.signal?.aborted) throw asTicketError(thrown)
      }
      // Cleared meanwhile: that was an answer for the user before, who may have had a refresh to come.
      current = { signal: options.signal }
    }
    throw new TicketError('credential_unavailable', { detail: 'cleared at each try' })
  }

  async renew(ref: string, { refresh, signal }: GrantOptions = {}): Promise<Renewal> {
    // The application may still hand out the JWT that is about to end; then a fresh one is asked for.
    const credential = await this.#credentialFor(ENDS_SOON_MS, refresh, signal)
    const path = `/api/websocket/session/${encodeURIComponent(ref)}/renew`
    const url = siblingRoute(this.#options.url, path)
    const body = await this.#call({ method: 'POST', url, credential, signal })
    if (!isRenewResponse(body)) throw new TicketError('response_invalid')
    return { deadline: this.#local(body.expires_at), ...this.#endOf(credential) }
  }

  async pathways(options?: GrantOptions): Promise<readonly string[]> {
    const body = await this.call('GET', '/api/websocket/config', options)
    if (!hasPathways(body)) throw new TicketError('response_invalid')
    return body.pathways
  }

  async call(method: 'GET' | 'POST', path: string, { refresh, signal }: GrantOptions = {}): Promise<unknown> {
    const credential = await this.currentCredential({ refresh, signal })
    return await this.#call({ method, url: siblingRoute(this.#options.url, path), credential, signal })
  }

  currentCredential({ refresh = false, signal }: GrantOptions = {}): Promise<string> {
    const joined = this.#asking
    const joins = joined && (joined.refresh || !refresh)
    if (refresh && !joins) this.#refreshes++
    const asking = joins ? joined : { refresh, credential: this.#askForCredential(refresh) }
    const forget = (): void => {
      if (this.#asking === asking) this.#asking = undefined
    }
    // A callback that hangs must not make all who come after it hang as well.
    signal?.addEventListener('abort', forget, { once: true })
    if (joins) return asking.credential
    this.#asking = asking
    asking.credential.then(forget, forget)
    return asking.credential
  }

  /** Libraries have no limit of their own: what hangs must not have them hang for ever. */
  #inTime(options: GrantOptions): Promise<TicketGrant> {
    const late = new AbortController()
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(STEP_TIMEOUT_MS, () => {
        late.abort()
        reject(new TicketError('network_unreachable', { detail: `no ticket in ${STEP_TIMEOUT_MS / 1000} s` }))
      })
      void this.grant({ ...options, signal: late.signal })
        .then(resolve, reject)
        .finally(cancel)
    })
  }

  async #issue({ refresh, signal }: GrantOptions): Promise<TicketGrant> {
    const { url, reusable } = this.#options
    const era = this.#era
    const kept = this.#kept
    if (kept && !refresh && this.#left(kept.expiresAt) > ENDS_SOON_MS) {
      // Another user may have come without a word.
      const now = await this.currentCredential({ signal })
      if (kept.user === `${era} ${jwtUser(now)}`) return kept
    }
    const credential = await this.#credentialFor(ENDS_NOW_MS, refresh, signal)
    const body = await this.#call(ticketCall(this.#options, credential, signal)).catch(withAddress(url))
    if (!isTicketResponse(body)) throw new TicketError('response_invalid')
    const { ticket_id: ticket, ref, created_at, expires_at } = body
    if (ticket === this.#lastTicket) {
      throw new TicketError('response_invalid', {
        ref,
        detail: 'the same ticket came twice; is there a cache in between?',
      })
    }
    this.#lastTicket = ticket
    const offset = this.#clock.now() - created_at * 1000
    this.#clockOffset = Math.abs(offset) > CLOCK_TOLERANCE_MS ? offset : 0
    const grant = {
      ticket,
      ref,
      expiresAt: this.#local(expires_at),
      ...this.#endOf(credential),
      user: `${era} ${jwtUser(credential)}`,
    }
    if (reusable && era === this.#era) this.#kept = grant
    return grant
  }

  /** Gives a credential that has so much life left, as far as that can be read in it. */
  async #credentialFor(
    leftMs: number,
    refresh: boolean | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const credential = await this.currentCredential({ refresh, signal })
    const ends = this.#endOf(credential).credentialExpiresAt
    return ends !== undefined && !refresh && this.#left(ends) < leftMs
      ? await this.currentCredential({ refresh: true, signal })
      : credential
  }

  async #askForCredential(refresh: boolean): Promise<string> {
    const credential = await askForCredential(this.#options.credential, refresh)
    if (/^bearer /i.test(credential)) {
      throw new TicketError('credential_unavailable', { detail: 'give the JWT alone, without "Bearer"' })
    }
    // The runtime's own error would hold the credential.
    if (/^[ -~\x80-\xff]+$/.test(credential)) return credential
    throw new TicketError('credential_unavailable', { detail: 'no header can carry it' })
  }

  #endOf(credential: string): { readonly credentialExpiresAt?: number } {
    const expiresAt = jwtExpiresAt(credential)
    return expiresAt === undefined ? {} : { credentialExpiresAt: this.#local(expiresAt / 1000) }
  }

  #left(at: number | undefined): number {
    return (at ?? 0) - this.#clock.now()
  }

  /** Turns the server's seconds into this machine's milliseconds. */
  #local(serverSeconds: number): number {
    return serverSeconds * 1000 + this.#clockOffset
  }
}

/** Of all that the server tells there, clients need this. */
function hasPathways(body: unknown): body is { readonly pathways: readonly string[] } {
  return body instanceof Object && 'pathways' in body && Array.isArray(body.pathways)
}

/** Says which address was wrong, if that is what the server says. */
function withAddress(url: string): (thrown: unknown) => never {
  return (thrown) => {
    const error = asTicketError(thrown)
    if (error.code !== 'not_found' || error.detail !== undefined) throw error
    // What stands behind its path may be secret.
    const address = url.replace(/[?#].*$/s, '')
    throw new TicketError('not_found', { detail: `is there a ticket route at ${address}?` })
  }
}
