import { TicketError } from '@wsticket/client'
import { describe, expect, it } from 'vitest'
import { aJwt, aWindow } from '../../../test/tabs.js'
import type { Fetch } from '../api/http.js'
import { TokenKeeper, type TokenOrigin, type TokenShelf } from './token-keeper.js'

type Reply = { readonly status: number; readonly body: unknown } | 'offline'

/** The auth service, as far as its refresh goes. */
class AuthService {
  readonly asked: string[] = []
  reply: () => Reply = () => ({ status: 200, body: tokens(this.asked.length + 1) })

  readonly fetch: Fetch = async (_url, init) => {
    const { refresh_token } = JSON.parse(String(init.body)) as { refresh_token: string }
    this.asked.push(refresh_token)
    const reply = this.reply()
    if (reply === 'offline') throw new TypeError('no network')
    return new Response(JSON.stringify(reply.body), { status: reply.status })
  }
}

interface Tab {
  readonly keeper: TokenKeeper
  readonly shelf: TokenShelf
  /** What it was told. */
  readonly heard: (TokenOrigin | 'logout' | 'user')[]
}

const tokens = (n: number) => ({
  access_token: aJwt('ada', n),
  refresh_token: `refresh-${n}`,
  token_type: 'Bearer',
  expires_in: 900,
})
const refused = (code: string): Reply => ({
  status: 401,
  body: { type: 'about:blank', title: 'No', status: 401, code },
})

function aTab(auth: AuthService, parts: ReturnType<ReturnType<typeof aWindow>>): Tab {
  const heard: Tab['heard'] = []
  const keeper = new TokenKeeper({
    ...parts,
    fetch: auth.fetch,
    onRefreshed: (by) => heard.push(by),
    onLogout: () => heard.push('logout'),
    onUserChange: () => heard.push('user'),
  })
  return { keeper, shelf: parts.shelf, heard }
}

/** A tab in which Ada has signed in, and her token was asked for. */
async function signedIn(): Promise<Tab & { readonly auth: AuthService; readonly another: () => Tab }> {
  const auth = new AuthService()
  const open = aWindow()
  const tab = aTab(auth, open())
  tab.keeper.take(tokens(1))
  expect(await tab.keeper.credential(any)).toBe(tokens(1).access_token)
  return { ...tab, auth, another: () => aTab(auth, open()) }
}

const fresh = { refresh: true }
const any = { refresh: false }

