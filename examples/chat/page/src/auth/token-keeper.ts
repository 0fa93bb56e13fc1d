import { TicketError } from '@wsticket/client'
import { type Answer, answerAs, callServer, type Failure, type Fetch } from '../api/http.js'
import { isTokenResponse, type TokenResponse } from './auth-messages.js'

/** Where the refresh token outlives a reload. */
export interface TokenShelf {
  read(): string | undefined
  write(token: string | undefined): void
}

export interface TokenKeeperOptions {
  readonly fetch: Fetch
  readonly shelf: TokenShelf
  /** Milliseconds by a clock that goes on while the machine sleeps, as `Date.now()` does. */
  readonly now: () => number
  /** Called after each refresh that gave a new access token. */
  readonly onRefreshed: () => void
}

// A token is exchanged when it has less than this left, or less than a quarter of a shorter life.
const REFRESH_AHEAD_MS = 60_000

/** Holds the tokens of one login; the access token in memory only. */
export class TokenKeeper {
  readonly #options: TokenKeeperOptions
  #access: { readonly token: string; readonly refreshAt: number } | undefined
  // A refresh token is good for one use, and the second use ends the login: so there is one request at a time.
  #refreshing: Promise<Answer<string>> | undefined

  constructor(options: TokenKeeperOptions) {
    this.#options = options
  }

  get hasLogin(): boolean {
    return this.#access !== undefined || this.#options.shelf.read() !== undefined
  }

  take(tokens: TokenResponse): void {
    const life = tokens.expires_in * 1000
    const refreshAt = this.#options.now() + life - Math.min(REFRESH_AHEAD_MS, life / 4)
    this.#access = { token: tokens.access_token, refreshAt }
    this.#options.shelf.write(tokens.refresh_token)
  }

  forget(): void {
    this.#access = undefined
    this.#refreshing = undefined
    this.#options.shelf.write(undefined)
  }

  /** Gives an access token that lasts a while yet, by a refresh if need be. */
  async accessToken(options: { readonly refresh?: boolean } = {}): Promise<Answer<string>> {
    const access = this.#access
    if (access !== undefined && options.refresh !== true && this.#options.now() < access.refreshAt) {
      return { ok: true, value: access.token }
    }
    const refreshing = this.#refreshing ?? this.#refresh()
    this.#refreshing = refreshing
    try {
      return await refreshing
    } finally {
      if (this.#refreshing === refreshing) this.#refreshing = undefined
    }
  }

  /** The same in the form in which the ticket source asks for it. */
  readonly credential = async (request: { readonly refresh: boolean }): Promise<string> => {
    const answer = await this.accessToken(request)
    if (answer.ok) return answer.value
    throw credentialError(answer)
  }

  async #refresh(): Promise<Answer<string>> {
    const { fetch, shelf, onRefreshed } = this.#options
    const refresh_token = shelf.read()
    if (refresh_token === undefined) return { ok: false, code: 'credential_missing' }
    const answer = answerAs(
      await callServer(fetch, { method: 'POST', path: '/auth/refresh', body: { refresh_token } }),
      isTokenResponse,
    )
    // Forgotten or replaced meanwhile: that was an answer for the login before.
    if (shelf.read() !== refresh_token) return { ok: false, code: 'credential_missing' }
    if (!answer.ok) return answer
    this.take(answer.value)
    onRefreshed()
    return { ok: true, value: answer.value.access_token }
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
