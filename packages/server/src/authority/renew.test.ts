import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { refusedConnection } from '../../test/intercepted-store.js'
import { DEFAULT_SESSION_POLICY } from '../sessions/policy.js'
import type { AuthorityContext } from './context.js'

async function setUp(more: Partial<AuthorityContext> = {}) {
  const core = makeCore(more)
  const issued = await core.authority.issue(ada(core.clock))
  if (!issued.ok) throw new Error('refused')
  const redeemed = await core.authority.redeem(issued.ticket, { audience: '/ws', shown: {} })
  if (!redeemed.ok) throw new Error('refused')
  return { ...core, ...redeemed }
}

describe('renew', () => {
  test('moves the deadline to the end of the fresh credential and the skew, and tells the hub', async () => {
    const { authority, clock, ref, told } = await setUp()
    clock.advance(600_000)
    const fresh = ada(clock)
    const deadline = ((fresh.expiresAt ?? 0) + 5) * 1000
    expect(await authority.renew(ref, fresh)).toEqual({
      ok: true,
      ref,
      deadline,
      remainingMs: deadline - clock.now(),
      permissions: ['read', 'write'],
    })
    expect(told('session.renewed')).toMatchObject([{ ref, subject: 'ada', deadline }])
  })

  test('keeps to the session maximum', async () => {
    const sessions = { ...DEFAULT_SESSION_POLICY, maxSeconds: 1000 }
    const { authority, clock, ref, openedAt } = await setUp({ sessions })
    clock.advance(600_000)
    expect(await authority.renew(ref, ada(clock))).toMatchObject({ deadline: openedAt + 1_000_000 })
  })

  test('never widens: permissions become the intersection', async () => {
    const { authority, clock, ref } = await setUp()
    const outcome = await authority.renew(ref, ada(clock, { permissions: ['write', 'admin'] }))
    expect(outcome).toMatchObject({ ok: true, permissions: ['write'] })
    expect(await authority.renew(ref, ada(clock))).toMatchObject({ permissions: ['write'] })
  })

  test("looks the same for an unknown session and for another's", async () => {
    const { authority, clock, ref } = await setUp()
    const unknown = { ok: false, refusal: { code: 'not_found' } }
    expect(await authority.renew('7fAAAAAAAAAAAAAAAAAAAAAA', ada(clock))).toEqual(unknown)
    for (const other of [
      { subject: 'alan' },
      { login: 'desk' },
      { login: undefined },
      { issuer: 'https://x.example' },
    ]) {
      expect(await authority.renew(ref, ada(clock, other))).toEqual(unknown)
    }
  })

  test('refuses a session that is over', async () => {
    const { authority, clock, ref, calls, attemptId } = await setUp()
    await calls.closeSocket(ref, attemptId)
    expect(await authority.renew(ref, ada(clock))).toEqual({
      ok: false,
      refusal: { code: 'session_over', ref },
    })
  })

  test('refuses a credential that has expired, is from the future, lives too long or was overtaken', async () => {
    const { authority, clock, ref } = await setUp()
    const now = Math.floor(clock.now() / 1000)
    const bad = [
      { issuedAt: now - 60, expiresAt: now - 10 },
      { issuedAt: now + 6 },
      { expiresAt: now + 86_401 },
    ]
    for (const times of bad) {
      expect(await authority.renew(ref, ada(clock, times))).toMatchObject({
        refusal: { code: 'credential_invalid' },
      })
    }
    clock.advance(2000)
    await authority.revoke({ issuer: 'https://id.example.com', subject: 'ada' })
    const stale = ada(clock, { issuedAt: now })
    expect(await authority.renew(ref, stale)).toMatchObject({ refusal: { code: 'credential_revoked' } })
    expect(await authority.renew(ref, ada(clock))).toMatchObject({
      refusal: { code: 'credential_invalid', retryAfterSeconds: 1 },
    })
  })

  test('fails when the store does', async () => {
    const { authority, clock, ref, faults } = await setUp()
    faults.set('renewSession', refusedConnection)
    await expect(authority.renew(ref, ada(clock))).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})
