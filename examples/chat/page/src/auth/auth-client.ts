import { type Answer, answerAs, callServer, type Failure, type Fetch } from '../api/http.js'
import { isTokenResponse, isUser, type User } from './auth-messages.js'
import { endsLogin, TokenKeeper, type TokenShelf } from './token-keeper.js'

/** Why somebody who was signed in is not any more, for the sign-in page to say. */
export interface Farewell {
  readonly reason: 'logged-out' | 'logged-out-everywhere' | 'ended'
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
  readonly now: () => number
}

/** Who is signed in on this page. */
export class AuthClient {
  readonly tokens: TokenKeeper
  readonly fetch: Fetch
  #state: AuthState
  readonly #listeners = new Set<() => void>()
  readonly #refreshListeners = new Set<() => void>()

  constructor(options: AuthClientOptions) {
    this.fetch = options.fetch
    this.tokens = new TokenKeeper({
      ...options,
      onRefreshed: () => {
        for (const listener of this.#refreshListeners) listener()
      },
    })
    this.#state = this.tokens.hasLogin ? { name: 'restoring' } : { name: 'signed-out' }
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly state = (): AuthState => this.#state

  onRefreshed(listener: () => void): () => void {
    this.#refreshListeners.add(listener)
    return () => this.#refreshListeners.delete(listener)
  }

  async signIn(email: string, password: string): Promise<Failure | undefined> {
    const answer = answerAs(
      await callServer(this.fetch, { method: 'POST', path: '/auth/login', body: { email, password } }),
      isTokenResponse,
    )
    if (!answer.ok) return answer
    this.tokens.take(answer.value)
    return await this.#enter()
  }

  /** Goes on with the login from before a reload. */
  async restore(): Promise<void> {
    const failure = await this.#enter()
    if (failure === undefined || this.#state.name !== 'restoring') return
    if (endsLogin(failure)) this.leave({ reason: 'ended' })
    else this.#become({ name: 'restoring', failure })
  }

  /** Ends this login, or all of the user's, on the server. The page stays as it is until `leave`. */
  async logOut(scope: 'login' | 'everywhere'): Promise<Failure | undefined> {
    const token = await this.tokens.accessToken()
    if (!token.ok) return endsLogin(token) ? undefined : token
    const answer = await callServer(this.fetch, {
      method: 'POST',
      path: '/auth/logout',
      accessToken: token.value,
      body: scope === 'everywhere' ? { everywhere: true } : {},
    })
    return answer.ok || endsLogin(answer) ? undefined : answer
  }

  /** Forgets the login on this page. */
  leave(farewell?: Farewell): void {
    const email = this.#state.name === 'signed-in' ? { email: this.#state.user.email } : {}
    this.tokens.forget()
    this.#become({
      name: 'signed-out',
      ...(farewell === undefined ? {} : { farewell: { ...email, ...farewell } }),
    })
  }

  async #enter(): Promise<Failure | undefined> {
    const user = await this.#askWho()
    if (!user.ok) return user
    this.#become({ name: 'signed-in', user: user.value })
    return undefined
  }

  async #askWho(): Promise<Answer<User>> {
    const token = await this.tokens.accessToken()
    if (!token.ok) return token
    return answerAs(
      await callServer(this.fetch, { method: 'GET', path: '/auth/me', accessToken: token.value }),
      isUser,
    )
  }

  #become(state: AuthState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
