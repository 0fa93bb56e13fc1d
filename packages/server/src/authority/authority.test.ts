import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { refusedConnection } from '../../test/intercepted-store.js'

describe('Authority', () => {
  test('inspects a ticket or its ref without consuming it, and nothing that is neither', async () => {
    const { authority, clock, made } = makeCore()
    const issued = await authority.issue(ada(clock))
    if (!issued.ok) throw new Error('refused')
    for (const name of [issued.ticket, issued.ref, issued.ref]) {
      expect(await authority.inspect(name)).toMatchObject({ kind: 'known', state: 'outstanding' })
    }
    expect(await authority.inspect('garbage')).toEqual({ kind: 'unknown' })
    expect(made.get('inspect')).toBe(3)
    expect(await authority.redeem(issued.ticket, { audience: '/ws', shown: {} })).toMatchObject({ ok: true })
    expect(await authority.inspect(issued.ref)).toMatchObject({ state: 'used' })
  })

  test('checks a credential by its times before it asks the store', async () => {
    const { authority, clock, made } = makeCore()
    expect(await authority.checkCredential(ada(clock))).toBeUndefined()
    const future = ada(clock, { issuedAt: clock.now() })
    expect(await authority.checkCredential(future)).toMatchObject({ refusal: { code: 'credential_invalid' } })
    expect(made.get('checkCredential')).toBe(1)
    await authority.revoke({ issuer: 'https://id.example.com', subject: 'ada', login: 'phone' })
    expect(await authority.checkCredential(ada(clock))).toMatchObject({
      refusal: { code: 'credential_revoked' },
    })
  })

  test('lists the sessions of a user', async () => {
    const { authority, clock } = makeCore()
    const issued = await authority.issue(ada(clock))
    if (!issued.ok) throw new Error('refused')
    await authority.redeem(issued.ticket, { audience: '/ws', shown: {} })
    const user = { issuer: 'https://id.example.com', subject: 'ada' }
    expect(await authority.listSessions(user)).toMatchObject([{ ref: issued.ref, sockets: 1 }])
    expect(await authority.listSessions({ ...user, subject: 'alan' })).toEqual([])
  })

  test('tells how the store is, or rejects', async () => {
    const { authority, faults } = makeCore()
    expect(await authority.health()).toMatchObject({ kind: 'memory', reachable: true })
    faults.set('health', refusedConnection)
    await expect(authority.health()).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})
