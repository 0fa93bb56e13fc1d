import { isTicketError, TicketError } from '@wsticket/client'
import { type SharedLogin, type SharedLoginOptions, sharedLogin } from '@wsticket/client/tabs'
import { type Answer, answerAs, callServer, type Failure, type Fetch } from '../api/http.js'
import { isTokenResponse, type TokenResponse } from './auth-messages.js'

/** Where the refresh token outlives a reload, for all tabs. */
export interface TokenShelf {
  read(): string | undefined
  write(token: string | undefined): void
}

/** Which tab got the access token from the server. */
export type TokenOrigin = 'this-tab' | 'another-tab'

export interface TokenKeeperOptions {
  readonly fetch: Fetch
  readonly shelf: TokenShelf
  /** @default the browser's */
  readonly tabs?: Pick<SharedLoginOptions, 'locks' | 'openChannel'>
  /** Called when another access token has taken the place of the one before. */
  readonly onRefreshed: (by: TokenOrigin) => void
  /** Called when another tab has logged out. */
  readonly onLogout: () => void
  /** Called when another tab has signed in, as another user or after a logout. */
  readonly onUserChange: () => void
}

/** Holds the tokens of the login that all tabs of this page share; the access token in memory only. */
export class TokenKeeper {
  readonly #options: TokenKeeperOptions
  readonly #login: SharedLogin
  // The one that was given last.
  #access: string | undefined
  // What this tab does is no news to it.
  #isActing = false

  constructor(options: TokenKeeperOptions) {
    this.#options = options
    this.#login = sharedLogin({ name: 'chat', refresh: () => this.#refresh(), ...options.tabs })
    this.#login.onLogout(() => {
      this.#access = undefined
      if (!this.#isActing) options.onLogout()
    })
    this.#login.onUserChange(() => {
      if (this.#isActing) return
      this.#access = undefined
      options.onUserChange()
    })
  }

  get hasLogin(): boolean {
    return this.#options.shelf.read() !== undefined
  }

  /** Begins a login, in all tabs. */
  take(tokens: TokenResponse): void {
    this.#options.shelf.write(tokens.refresh_token)
    this.#access = tokens.access_token
    this.#act(() => this.#login.login(tokens.access_token))
  }

  /** Forgets the login, in all tabs. */
  forget(): void {
    this.#options.shelf.write(undefined)
    this.#act(() => this.#login.logout())
  }

  /** Lets go of the other tabs. */
  close(): void {
    this.#login.close()
  }

  /** Gives an access token, as the ticket source asks for it; with `refresh` one that is fresher than all that were given. */
  readonly credential = async (request: { readonly refresh: boolean }): Promise<string> => {
    const access = await this.#login.credential(request)
    // Whoever connects then stops until somebody signs in.
    if (access === '') throw new TicketError('credential_revoked')
    if (this.#access !== undefined && this.#access !== access) this.#options.onRefreshed('another-tab')
    this.#access = access
    return access
  }

  /** The same as an answer. */
  async accessToken(request: { readonly refresh: boolean }): Promise<Answer<string>> {
    try {
      return { ok: true, value: await this.credential(request) }
    } catch (thrown) {
      if (!isTicketError(thrown)) return { ok: false, code: 'credential_unavailable' }
      const { code, retryAfterSeconds } = thrown
      return { ok: false, code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
    }
  }

  // One tab at a time comes here: a refresh token is good for one use, and the second use ends the login. Nothing cancels the
  // request, since its answer holds the one refresh token that is still good.
  async #refresh(): Promise<string> {
    const { fetch, shelf, onRefreshed } = this.#options
    const refresh_token = shelf.read()
    if (refresh_token === undefined) return ''
    const answer = answerAs(
      await callServer(fetch, { method: 'POST', path: '/auth/refresh', body: { refresh_token } }),
      isTokenResponse,
    )
    const kept = shelf.read()
    if (kept === undefined) return ''
    // That was an answer for the login before; the next try is for the one that has begun meanwhile.
    if (kept !== refresh_token) throw new TicketError('credential_unavailable')
    if (!answer.ok) throw credentialError(answer)
    shelf.write(answer.value.refresh_token)
    this.#access = answer.value.access_token
    onRefreshed('this-tab')
    return answer.value.access_token
  }

  #act(what: () => void): void {
    this.#isActing = true
    try {
      what()
    } finally {
      this.#isActing = false
    }
  }
}

/** Whether a failure means that the user has to sign in again, as opposed to "try later". */
export function endsLogin({ code }: Failure): boolean {
  return code === 'credential_invalid' || code === 'credential_revoked' || code === 'credential_missing'
}

// The socket stops until the user signs in for the first kind, and tries again for the second.
function credentialError(failure: Failure): TicketError {
  const { code, retryAfterSeconds } = failure
  return new TicketError(endsLogin(failure) ? 'credential_revoked' : code, { retryAfterSeconds })
}
