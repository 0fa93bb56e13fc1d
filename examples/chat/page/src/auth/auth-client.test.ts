import { describe, expect, it } from 'vitest'
import type { Fetch } from '../api/http.js'
import { AuthClient } from './auth-client.js'
import { farewellWords, signInProblem } from './failure-words.js'

const user = { user_id: 'u1', email: 'ada@example.com', name: 'Ada', permissions: [] }
const tokens = { access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }
const problem = (status: number, code: string, more: object = {}): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: 'No', status, code, ...more }), { status })
const json = (body: unknown): Response => new Response(JSON.stringify(body))

function makeClient(
  routes: Record<string, () => Response>,
  kept?: string,
): { auth: AuthClient; calls: string[] } {
  const calls: string[] = []
  let token = kept
  const fetch: Fetch = async (url, init) => {
    calls.push(`${init.method} ${url} ${typeof init.body === 'string' ? init.body : ''}`.trim())
    const route = routes[url]
    if (route === undefined) throw new TypeError('no network')
    return route()
  }
  const shelf = {
    read: () => token,
    write: (next: string | undefined) => {
      token = next
    },
  }
  return { auth: new AuthClient({ fetch, shelf, now: () => 0 }), calls }
}

describe('AuthClient', () => {
  it('signs in and says who it is', async () => {
    const { auth } = makeClient({ '/auth/login': () => json(tokens), '/auth/me': () => json(user) })
    expect(auth.state()).toEqual({ name: 'signed-out' })
    let told = 0
    auth.subscribe(() => told++)
    expect(await auth.signIn('ada@example.com', 'ada-demo')).toBeUndefined()
    expect(auth.state()).toMatchObject({ name: 'signed-in', user: { name: 'Ada' } })
    expect(told).toBe(1)
  })

  it('stays signed out when the server refuses, and gives the reason', async () => {
    const { auth } = makeClient({ '/auth/login': () => problem(429, 'rate_limited', { retry_after: 7 }) })
    const failure = await auth.signIn('ada@example.com', 'x')
    expect(failure).toEqual({ ok: false, code: 'rate_limited', retryAfterSeconds: 7 })
    expect(auth.state().name).toBe('signed-out')
  })

  it('goes on with the login from before a reload', async () => {
    const { auth } = makeClient({ '/auth/refresh': () => json(tokens), '/auth/me': () => json(user) }, 'kept')
    expect(auth.state()).toEqual({ name: 'restoring' })
    await auth.restore()
    expect(auth.state().name).toBe('signed-in')
  })

  it('keeps trying to restore while the server cannot be reached, and gives up when the login has ended', async () => {
    const offline = makeClient({}, 'kept').auth
    await offline.restore()
    expect(offline.state()).toMatchObject({ name: 'restoring', failure: { code: 'network_unreachable' } })
    const { auth } = makeClient({ '/auth/refresh': () => problem(401, 'credential_revoked') }, 'kept')
    await auth.restore()
    expect(auth.state()).toMatchObject({ name: 'signed-out', farewell: { reason: 'ended' } })
    expect(auth.tokens.hasLogin).toBe(false)
  })

  it('logs out on the server, here or everywhere, and is told when it could not', async () => {
    const routes: Record<string, () => Response> = {
      '/auth/login': () => json(tokens),
      '/auth/me': () => json(user),
      '/auth/logout': () => json({ scope: 'login' }),
    }
    const { auth, calls } = makeClient(routes)
    await auth.signIn('ada@example.com', 'ada-demo')
    expect(await auth.logOut('everywhere')).toBeUndefined()
    expect(calls.at(-1)).toBe('POST /auth/logout {"everywhere":true}')
    expect(await auth.logOut('login')).toBeUndefined()
    expect(calls.at(-1)).toBe('POST /auth/logout {}')
    routes['/auth/logout'] = () => problem(503, 'identity_unavailable')
    expect(await auth.logOut('login')).toMatchObject({ code: 'identity_unavailable' })
    routes['/auth/logout'] = () => problem(401, 'credential_revoked')
    expect(await auth.logOut('login')).toBeUndefined()
  })

  it('forgets the tokens when it is left, and keeps the address for the next time', async () => {
    const { auth } = makeClient({ '/auth/login': () => json(tokens), '/auth/me': () => json(user) })
    await auth.signIn('ada@example.com', 'ada-demo')
    auth.leave({ reason: 'logged-out' })
    expect(auth.state()).toEqual({
      name: 'signed-out',
      farewell: { reason: 'logged-out', email: 'ada@example.com' },
    })
    expect(auth.tokens.hasLogin).toBe(false)
  })
})

describe('words about signing in', () => {
  it('say what is wrong and what to do', () => {
    expect(signInProblem({ ok: false, code: 'credential_invalid' })).toMatch(/password is wrong/)
    expect(signInProblem({ ok: false, code: 'rate_limited', retryAfterSeconds: 1 })).toMatch(/in 1 second\./)
    expect(signInProblem({ ok: false, code: 'rate_limited', retryAfterSeconds: 300 })).toMatch(/in 5 minutes/)
    expect(signInProblem({ ok: false, code: 'network_unreachable' })).toMatch(/cannot be reached/)
    expect(signInProblem({ ok: false, code: 'response_invalid' })).toMatch(/reload/)
  })

  it('tell how the socket was closed at a logout', () => {
    const socketClosed = { code: 'session_revoked', closeCode: 3003 }
    expect(farewellWords({ reason: 'logged-out', socketClosed })).toBe(
      'You are logged out. The server closed your socket with 3003 (session_revoked).',
    )
    expect(farewellWords({ reason: 'logged-out-everywhere' })).toBe('You are logged out on every device.')
    expect(farewellWords({ reason: 'ended' })).toMatch(/Sign in again/)
  })
})
