import { TicketError } from '@wsticket/client'
import { describe, expect, it } from 'vitest'
import type { Fetch } from '../api/http.js'
import { TokenKeeper, type TokenShelf } from './token-keeper.js'
import { memoryStorage } from './token-shelf.js'

type Reply = { readonly status: number; readonly body: unknown } | 'offline'

interface World {
  readonly keeper: TokenKeeper
  readonly shelf: TokenShelf
  readonly asked: string[]
  readonly refreshed: () => number
  now: number
  reply: (refreshToken: string) => Reply
}

const tokens = (n: number, expires_in = 900): object => ({
  access_token: `access-${n}`,
  refresh_token: `refresh-${n}`,
  token_type: 'Bearer',
  expires_in,
})

function makeWorld(): World {
  const storage = memoryStorage()
  const shelf: TokenShelf = {
    read: () => storage.getItem('t') ?? undefined,
    write: (token) => (token === undefined ? storage.removeItem('t') : storage.setItem('t', token)),
  }
  const asked: string[] = []
  let refreshed = 0
  const fetch: Fetch = async (_url, init) => {
    const { refresh_token } = JSON.parse(String(init.body)) as { refresh_token: string }
    asked.push(refresh_token)
    const reply = world.reply(refresh_token)
    if (reply === 'offline') throw new TypeError('no network')
    return new Response(JSON.stringify(reply.body), { status: reply.status })
  }
  const world: World = {
    keeper: new TokenKeeper({ fetch, shelf, now: () => world.now, onRefreshed: () => refreshed++ }),
    shelf,
    asked,
    refreshed: () => refreshed,
    now: 0,
    reply: () => ({ status: 200, body: tokens(asked.length + 1) }),
  }
  world.keeper.take({ access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 900 })
  return world
}

describe('TokenKeeper', () => {
  it('gives the token that it has while that lasts', async () => {
    const world = makeWorld()
    world.now = 800_000
    expect(await world.keeper.accessToken()).toEqual({ ok: true, value: 'access-1' })
    expect(world.asked).toEqual([])
  })

  it('exchanges it a minute before its end, or in the last quarter of a shorter life', async () => {
    const world = makeWorld()
    world.now = 840_000
    expect(await world.keeper.accessToken()).toEqual({ ok: true, value: 'access-2' })
    world.keeper.take({ access_token: 'short', refresh_token: 'refresh-s', expires_in: 8 })
    world.now += 5999
    expect(await world.keeper.accessToken()).toEqual({ ok: true, value: 'short' })
    world.now += 1
    expect(await world.keeper.accessToken()).toEqual({ ok: true, value: 'access-3' })
    expect(world.refreshed()).toBe(2)
  })

  it('asks once for however many need it at the same time, since a refresh token is good for one use', async () => {
    const world = makeWorld()
    const answers = await Promise.all([
      world.keeper.accessToken({ refresh: true }),
      world.keeper.accessToken({ refresh: true }),
      world.keeper.credential({ refresh: true }),
    ])
    expect(world.asked).toEqual(['refresh-1'])
    expect(answers[2]).toBe('access-2')
    await world.keeper.accessToken({ refresh: true })
    expect(world.asked).toEqual(['refresh-1', 'refresh-2'])
  })

  it('tells an ended login from a server that cannot be reached', async () => {
    const world = makeWorld()
    world.reply = () => 'offline'
    await expect(world.keeper.credential({ refresh: true })).rejects.toMatchObject({
      code: 'network_unreachable',
    })
    world.reply = () => ({
      status: 401,
      body: { type: 'about:blank', title: 'Over', status: 401, code: 'credential_revoked' },
    })
    const ended = await world.keeper.credential({ refresh: true }).catch((error: unknown) => error)
    expect(ended).toBeInstanceOf(TicketError)
    expect(ended).toMatchObject({ code: 'credential_revoked' })
    expect(world.shelf.read()).toBe('refresh-1')
  })

  it('tries again after a failure', async () => {
    const world = makeWorld()
    world.reply = () => 'offline'
    expect(await world.keeper.accessToken({ refresh: true })).toEqual({
      ok: false,
      code: 'network_unreachable',
    })
    world.reply = () => ({ status: 200, body: tokens(7) })
    expect(await world.keeper.accessToken({ refresh: true })).toEqual({ ok: true, value: 'access-7' })
  })

  it('does not take what comes for a login that was forgotten meanwhile', async () => {
    const world = makeWorld()
    const late = world.keeper.accessToken({ refresh: true })
    world.keeper.forget()
    expect(await late).toEqual({ ok: false, code: 'credential_missing' })
    expect(world.keeper.hasLogin).toBe(false)
    await expect(world.keeper.credential({ refresh: false })).rejects.toMatchObject({
      code: 'credential_revoked',
    })
  })

  it('gives nothing for an answer of another shape', async () => {
    const world = makeWorld()
    world.reply = () => ({ status: 200, body: { access_token: 1 } })
    expect(await world.keeper.accessToken({ refresh: true })).toEqual({ ok: false, code: 'response_invalid' })
  })
})
