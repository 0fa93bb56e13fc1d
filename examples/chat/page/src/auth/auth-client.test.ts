import { describe, expect, it } from 'vitest'
import { aJwt, aWindow } from '../../../test/tabs.js'
import type { Fetch } from '../api/http.js'
import { AuthClient } from './auth-client.js'
import { farewellWords, signInProblem } from './failure-words.js'

const problem = (status: number, code: string, more: object = {}): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: 'No', status, code, ...more }), { status })
const json = (body: unknown): Response => new Response(JSON.stringify(body))

/** Signs anybody in whose password is not wrong, as who they say they are. */
class Server {
  readonly calls: string[] = []
  readonly routes: Record<string, (body: string, bearer: string) => Response | Promise<Response>> = {
    '/auth/login': (body) => json(this.tokens(/"email":"(\w+)/.exec(body)?.[1] ?? '')),
    '/auth/refresh': () => json(this.tokens('ada')),
    '/auth/me': (_body, bearer) => {
      const { sub } = JSON.parse(atob(bearer.split('.')[1] ?? '')) as { sub: string }
      return json({ user_id: sub, email: `${sub}@example.com`, name: sub, permissions: [] })
    },
    '/auth/logout': () => json({ scope: 'login' }),
  }
  #issued = 0

  readonly fetch: Fetch = async (url, init) => {
    const body = typeof init.body === 'string' ? init.body : ''
    this.calls.push(`${init.method} ${url} ${body}`.trim())
    const route = this.routes[url]
    if (route === undefined) throw new TypeError('no network')
    return await route(body, new Headers(init.headers).get('authorization') ?? '')
  }

  tokens(user: string): object {
    const n = this.#issued++
    return { access_token: aJwt(user, n), refresh_token: `r${n}`, token_type: 'Bearer', expires_in: 900 }
  }
}

/** A server, and tabs of one window that call it. */
function makeWorld(): { readonly server: Server; readonly open: (kept?: string) => AuthClient } {
  const server = new Server()
  const tab = aWindow()
  const open = (kept?: string): AuthClient => {
    const parts = tab()
    if (kept !== undefined) parts.shelf.write(kept)
    return new AuthClient({ fetch: server.fetch, ...parts })
  }
  return { server, open }
}

const signIn = (auth: AuthClient, user = 'ada') => auth.signIn(`${user}@example.com`, `${user}-demo`)
const name = (auth: AuthClient): string => auth.state().name

describe('AuthClient', () => {
  it('signs in and says who it is', async () => {
    const auth = makeWorld().open()
    expect(auth.state()).toEqual({ name: 'signed-out' })
    let told = 0
    auth.subscribe(() => told++)
    expect(await signIn(auth)).toBeUndefined()
    expect(auth.state()).toMatchObject({ name: 'signed-in', user: { name: 'ada' } })
    expect(told).toBe(1)
  })

  it('stays signed out when the server refuses, and gives the reason', async () => {
    const { server, open } = makeWorld()
    server.routes['/auth/login'] = () => problem(429, 'rate_limited', { retry_after: 7 })
    const auth = open()
    expect(await signIn(auth)).toEqual({ ok: false, code: 'rate_limited', retryAfterSeconds: 7 })
    expect(name(auth)).toBe('signed-out')
  })

  it('goes on with the login from before a reload', async () => {
    const auth = makeWorld().open('kept')
    expect(auth.state()).toEqual({ name: 'restoring' })
    await auth.restore()
    expect(name(auth)).toBe('signed-in')
  })

  it('keeps trying to restore while the server cannot be reached, and gives up when the login has ended', async () => {
    const offline = makeWorld()
    delete offline.server.routes['/auth/refresh']
    const waiting = offline.open('kept')
    await waiting.restore()
    expect(waiting.state()).toMatchObject({ name: 'restoring', failure: { code: 'network_unreachable' } })
    // Who signs in instead leaves the other tabs as they are.
    waiting.leave()
    expect([name(waiting), waiting.tokens.hasLogin]).toEqual(['signed-out', true])

    const over = makeWorld()
    over.server.routes['/auth/refresh'] = () => problem(401, 'credential_revoked')
    const auth = over.open('kept')
    await auth.restore()
    expect(auth.state()).toMatchObject({ name: 'signed-out', farewell: { reason: 'ended' } })
    expect(auth.tokens.hasLogin).toBe(false)
  })

  it('asks once more, with a fresh token, when the server takes one as too old', async () => {
    const { server, open } = makeWorld()
    const auth = open()
    await signIn(auth)
    let refused = 1
    server.routes['/x'] = () => (refused-- > 0 ? problem(401, 'credential_invalid') : json('here'))
    expect(await auth.ask({ method: 'GET', path: '/x' })).toEqual({ ok: true, value: 'here' })
    expect(server.calls.slice(-3)).toEqual(['GET /x', 'POST /auth/refresh {"refresh_token":"r0"}', 'GET /x'])
    refused = 2
    expect(await auth.ask({ method: 'GET', path: '/x' })).toMatchObject({ code: 'credential_invalid' })
  })

  it('logs out on the server, here or everywhere, and is told when it could not', async () => {
    const { server, open } = makeWorld()
    const auth = open()
    await signIn(auth)
    server.routes['/auth/logout'] = () => problem(503, 'identity_unavailable')
    expect(await auth.logOut('login')).toMatchObject({ code: 'identity_unavailable' })
    expect([server.calls.at(-1), auth.tokens.hasLogin]).toEqual(['POST /auth/logout {}', true])
    server.routes['/auth/logout'] = () => json({ scope: 'login' })
    expect(await auth.logOut('everywhere')).toBeUndefined()
    expect([server.calls.at(-1), auth.tokens.hasLogin]).toEqual([
      'POST /auth/logout {"everywhere":true}',
      false,
    ])
    // It is over already, which is what was asked for.
    await signIn(auth)
    server.routes['/auth/logout'] = () => problem(401, 'credential_revoked')
    expect(await auth.logOut('login')).toBeUndefined()
  })

  it('keeps the address for the next time when it is left', async () => {
    const auth = makeWorld().open()
    await signIn(auth)
    expect(await auth.logOut('login')).toBeUndefined()
    expect(name(auth)).toBe('signed-in')
    auth.leave({ reason: 'logged-out' })
    expect(auth.state()).toEqual({
      name: 'signed-out',
      farewell: { reason: 'logged-out', email: 'ada@example.com' },
    })
  })
})

describe('Tabs', () => {
  it('are one login: signed in, refreshed and logged out together', async () => {
    const { server, open } = makeWorld()
    const here = open()
    await signIn(here)
    const there = open()
    await there.restore()
    expect(name(there)).toBe('signed-in')
    expect(server.calls.filter((call) => call.includes('/auth/refresh'))).toEqual([])

    await here.logOut('login')
    await expect
      .poll(() => there.state())
      .toEqual({
        name: 'signed-out',
        farewell: { reason: 'logged-out-in-another-tab', email: 'ada@example.com' },
      })
    // The one that was asked says itself when it leaves.
    expect(name(here)).toBe('signed-in')
    here.leave({ reason: 'logged-out' })

    await signIn(there)
    await expect.poll(() => name(here)).toBe('restoring')
    await here.restore()
    expect(name(here)).toBe('signed-in')
  })

  it('leave together when one finds that the login has ended', async () => {
    const { open } = makeWorld()
    const here = open()
    await signIn(here)
    const there = open()
    await there.restore()
    here.leave({ reason: 'ended' })
    await expect.poll(() => name(there)).toBe('signed-out')
    expect(there.tokens.hasLogin).toBe(false)
  })

  it('follow another user', async () => {
    const { open } = makeWorld()
    const here = open()
    await signIn(here)
    const there = open('kept')
    there.leave()
    await signIn(there, 'bob')
    await expect.poll(() => name(here)).toBe('restoring')
    await here.restore()
    expect(here.state()).toMatchObject({ name: 'signed-in', user: { name: 'bob' } })
  })

  it('start over when another user comes while they find out who it is', async () => {
    const { server, open } = makeWorld()
    const here = open()
    await signIn(here)
    const there = open()
    const me = server.routes['/auth/me']
    server.routes['/auth/me'] = async (...asked) => {
      server.routes['/auth/me'] = me ?? (() => problem(404, 'not_found'))
      await signIn(here, 'bob')
      await expect.poll(() => heard).toBeGreaterThan(0)
      return await server.routes['/auth/me'](...asked)
    }
    let heard = 0
    there.subscribe(() => heard++)
    await there.restore()
    expect(there.state()).toMatchObject({ name: 'signed-in', user: { name: 'bob' } })
  })

  it('take a sign-in back that was overtaken by a logout', async () => {
    const { server, open } = makeWorld()
    const here = open()
    await signIn(here)
    const there = open('kept')
    there.leave()
    const me = server.routes['/auth/me']
    server.routes['/auth/me'] = async (...asked) => {
      await here.logOut('login')
      await expect.poll(() => there.tokens.accessToken({ refresh: false })).toMatchObject({ ok: false })
      return (await me?.(...asked)) ?? problem(404, 'not_found')
    }
    expect(await signIn(there)).toMatchObject({ code: 'credential_revoked' })
    expect(name(there)).toBe('signed-out')
  })

  it('hear of a login at a sign-in page that nobody has touched', async () => {
    const { open } = makeWorld()
    const [here, there] = [open(), open()]
    await signIn(here)
    there.tokenArrived()
    expect(name(there)).toBe('restoring')
    here.tokenArrived()
    expect(name(here)).toBe('signed-in')
    there.leave()
    there.tokenArrived()
    expect(name(there)).toBe('signed-out')
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
    expect(farewellWords({ reason: 'logged-out-in-another-tab' })).toMatch(/another tab/)
    expect(farewellWords({ reason: 'ended' })).toMatch(/Sign in again/)
  })
})