describe('TokenKeeper', () => {
  it('gives the token that it has, and another one when a fresh one is wanted', async () => {
    const { keeper, auth, heard, shelf } = await signedIn()
    expect(await keeper.credential(any)).toBe(tokens(1).access_token)
    expect(await keeper.credential(fresh)).toBe(tokens(2).access_token)
    expect(await keeper.credential(any)).toBe(tokens(2).access_token)
    expect(auth.asked).toEqual(['refresh-1'])
    expect(shelf.read()).toBe('refresh-2')
    expect(heard).toEqual(['this-tab'])
  })

  it('asks once for however many need it at the same time, since a refresh token is good for one use', async () => {
    const { keeper, auth } = await signedIn()
    const given = await Promise.all([keeper.credential(fresh), keeper.credential(fresh)])
    expect(given).toEqual([tokens(2).access_token, tokens(2).access_token])
    await keeper.credential(fresh)
    expect(auth.asked).toEqual(['refresh-1', 'refresh-2'])
  })

  it('takes what another tab has refreshed, and says so', async () => {
    const { keeper, auth, heard, another } = await signedIn()
    const there = another()
    expect(await there.keeper.credential(any)).toBe(tokens(1).access_token)
    expect(await keeper.credential(fresh)).toBe(tokens(2).access_token)
    expect(await there.keeper.credential(fresh)).toBe(tokens(2).access_token)
    expect(auth.asked).toEqual(['refresh-1'])
    expect([heard, there.heard]).toEqual([['this-tab'], ['another-tab']])
  })

  it('goes on in a new tab, and after a reload', async () => {
    const { keeper, shelf, another, auth } = await signedIn()
    const there = another()
    expect(there.keeper.hasLogin).toBe(true)
    expect(await there.keeper.credential(any)).toBe(tokens(1).access_token)
    keeper.close()
    there.keeper.close()
    expect(await another().keeper.credential(any)).toBe(tokens(2).access_token)
    expect([auth.asked, shelf.read()]).toEqual([['refresh-1'], 'refresh-2'])
  })

  it('forgets a login in all tabs, and tells the others of it', async () => {
    const { keeper, heard, another } = await signedIn()
    const there = another()
    await there.keeper.credential(any)
    keeper.forget()
    await expect.poll(() => there.heard).toEqual(['logout'])
    expect(heard).toEqual([])
    for (const each of [keeper, there.keeper]) {
      expect(each.hasLogin).toBe(false)
      await expect(each.credential(any)).rejects.toMatchObject({ code: 'credential_revoked' })
    }
    // And who signs in is signed in again in all.
    there.keeper.take(tokens(5))
    await expect.poll(() => heard).toEqual(['user'])
    expect(await keeper.credential(any)).toBe(tokens(5).access_token)
    expect(there.heard).toEqual(['logout'])
  })

  it('tells an ended login from a server that cannot be reached', async () => {
    const { keeper, auth, shelf } = await signedIn()
    auth.reply = () => 'offline'
    expect(await keeper.accessToken(fresh)).toEqual({ ok: false, code: 'network_unreachable' })
    auth.reply = () => ({
      status: 503,
      body: { type: 'about:blank', title: 'No', status: 503, code: 'identity_unavailable', retry_after: 2 },
    })
    expect(await keeper.accessToken(fresh)).toEqual({
      ok: false,
      code: 'identity_unavailable',
      retryAfterSeconds: 2,
    })
    auth.reply = () => refused('credential_invalid')
    const ended = await keeper.credential(fresh).catch((error: unknown) => error)
    expect(ended).toBeInstanceOf(TicketError)
    expect(ended).toMatchObject({ code: 'credential_revoked' })
    expect(shelf.read()).toBe('refresh-1')
    auth.reply = () => ({ status: 200, body: { access_token: 1 } })
    expect(await keeper.accessToken(fresh)).toEqual({ ok: false, code: 'response_invalid' })
    auth.reply = () => ({ status: 200, body: tokens(7) })
    expect(await keeper.accessToken(fresh)).toEqual({ ok: true, value: tokens(7).access_token })
  })

  it('does not take what comes for a login that was forgotten or replaced meanwhile', async () => {
    const forgotten = await signedIn()
    forgotten.auth.reply = () => {
      forgotten.keeper.forget()
      return { status: 200, body: tokens(2) }
    }
    expect(await forgotten.keeper.accessToken(fresh)).toEqual({ ok: false, code: 'credential_revoked' })
    expect(forgotten.keeper.hasLogin).toBe(false)

    const replaced = await signedIn()
    replaced.auth.reply = () => {
      replaced.shelf.write('of-another-login')
      return { status: 200, body: tokens(2) }
    }
    expect(await replaced.keeper.accessToken(fresh)).toMatchObject({ code: 'credential_unavailable' })
    expect(replaced.shelf.read()).toBe('of-another-login')
  })

  it('keeps an answer that comes when nobody waits for it any more: it holds the token that is still good', async () => {
    const { keeper, auth, shelf } = await signedIn()
    auth.reply = () => {
      keeper.close()
      return { status: 200, body: tokens(2) }
    }
    await keeper.accessToken(fresh)
    await expect.poll(() => shelf.read()).toBe('refresh-2')
  })

  it('gives nothing where nobody has signed in', async () => {
    const { keeper } = aTab(new AuthService(), aWindow()())
    expect(await keeper.accessToken(any)).toEqual({ ok: false, code: 'credential_revoked' })
  })
})
