/** Who signs in, for how long. */
export interface SignIn {
  readonly user: string
  readonly login: string
  readonly lifeSeconds: number
}

/** The application's part: keeps the JWT, and gets a fresh one from the page's own server when it is asked to. */
export function freshToken({ user, login, lifeSeconds }: SignIn): (refresh: boolean) => Promise<string> {
  let token: string | undefined
  return async (refresh) => {
    if (refresh || token === undefined) {
      const query = new URLSearchParams({ user, login, life: String(lifeSeconds) })
      const answer = await fetch(`/token?${query}`, { method: 'POST' })
      if (!answer.ok) throw new Error(`The page's server gave no token: ${answer.status}`)
      token = await answer.text()
    }
    return token
  }
}
