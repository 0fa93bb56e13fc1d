import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { refusedConnection, replyLost } from '../../test/intercepted-store.js'
import { settled } from '../conformance/index.js'
import type { AuthorityContext } from './context.js'
import { DEFAULT_LIMITS, type TicketWishes } from './policy.js'
import type { Presentation } from './redeem.js'
import { mintTicket, subjectKey, systemRandom } from './secret.js'

async function setUp(more: Partial<AuthorityContext> = {}, wishes: TicketWishes = {}) {
  const core = makeCore(more)
  const shown = { origin: 'https://app.example.com' }
  const issued = await core.authority.issue(ada(core.clock), wishes, { shown })
  if (!issued.ok) throw new Error(`refused: ${issued.refusal.code}`)
  const redeem = (ticket: string = issued.ticket, presented: Partial<Presentation> = {}) =>
    core.authority.redeem(ticket, { audience: '/ws', address: '192.0.2.1', shown, ...presented })
  return { ...core, ...issued, redeem }
}

describe('redeem', () => {
  test('gives the principal as it was issued, with what the ticket was given', async () => {
    const { redeem, ref, clock } = await setUp({}, { permissions: ['read'], metadata: { room: 'r1' } })
    const outcome = await redeem()
    expect(outcome).toMatchObject({
      ok: true,
      ref,
      subject: subjectKey('https://id.example.com', 'ada'),
      principal: { ...ada(clock), permissions: ['read'] },
      metadata: { room: 'r1' },
      openedAt: clock.now(),
      remainingMs: 905_000,
    })
  })

  test('refuses what is no ticket, and what was sealed with another key, without asking the store', async () => {
    const { redeem, made, ticket } = await setUp()
    const forged = mintTicket(subjectKey(undefined, 'ada'), new Uint8Array(32), systemRandom).ticket
    for (const bad of ['', 'wst1_', ticket.slice(0, -1), `${ticket} `, forged, `${ticket.slice(0, -1)}!`]) {
      expect(await redeem(bad)).toMatchObject({ ok: false, refusal: { code: 'ticket_unknown' } })
    }
    expect(made.get('redeem')).toBeUndefined()
  })

  test('tells every refusal of the store by its code and the ref', async () => {
    const { redeem, authority, ref, clock, ticket } = await setUp()
    expect(await redeem(ticket, { audience: '/admin' })).toEqual({
      ok: false,
      refusal: { code: 'audience_mismatch', ref },
    })
    expect(await redeem()).toMatchObject({ ok: true })
    expect(await redeem()).toEqual({ ok: false, refusal: { code: 'ticket_used', ref } })
    const revoked = await authority.issue(ada(clock))
    const expired = await authority.issue(ada(clock), { ttlSeconds: 30 })
    if (!revoked.ok || !expired.ok) throw new Error('refused')
    await authority.revoke({ ticket: revoked.ref })
    expect(await redeem(revoked.ticket)).toMatchObject({
      refusal: { code: 'ticket_revoked', ref: revoked.ref },
    })
    clock.advance(30_000)
    expect(await redeem(expired.ticket)).toMatchObject({
      refusal: { code: 'ticket_expired', ref: expired.ref },
    })
    clock.advance(400_000)
    expect(await redeem(expired.ticket)).toMatchObject({
      refusal: { code: 'ticket_unknown', ref: expired.ref },
    })
  })

  test('tells of a ticket that the cap voided, and of a user at the limit of sockets', async () => {
    const { redeem, authority, clock, ref } = await setUp({
      limits: { ...DEFAULT_LIMITS, outstandingPerUser: 1, sessionsPerUser: 1 },
    })
    const next = await authority.issue(ada(clock))
    if (!next.ok) throw new Error('refused')
    expect(await redeem()).toMatchObject({ refusal: { code: 'ticket_voided', ref } })
    expect(await redeem(next.ticket)).toMatchObject({ ok: true })
    const third = await authority.issue(ada(clock))
    if (!third.ok) throw new Error('refused')
    expect(await redeem(third.ticket)).toMatchObject({ refusal: { code: 'session_limit', ref: third.ref } })
  })

  test("refuses every audience but the ticket's own, and does not burn it", async () => {
    const audiences = ['/ws', '/chat', '/feed']
    for (const own of audiences) {
      const { redeem, ticket } = await setUp({ audiences: () => audiences }, { audience: own })
      for (const audience of [...audiences, '/ws/', '', `${own}?`].filter((other) => other !== own)) {
        expect(await redeem(ticket, { audience })).toMatchObject({ refusal: { code: 'audience_mismatch' } })
      }
      expect(await redeem(ticket, { audience: own })).toMatchObject({ ok: true })
    }
  })

  test('refuses another origin than the ticket is bound to, and keeps to itself what was bound', async () => {
    const { redeem, ticket, ref } = await setUp({ bind: { origin: true, network: false, cookie: false } })
    for (const shown of [{ origin: 'https://evil.example.com' }, {}]) {
      const outcome = await redeem(ticket, { shown })
      expect(outcome).toEqual({
        ok: false,
        refusal: { code: 'binding_mismatch', ref },
        reason: 'another origin',
      })
    }
    expect(await redeem()).toMatchObject({ ok: true })
  })

  test('is admitted once though the first reply was lost', async () => {
    const { redeem, faults, clock, made } = await setUp()
    faults.set('redeem', (call, make) => {
      faults.delete('redeem')
      return replyLost(call, make)
    })
    const work = redeem()
    await clock.run(400)
    expect(await work).toMatchObject({ ok: true })
    expect(made.get('redeem')).toBe(2)
    expect(await redeem()).toMatchObject({ refusal: { code: 'ticket_used' } })
  })

  test('fails when the store does', async () => {
    const { redeem, faults, clock } = await setUp()
    faults.set('redeem', refusedConnection)
    const work = redeem().catch((error: unknown) => error)
    await clock.run(1000)
    expect(await work).toMatchObject({ code: 'store_unavailable' })
  })
})

