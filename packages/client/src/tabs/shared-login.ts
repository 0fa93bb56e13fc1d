import { type Clock, clockOr } from '../core/environment.js'
import { jwtUser } from '../core/jwt-claims.js'
import { TicketError } from '../core/ticket-error.js'
import { type Held, isMessage, type Message } from './messages.js'
import { type Channel, channelOr, type Locks, locksOr } from './platform.js'
import { HOLD_MS, underLock } from './tab-lock.js'

// A tab that lives answers within a few milliseconds; if none does, it is this one's turn.
const ASK_MS = 50

/** How tabs share a login. */
export interface SharedLoginOptions {
  /** Names the login; tabs of the same origin that give the same name share it. */
  readonly name: string
  /** Gets a fresh JWT, or `''` if nobody is logged in. One tab at a time does; after 10 s `signal` is aborted. */
  readonly refresh: (request: { readonly signal: AbortSignal }) => string | Promise<string>
  /** Tells users apart. @default issuer and subject of the JWT */
  readonly userOf?: ((jwt: string) => string | undefined) | undefined
  /** @default navigator.locks */
  readonly locks?: Locks | undefined
  /** @default a BroadcastChannel */
  readonly openChannel?: ((name: string) => Channel) | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
  /** Gives numbers from 0 (inclusive) to 1 (exclusive). @default Math.random */
  readonly random?: (() => number) | undefined
}

/** A login that all tabs of an origin have in common. */
export interface SharedLogin {
  /** The option `credential` of a ticket source. Gives `''` after a logout. */
  readonly credential: (request: { readonly refresh: boolean }) => Promise<string>
  /**
   * What this runtime lacks. Without `locks` two tabs may refresh at once; without `channel` tabs know nothing of each other,
   * logouts included. One tab by itself never refreshes twice at once.
   */
  readonly missing: readonly ('locks' | 'channel')[]
  /** Takes the JWT of a new login, for all tabs. */
  login(jwt: string): void
  /** Forgets the login in all tabs. End it at the server first: then nothing can bring it back. */
  logout(): void
  /** Calls back in each tab when the login ends; what it returns stops that. */
  onLogout(listener: () => void): () => void
  /** Calls back in each tab when another user logs in, or the same one anew; what it returns stops that. */
  onUserChange(listener: (user: string | undefined) => void): () => void
  /** Forgets the login in this tab alone, and leaves the others. */
  close(): void
}

/**
 * Shares a login among the tabs of an origin: one of them refreshes the JWT, under a Web Lock, and tells the others; a logout in
 * one is a logout in all. Everything stays in memory. Tickets are not shared.
 *
 * @example
 * const login = sharedLogin({ name: 'chat', refresh: ({ signal }) => auth.refresh({ signal }) })
 * const tickets = ticketSource({ url, credential: login.credential })
 * login.onLogout(() => { tickets.clear(); socket.close() })
 */
export function sharedLogin(options: SharedLoginOptions): SharedLogin {
  const tab = new Tab(options)
  return {
    credential: (request) => tab.credential(request.refresh),
    missing: tab.missing,
    login: (jwt) => tab.login(jwt),
    logout: () => tab.logout(),
    onLogout: (listener) => tab.on('logout', listener),
    onUserChange: (listener) => tab.on('userchange', listener),
    close: () => tab.close(),
  }
}

class News extends Event {
  readonly user: string | undefined

  constructor(type: 'logout' | 'userchange', user?: string) {
    super(type)
    this.user = user
  }
}

class Tab {
  readonly missing: readonly ('locks' | 'channel')[]
  readonly #options: SharedLoginOptions
  readonly #clock: Clock
  readonly #name: string
  readonly #locks: Locks | undefined
  #channel: Channel | undefined
  readonly #news = new EventTarget()
  #held: Held | undefined
  #loggedOutAt = 0
  #latest = 0
  // The last one that somebody got here. Who wants a fresh one wants one that began later.
  #given = 0
  // Whose the login is: `''` if the JWT does not tell, `null` for nobody, `undefined` as long as nothing is known.
  #user: string | null | undefined
  #obtaining: Promise<void> | undefined
  // Aborted when what is waited for has come from elsewhere, or must not come any more.
  #needed = new AbortController()
  // Aborted when what began before must not bring the user back.
  #lifetime = new AbortController()
  // Cancelled by a logout or a later login alone: its answer may hold the one refresh token that is still good.
  #refreshing: { readonly began: number; readonly stop: AbortController } | undefined

