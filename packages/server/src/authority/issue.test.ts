import { isRef, parseTicket } from '@wsticket/protocol'
import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { refusedConnection } from '../../test/intercepted-store.js'
import type { AuthorityContext } from './context.js'
import type { IssuedTicket, IssueOrigin } from './issue.js'
import { DEFAULT_LIMITS, type TicketWishes } from './policy.js'
import { refOf } from './secret.js'

function setUp(more: Partial<AuthorityContext> = {}) {
  const core = makeCore(more)
  const principal = ada(core.clock)
  return {
    ...core,
    principal,
    issue: (wishes: TicketWishes = {}, from: IssueOrigin = {}, who = principal) =>
      core.authority.issue(who, wishes, from),
    async issued(wishes: TicketWishes = {}, from: IssueOrigin = {}, who = principal): Promise<IssuedTicket> {
      const outcome = await core.authority.issue(who, wishes, from)
      if (!outcome.ok) throw new Error(`refused: ${outcome.refusal.code}`)
      return outcome
    },
  }
}

describe('issue', () => {
  test('gives a ticket, its ref and its times', async () => {
    const { issued, clock } = setUp()
    const outcome = await issued()
    const parts = parseTicket(outcome.ticket)
    expect(parts).toBeDefined()
    expect(outcome.ref).toBe(parts === undefined ? undefined : refOf(parts))
    expect(isRef(outcome.ref)).toBe(true)
    expect(outcome).toMatchObject({
      audience: '/ws',
      singleUse: true,
      createdAt: clock.now(),
      expiresAt: clock.now() + 300_000,
      quota: { remaining: 59, resetMs: 0 },
    })
  })

  test('hands the store everything but the ticket', async () => {
    const { issued, authority, principal } = setUp()
    const outcome = await issued({ metadata: { room: 'r1' }, permissions: ['read'] })
    const known = await authority.inspect(outcome.ref)
    expect(known).toMatchObject({
      kind: 'known',
      record: {
        principal: { ...principal, permissions: ['read'] },
        metadata: { room: 'r1' },
        ttlMs: 300_000,
      },
    })
    const kept = JSON.stringify(known)
    expect(kept).not.toContain(outcome.ticket)
    expect(kept).not.toContain(parseTicket(outcome.ticket)?.secret)
  })

  test('asks the store once', async () => {
    const { issued, made } = setUp()
    await issued()
    await issued()
    expect([...made]).toEqual([
      ['sealKeys', 1],
      ['issue', 2],
    ])
  })

  test('tells the hub of each ticket, without the ticket', async () => {
    const { issued, told } = setUp()
    const { ref, ticket } = await issued({ ttlSeconds: 60, singleUse: false }, { address: '192.0.2.1' })
    expect(told('ticket.issued')).toMatchObject([
      { ref, subject: 'ada', audience: '/ws', ttlSeconds: 60, singleUse: false, address: '192.0.2.1' },
    ])
    expect(JSON.stringify(told('ticket.issued'))).not.toContain(ticket)
  })

  test('gives no ticket a longer life than its credential has', async () => {
    const { issued, principal, clock } = setUp()
    const expiresAt = Math.floor(clock.now() / 1000) + 12
    expect((await issued({}, {}, { ...principal, expiresAt })).expiresAt).toBe(expiresAt * 1000)
  })

  test('refuses a credential that has expired', async () => {
    const { issue, principal, clock } = setUp()
    const expiresAt = Math.floor(clock.now() / 1000)
    const outcome = await issue({}, {}, { ...principal, issuedAt: expiresAt - 60, expiresAt })
    expect(outcome).toMatchObject({ ok: false, refusal: { code: 'credential_invalid' } })
  })

  test('refuses a credential whose times cannot be accepted, without asking the store', async () => {
    const { issue, principal, made } = setUp()
    for (const times of [{ expiresAt: Number.NaN }, { issuedAt: principal.expiresAt }]) {
      expect(await issue({}, {}, { ...principal, ...times })).toMatchObject({
        refusal: { code: 'credential_invalid' },
      })
    }
    expect(made.size).toBe(0)
  })

  test('refuses what the policy does not grant, without asking the store', async () => {
    const { issue, made } = setUp()
    expect(await issue({ permissions: ['admin'] })).toMatchObject({
      refusal: { code: 'permissions_exceeded' },
    })
    expect(await issue({ ttlSeconds: 5 })).toMatchObject({ refusal: { code: 'request_invalid' } })
    expect(made.size).toBe(0)
  })

  test('limits the rate of one user, tells when, and leaves others alone', async () => {
    const { issue, issued, principal } = setUp({
      limits: { ...DEFAULT_LIMITS, issuePerUser: { burst: 2, perSecond: 0.4 } },
    })
    await issued()
    await issued()
    expect(await issue()).toMatchObject({
      ok: false,
      refusal: { code: 'rate_limited', retryAfterSeconds: 3 },
      quota: { remaining: 0 },
    })
    await issued({}, {}, { ...principal, subject: 'alan' })
    await issued({}, {}, { ...principal, issuer: 'https://other.example.com' })
  })

  test('tells which ticket had to go at the cap', async () => {
    const { issued, told } = setUp({ limits: { ...DEFAULT_LIMITS, outstandingPerUser: 1 } })
    const { ref } = await issued()
    await issued()
    expect(told('ticket.voided')).toMatchObject([{ ref, subject: 'ada' }])
  })

  test('refuses a credential that a logout has overtaken', async () => {
    const { issue, authority, principal } = setUp()
    await authority.revoke({ issuer: principal.issuer, subject: 'ada', login: 'phone' })
    expect(await issue()).toMatchObject({ ok: false, refusal: { code: 'credential_revoked' } })
    expect(await issue({}, {}, { ...principal, login: 'desk' })).toMatchObject({ ok: true })
    await authority.revoke({ issuer: principal.issuer, subject: 'ada' })
    expect(await issue({}, {}, { ...principal, login: 'desk' })).toMatchObject({
      refusal: { code: 'credential_invalid', retryAfterSeconds: 1 },
    })
  })

  test('takes the one audience there is, and of several the one that is named', async () => {
    expect((await setUp().issued({ audience: '/ws' })).audience).toBe('/ws')
    const two = setUp({ audiences: () => ['/chat', '/feed'] })
    expect((await two.issued({ audience: '/feed' })).audience).toBe('/feed')
    for (const audience of [undefined, '/admin', '/chat/']) {
      expect(await two.issue({ audience })).toMatchObject({
        refusal: { code: 'request_invalid', detail: 'audience must be one of: /chat, /feed' },
      })
    }
  })

  test('says what to do when no audience is known at all', async () => {
    await expect(setUp({ audiences: () => [] }).issue()).rejects.toThrow(
      'no audience is known: register an adapter',
    )
  })

  test('refuses claims that would make the record too large', async () => {
    const { issue, principal } = setUp()
    const claims = { essay: 'x'.repeat(4000) }
    expect(await issue({}, {}, { ...principal, claims })).toMatchObject({
      refusal: { code: 'request_invalid', detail: expect.stringContaining('under 4096 bytes') },
    })
  })

  test('binds to what is switched on, as far as it was shown', async () => {
    const shown = { origin: 'https://app.example.com', network: '192.0.2.0/24', cookie: 'hash' }
    const bindings = async (bind: AuthorityContext['bind'], given: IssueOrigin) => {
      const { issued, authority } = setUp({ bind })
      const known = await authority.inspect((await issued({}, given)).ref)
      return known.kind === 'known' ? known.record.bindings : undefined
    }
    const all = { origin: true, network: true, cookie: true }
    expect(await bindings(all, { shown })).toEqual(shown)
    expect(await bindings({ origin: false, network: false, cookie: false }, { shown })).toEqual({})
    expect(await bindings({ ...all, network: false }, { shown })).toEqual({
      origin: shown.origin,
      cookie: 'hash',
    })
    expect(await bindings(all, { shown: { network: '192.0.2.0/24' } })).toEqual({ network: '192.0.2.0/24' })
    expect(await bindings(all, {})).toEqual({})
  })

  test('takes the issuer that there is only one of, if the principal names none', async () => {
    const { issued, authority, principal } = setUp({ defaultIssuer: 'https://id.example.com' })
    const { issuer: _issuer, ...nameless } = principal
    const known = await authority.inspect((await issued({}, {}, nameless)).ref)
    expect(known).toMatchObject({ record: { principal: { issuer: 'https://id.example.com' } } })
    expect(await authority.revoke({ subject: 'ada' })).toBe(true)
  })

  test('fails when the store does, and never gives a ticket then', async () => {
    const { issue, faults } = setUp()
    faults.set('issue', refusedConnection)
    await expect(issue()).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})
