import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { refusedConnection } from '../../test/intercepted-store.js'
import type { Revocation } from './revoke.js'

const ISSUER = 'https://id.example.com'

async function setUp() {
  const core = makeCore()
  const ticket = async (more: Parameters<typeof ada>[1] = {}) => {
    const issued = await core.authority.issue(ada(core.clock, more))
    if (!issued.ok) throw new Error('refused')
    return issued
  }
  const redeem = async (text: string) => {
    const outcome = await core.authority.redeem(text, { audience: '/ws', shown: {} })
    return outcome.ok ? 'admitted' : outcome.refusal.code
  }
  return { ...core, ticket, redeem }
}

describe('revoke', () => {
  test('ends a ticket, named by its ref or by itself', async () => {
    const { authority, ticket, redeem, told } = await setUp()
    const [one, two] = [await ticket(), await ticket()]
    expect(await authority.revoke({ ticket: one.ref })).toBe(true)
    expect(await authority.revoke({ ticket: two.ticket, owner: { issuer: ISSUER, subject: 'ada' } })).toBe(
      true,
    )
    expect([await redeem(one.ticket), await redeem(two.ticket)]).toEqual(['ticket_revoked', 'ticket_revoked'])
    expect(told('ticket.revoked')).toMatchObject([
      { ref: one.ref, subject: undefined },
      { ref: two.ref, subject: 'ada' },
    ])
    expect(JSON.stringify(told('ticket.revoked'))).not.toContain(two.ticket)
  })

  test('ends nothing of another owner, and says no more than for what is unknown', async () => {
    const { authority, ticket, redeem, told } = await setUp()
    const { ref, ticket: text } = await ticket()
    for (const owner of [{ issuer: ISSUER, subject: 'alan' }, { subject: 'ada' }]) {
      expect(await authority.revoke({ ticket: ref, owner })).toBe(false)
      expect(await authority.revoke({ session: ref, owner })).toBe(false)
    }
    expect(await authority.revoke({ ticket: '7fAAAAAAAAAAAAAAAAAAAAAA' })).toBe(false)
    expect(await redeem(text)).toBe('admitted')
    expect(told('ticket.revoked')).toEqual([])
    expect(await authority.revoke({ session: ref, owner: { issuer: ISSUER, subject: 'ada' } })).toBe(true)
  })

  test('asks the store for nothing that cannot be a ticket', async () => {
    const { authority, made } = await setUp()
    for (const text of ['', 'garbage', 'wst1_short', '../../etc']) {
      expect(await authority.revoke({ ticket: text })).toBe(false)
      expect(await authority.revoke({ session: text })).toBe(false)
    }
    expect(made.get('revoke')).toBeUndefined()
  })

  test('closes a session with the code that was asked for', async () => {
    const { authority, ticket, redeem, calls, told } = await setUp()
    const [one, two] = [await ticket(), await ticket()]
    for (const { ticket: text } of [one, two]) await redeem(text)
    expect(await authority.revoke({ session: one.ref })).toBe(true)
    const owner = { issuer: ISSUER, subject: 'ada' }
    expect(await authority.revoke({ session: two.ref, code: 'session_revoked', owner })).toBe(true)
    expect(told('session.revoked')).toMatchObject([
      { ref: one.ref, code: 'session_closed', subject: undefined },
      { ref: two.ref, code: 'session_revoked', subject: 'ada' },
    ])
    expect(told('ticket.revoked')).toEqual([])
    expect(await calls.checkSessions([one.ref, two.ref])).toMatchObject([
      { code: 'session_closed' },
      { code: 'session_revoked' },
    ])
    expect(await authority.revoke({ session: one.ref })).toBe(false)
  })

  test('ends one login, for as long as its credentials could be presented', async () => {
    const { authority, ticket, redeem, clock, told } = await setUp()
    const phone = await ticket()
    const desk = await ticket({ login: 'desk' })
    expect(await authority.revoke({ issuer: ISSUER, subject: 'ada', login: 'phone' })).toBe(true)
    expect(await redeem(phone.ticket)).toBe('ticket_revoked')
    expect(await redeem(desk.ticket)).toBe('admitted')
    expect(told('login.revoked')).toMatchObject([{ subject: 'ada', login: 'phone' }])
    const late = async () =>
      authority.checkCredential(ada(clock, { issuedAt: undefined, expiresAt: undefined }))
    clock.advance(86_400_000)
    expect(await late()).toMatchObject({ refusal: { code: 'credential_revoked' } })
    clock.advance(6000)
    expect(await late()).toBeUndefined()
  })

  test("ends everything of a user, and nothing of another issuer's", async () => {
    const { authority, ticket, redeem, told } = await setUp()
    const [phone, desk] = [await ticket(), await ticket({ login: 'desk' })]
    const stranger = await ticket({ issuer: 'https://other.example.com' })
    expect(await authority.revoke({ issuer: ISSUER, subject: 'ada' })).toBe(true)
    expect([await redeem(phone.ticket), await redeem(desk.ticket)]).toEqual([
      'ticket_revoked',
      'ticket_revoked',
    ])
    expect(await redeem(stranger.ticket)).toBe('admitted')
    expect(told('subject.revoked')).toMatchObject([{ subject: 'ada' }])
    // A user without anything is revoked too: what was issued elsewhere is refused from then on.
    expect(await authority.revoke({ subject: 'nobody' })).toBe(true)
  })

  // `revoke({ subject, login: user.sid })` with a `sid` that was undefined hashed the word "undefined", revoked
  // nobody and answered true.
  test('does not take nobody for somebody', async () => {
    const { authority, made } = await setUp()
    const wrong = [
      {},
      { subject: '' },
      { subject: undefined },
      { subject: 'ada', login: undefined },
      { login: 'phone' },
    ]
    for (const revocation of wrong) {
      await expect(authority.revoke(revocation as Revocation)).rejects.toThrow(TypeError)
    }
    expect(made.get('revoke')).toBeUndefined()
  })

  test('fails when the store does', async () => {
    const { authority, faults, told } = await setUp()
    faults.set('revoke', refusedConnection)
    await expect(authority.revoke({ subject: 'ada' })).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(told('subject.revoked')).toEqual([])
  })
})
