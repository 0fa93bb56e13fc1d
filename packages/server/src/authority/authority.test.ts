import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'

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

  test('takes a ticket whose seal is broken for an unknown one, and does not ask the store', async () => {
    const { authority, clock, made } = makeCore()
    const issued = await authority.issue(ada(clock))
    if (!issued.ok) throw new Error('refused')
    await authority.redeem(issued.ticket, { audience: '/ws', shown: {} })
    const { ticket, ref } = issued
    const forged = ticket.slice(0, -11) + (ticket.at(-11) === 'A' ? 'B' : 'A') + ticket.slice(-10)
    const owner = ada(clock)
    expect(await authority.resolveRef(ticket)).toBe(ref)
    expect(await authority.resolveRef(ref)).toBe(ref)
    for (const other of [forged, '', 'x', ticket.slice(1), `${ref}x`, `wst1_${ref}`])
      expect(await authority.resolveRef(other)).toBeUndefined()
    expect(await authority.inspect(forged)).toEqual({ kind: 'unknown' })
    expect(await authority.revoke({ ticket: forged, owner })).toBe(false)
    expect(await authority.revoke({ session: forged, owner })).toBe(false)
    expect(await authority.renew(forged, owner)).toMatchObject({ refusal: { code: 'not_found' } })
    for (const call of ['inspect', 'revoke', 'renewSession'] as const) expect(made.get(call)).toBeUndefined()
    expect(await authority.renew(ticket, owner)).toMatchObject({ ok: true, ref })
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

  test('leaves out the sessions of nodes that are dead, as far as that is known', async () => {
    let live: readonly string[] | undefined = ['node-b']
    const { authority, clock } = makeCore({ liveNodes: () => live })
    const issued = await authority.issue(ada(clock))
    if (!issued.ok) throw new Error('refused')
    await authority.redeem(issued.ticket, { audience: '/ws', shown: {} })
    const user = { issuer: 'https://id.example.com', subject: 'ada' }
    expect(await authority.listSessions(user)).toEqual([])
    live = undefined
    expect(await authority.listSessions(user)).toMatchObject([{ ref: issued.ref }])
  })
})