describe('a ticket that is presented again', () => {
  test('is told to the hub with both peers, and closes nothing', async () => {
    const { redeem, told, ref, calls, ticket, clock } = await setUp()
    await redeem()
    clock.advance(1500)
    await redeem(ticket, { address: '198.51.100.9' })
    expect(told('ticket.reused')).toEqual([
      {
        ref,
        first: { at: clock.now() - 1500, address: '192.0.2.1' },
        second: { address: '198.51.100.9' },
        revoked: false,
        at: clock.now(),
      },
    ])
    expect(await calls.checkSessions([ref])).toMatchObject([{ kind: 'live' }])
  })

  test('ends the session that it opened, where that was chosen', async () => {
    const { redeem, told, ref, calls } = await setUp({ onReuse: 'revoke-session' })
    await redeem()
    expect(await redeem()).toMatchObject({ refusal: { code: 'ticket_used' } })
    expect(told('ticket.reused')).toMatchObject([{ ref, revoked: true }])
    expect(await calls.checkSessions([ref])).toEqual([{ ref, kind: 'over', code: 'session_revoked' }])
    // The session has ended; a third time there is nothing left to revoke.
    await redeem()
    expect(await calls.checkSessions([ref])).toEqual([{ ref, kind: 'over', code: 'session_revoked' }])
  })

  // The event was lost with the store's failure, and the refusal turned into one of the store.
  test('is told and refused as used, although the store fails to end the session', async () => {
    const { redeem, told, faults, ref } = await setUp({ onReuse: 'revoke-session' })
    await redeem()
    faults.set('revoke', refusedConnection)
    expect(await redeem()).toMatchObject({ refusal: { code: 'ticket_used' } })
    expect(told('ticket.reused')).toMatchObject([{ ref, revoked: false }])
    expect(told('store.failed')).toMatchObject([{ operation: 'revoke' }])
  })

  test('is no reuse if it is reusable', async () => {
    const { redeem, told } = await setUp({}, { singleUse: false })
    expect(await redeem()).toMatchObject({ ok: true })
    expect(await redeem()).toMatchObject({ ok: true })
    await settled()
    expect(told('ticket.reused')).toEqual([])
  })
})