  constructor(options: SharedLoginOptions) {
    this.#options = options
    this.#clock = clockOr(options.clock)
    this.#name = `wsticket login ${options.name}`
    this.#locks = locksOr(options.locks)
    this.#channel = channelOr(options.openChannel, this.#name)
    this.#channel?.addEventListener('message', ({ data }) => {
      if (isMessage(data)) this.#heard(data)
    })
    const has = { locks: this.#locks, channel: this.#channel }
    this.missing = (['locks', 'channel'] as const).filter((part) => !has[part])
  }

  async credential(refresh: boolean): Promise<string> {
    if (this.#isOut) return ''
    const held = this.#held
    if (!held || (refresh && held.began <= this.#given)) {
      this.#obtaining ??= this.#obtain().finally(() => {
        this.#obtaining = undefined
      })
      await this.#obtaining
    }
    const { jwt = '', began = this.#given } = this.#held ?? {}
    this.#given = began
    return jwt
  }

  login(jwt: string): void {
    const held = { jwt, began: this.#now() }
    this.#take(held)
    this.#tell({ type: 'jwt', ...held })
  }

  logout(): void {
    const began = this.#now()
    this.#end(began)
    this.#tell({ type: 'logout', began })
  }

  on(type: 'logout' | 'userchange', listener: (user: string | undefined) => void): () => void {
    const heard = (event: Event): void => {
      if (event instanceof News) listener(event.user)
    }
    this.#news.addEventListener(type, heard)
    return () => this.#news.removeEventListener(type, heard)
  }

  close(): void {
    this.#user = null
    this.#forget()
    this.#channel?.close()
    this.#channel = undefined
  }

  get #isOut(): boolean {
    return this.#user === null
  }

  /** A moment after all that is known: a clock that is set back must not make an old logout the latest news. */
  #now(): number {
    this.#latest = Math.max(this.#clock.now(), this.#latest + 1)
    return this.#latest
  }

  #tell(message: Message): void {
    this.#channel?.postMessage(message)
  }

  #heard(message: Message): void {
    const { type, began } = message
    if (type === 'ask') {
      if (this.#held && this.#held.began > began) this.#tell({ type: 'jwt', ...this.#held })
      return
    }
    this.#latest = Math.max(this.#latest, began)
    if (type === 'logout') this.#end(began)
    // A tab that was frozen has not heard of the logout yet.
    else if (began <= this.#loggedOutAt) this.#tell({ type: 'logout', began: this.#loggedOutAt })
    else this.#take(message)
  }

  #take({ jwt, began }: Held): void {
    // Two of the same moment: all tabs have to choose the same one.
    const { began: since = 0, jwt: other = '' } = this.#held ?? {}
    if (began < since || (began === since && jwt <= other)) return
    const { userOf = jwtUser } = this.#options
    const before = this.#user
    const user = userOf(jwt) ?? ''
    this.#held = { jwt, began }
    this.#user = user
    this.#needed.abort()
    if (this.#refreshing && began >= this.#refreshing.began) this.#refreshing.stop.abort()
    if (before !== undefined && before !== user) {
      this.#news.dispatchEvent(new News('userchange', user || undefined))
    }
  }

  #end(began: number): void {
    if (began <= this.#loggedOutAt) return
    this.#loggedOutAt = began
    // Somebody has logged in since.
    if (this.#held && this.#held.began > began) return
    const wasOut = this.#isOut
    this.#user = null
    this.#forget()
    if (!wasOut) this.#news.dispatchEvent(new News('logout'))
  }

  #forget(): void {
    this.#held = undefined
    this.#needed.abort()
    this.#lifetime.abort()
    this.#lifetime = new AbortController()
  }

  /** Gets a JWT that began later than all that were given here, from another tab or by a refresh. */
  async #obtain(): Promise<void> {
    const needed = new AbortController()
    this.#needed = needed
    const { signal } = needed
    const { random = Math.random } = this.#options
    const terms = { locks: this.#locks, name: this.#name, signal, clock: this.#clock, random }
    await underLock(terms, async () => {
      if (!signal.aborted) await this.#askOthers(signal)
      if (!signal.aborted) await this.#refresh()
    })
  }

  /** A lock may be granted before the news of whoever held it arrives; and a new tab has heard no news at all. */
  async #askOthers(signal: AbortSignal): Promise<void> {
    if (!this.#channel) return
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ASK_MS, resolve)
      signal.addEventListener('abort', () => {
        cancel()
        resolve()
      })
      this.#tell({ type: 'ask', began: this.#given })
    })
  }

  async #refresh(): Promise<void> {
    const began = this.#now()
    const lifetime = this.#lifetime.signal
    const stop = new AbortController()
    lifetime.addEventListener('abort', () => stop.abort())
    let cancel = (): void => {}
    const over = new Promise<void>((resolve, reject) => {
      stop.signal.addEventListener('abort', () => resolve())
      cancel = this.#clock.after(HOLD_MS, () => {
        reject(new TicketError('credential_unavailable', { detail: 'refresh() gave no JWT within 10 s' }))
        stop.abort()
      })
    })
    const refreshing = { began, stop }
    this.#refreshing = refreshing
    const answered = async (): Promise<void> => {
      const jwt = await this.#options.refresh({ signal: stop.signal })
      // The login ended in between, or another began.
      if (lifetime.aborted || began <= (this.#held?.began ?? 0)) return
      if (jwt === '') {
        this.#held = undefined
      } else {
        this.#take({ jwt, began })
        this.#tell({ type: 'jwt', jwt, began })
      }
    }
    try {
      await Promise.race([answered(), over])
    } finally {
      cancel()
      if (this.#refreshing === refreshing) this.#refreshing = undefined
    }
  }
}
