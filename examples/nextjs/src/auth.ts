/** Somebody who has signed in. */
export interface Login {
  /** Another one for each sign-in, also of the same user. */
  readonly id: string
  readonly email: string
}

interface Tokens {
  readonly access: string
  readonly refresh: string
}

/**
 * Signs in at the backend's auth service, and keeps the tokens in memory: a reload signs out. Put your own here; a
 * `TicketSocket` needs nothing of it but `credential`.
 */
export class Auth {
  readonly #backend: string
  readonly #listeners = new Set<() => void>()
  #logins = 0
  #login: Login | undefined
  #tokens: Tokens | undefined

  constructor(backend: string) {
    this.#backend = backend
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly login = (): Login | undefined => this.#login

  /** Gives `undefined`, or what went wrong, for people. */
  async signIn(email: string, password: string): Promise<string | undefined> {
    let answer: Response
    try {
      answer = await this.#post('/auth/login', { email, password })
    } catch {
      return `The backend at ${this.#backend} does not answer.`
    }
    const tokens = await readTokens(answer)
    if (tokens === undefined) {
      return answer.status === 401 ? 'Wrong e-mail or password.' : `The backend answered ${answer.status}.`
    }
    this.#become({ id: `${email} ${++this.#logins}`, email }, tokens)
    return undefined
  }

  async signOut(): Promise<void> {
    const tokens = this.#tokens
    this.#become(undefined, undefined)
    // Whoever is offline is signed out here all the same.
    if (tokens) await this.#post('/auth/logout', {}, tokens.access).catch(() => undefined)
  }

  /** The JWT for the ticket route; empty if there is none any more. Whatever it throws is tried again later. */
  readonly credential = async ({ refresh }: { readonly refresh: boolean }): Promise<string> => {
    const tokens = this.#tokens
    if (!refresh || tokens === undefined) return tokens?.access ?? ''
    const answer = await this.#post('/auth/refresh', { refresh_token: tokens.refresh })
    if (answer.status >= 500 || answer.status === 429)
      throw new Error(`/auth/refresh answered ${answer.status}`)
    const fresh = await readTokens(answer)
    // Somebody else may have signed in meanwhile.
    if (this.#tokens === tokens) this.#tokens = fresh
    return fresh?.access ?? ''
  }

  #post(path: string, body: object, token?: string): Promise<Response> {
    return fetch(this.#backend + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
  }

  #become(login: Login | undefined, tokens: Tokens | undefined): void {
    this.#login = login
    this.#tokens = tokens
    for (const listener of this.#listeners) listener()
  }
}

async function readTokens(answer: Response): Promise<Tokens | undefined> {
  if (!answer.ok) return undefined
  const body: unknown = await answer.json()
  if (typeof body !== 'object' || body === null) return undefined
  const { access_token: access, refresh_token: refresh } = { access_token: '', refresh_token: '', ...body }
  return typeof access === 'string' && typeof refresh === 'string' ? { access, refresh } : undefined
}
