import {
  type Answer,
  type Ask,
  answerAs,
  type Call,
  callServer,
  type Failure,
  type Fetch,
} from '../api/http.js'
import { isTokenResponse, isUser, type User } from './auth-messages.js'
import {
  endsLogin,
  TokenKeeper,
  type TokenKeeperOptions,
  type TokenOrigin,
  type TokenShelf,
} from './token-keeper.js'

/** Why somebody who was signed in is not any more, for the sign-in page to say. */
export interface Farewell {
  readonly reason: 'logged-out' | 'logged-out-everywhere' | 'logged-out-in-another-tab' | 'ended'
  readonly email?: string
  /** How the server closed this page's socket, where it was seen to. */
  readonly socketClosed?: { readonly code: string; readonly closeCode: number | undefined }
}

export type AuthState =
  | { readonly name: 'restoring'; readonly failure?: Failure }
  | { readonly name: 'signed-out'; readonly farewell?: Farewell }
  | { readonly name: 'signed-in'; readonly user: User }

export interface AuthClientOptions {
  readonly fetch: Fetch
  readonly shelf: TokenShelf
  /** @default the browser's */
  readonly tabs?: NonNullable<TokenKeeperOptions['tabs']>
}

/** Who is signed in on this page, in all of its tabs. */
export class AuthClient {
  readonly tokens: TokenKeeper
  readonly #fetch: Fetch
  #state: AuthState
  // Nobody has signed in or out here yet.
  #isNew = true
  // Raised when the login changes: what was asked about the one before comes too late.
  #era = 0
  readonly #listeners = new Set<() => void>()
  readonly #refreshListeners = new Set<(by: TokenOrigin) => void>()

  constructor(options: AuthClientOptions) {
    this.#fetch = options.fetch
    this.tokens = new TokenKeeper({
      ...options,
      onRefreshed: (by) => {
        for (const listener of this.#refreshListeners) listener(by)
      },
      onLogout: () => {
        if (this.#state.name !== 'signed-out') this.leave({ reason: 'logged-out-in-another-tab' })
        else this.#era++
      },
      onUserChange: () => this.#become({ name: 'restoring' }),
    })
    this.#state = this.tokens.hasLogin ? { name: 'restoring' } : { name: 'signed-out' }
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly state = (): AuthState => this.#state

  onRefreshed(listener: (by: TokenOrigin) => void): () => void {
    this.#refreshListeners.add(listener)
    return () => this.#refreshListeners.delete(listener)
  }

  /** Makes a call in the name of whoever is signed in. */
  readonly ask: Ask = async (call) => {
    const answer = await this.#askWith({ refresh: false }, call)
    // Whether a token is too old, only the server can tell: this machine's clock may be wrong.
    if (answer.ok || answer.code !== 'credential_invalid') return answer
    return await this.#askWith({ refresh: true }, call)
  }

  async signIn(email: string, password: string): Promise<Failure | undefined> {
    const answer = answerAs(
      await callServer(this.#fetch, { method: 'POST', path: '/auth/login', body: { email, password } }),
      isTokenResponse,
    )
    if (!answer.ok) return answer
    this.#isNew = false
    this.#era++
    this.tokens.take(answer.value)
    return await this.#enter()
  }

  /** Goes on with the login of another tab, or of this one from before a reload. */
  async restore(): Promise<void> {
    const era = this.#era
    const failure = await this.#enter()
    if (failure === undefined) return
    if (era !== this.#era) {
      // Another tab has signed in meanwhile, perhaps as another user.
      if (this.#state.name === 'restoring') await this.restore()
      return
    }
    if (endsLogin(failure)) this.leave({ reason: 'ended' })
    else this.#become({ name: 'restoring', failure })
  }

  /** Hears that another tab has signed in. One in which somebody has signed out already hears of the user as well. */
  tokenArrived(): void {
    if (this.#isNew && this.#state.name === 'signed-out') this.#become({ name: 'restoring' })
  }

  /** Ends this login, or all of the user's, on the server and in the other tabs. The page stays as it is until `leave`. */
  async logOut(scope: 'login' | 'everywhere'): Promise<Failure | undefined> {
    const body = scope === 'everywhere' ? { everywhere: true } : {}
    const answer = await this.ask({ method: 'POST', path: '/auth/logout', body })
    if (!answer.ok && !endsLogin(answer)) return answer
    this.tokens.forget()
    return undefined
  }

  /** Goes to the sign-in page. A login that has ended is forgotten in all tabs. */
  leave(farewell?: Farewell): void {
    const email = this.#state.name === 'signed-in' ? { email: this.#state.user.email } : {}
    this.#isNew = false
    if (farewell?.reason === 'ended') this.tokens.forget()
    this.#become({
      name: 'signed-out',
      ...(farewell === undefined ? {} : { farewell: { ...email, ...farewell } }),
    })
  }

  async #askWith(token: { readonly refresh: boolean }, call: Omit<Call, 'accessToken'>): Promise<Answer> {
    const access = await this.tokens.accessToken(token)
    return access.ok ? await callServer(this.#fetch, { ...call, accessToken: access.value }) : access
  }

  async #enter(): Promise<Failure | undefined> {
    const era = this.#era
    const user = answerAs(await this.ask({ method: 'GET', path: '/auth/me' }), isUser)
    if (!user.ok) return user
    if (era !== this.#era) return { ok: false, code: 'credential_revoked' }
    this.#become({ name: 'signed-in', user: user.value })
    return undefined
  }

  #become(state: AuthState): void {
    this.#era++
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
