import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { type Reply, type Rig, rig } from '../../test/rig.js'

interface Connected {
  readonly ref: string
  readonly permissions: () => readonly string[]
  readonly closed: (readonly [number, string])[]
}

/** Opens a session as an adapter would, with a socket that writes down how it was closed. */
async function connect(of: Rig, subject: string, claims: object = {}, body: object = {}): Promise<Connected> {
  const { ticket, ref } = await of.ticketOf(subject, { claims, body })
  const admission = await of.wsticket.redeem(ticket, {
    audience: '/ws',
    origin: 'https://app.example.com',
    address: '192.0.2.1',
  })
  if (!admission.ok) throw new Error(admission.refusal.code)
  const closed: (readonly [number, string])[] = []
  admission.hold({ close: (...how) => closed.push(how), terminate: () => {}, ping: () => {} })
  return { ref, permissions: () => admission.session.principal.permissions, closed }
}

const at = (path: string, ref: string): string => path.replace('{ref}', ref)

function renew(of: Rig, ref: string, token?: string, body?: unknown): Promise<Reply> {
  const target = at(PATHS.renew, ref)
  return of.ask({
    method: 'POST',
    target,
    ...(token === undefined ? {} : { token }),
    ...(body === undefined ? {} : { body }),
  })
}

describe('POST renew', () => {
  it('moves the deadline of a live session to what a fresh JWT of the same login allows', async () => {
    const of = rig({ sessions: { heartbeatSeconds: 3600 } })
    const { ref, closed } = await connect(of, 'ada', { sid: 's' })
    await of.clock.run(600_000)
    const now = of.clock.now() / 1000
    expect(await renew(of, ref, of.tokenOf('ada', { sid: 's' }))).toMatchObject({
      status: 200,
      json: { session_id: ref, expires_at: now + 905 },
    })
    expect(of.take('session.renewed')).toMatchObject([{ ref, subject: 'ada' }])
    // Alive past its first deadline, and over at the second.
    await of.clock.run(904_000)
    expect(closed).toEqual([])
    await of.clock.run(1_000)
    expect(closed).toEqual([[3008, 'session_expired']])
  })

  it('takes an empty body and no other', async () => {
    const of = rig()
    const { ref } = await connect(of, 'ada')
    expect(await renew(of, ref, of.tokenOf('ada'), {})).toMatchObject({ status: 200 })
    expect(await renew(of, ref, of.tokenOf('ada'), { ttl_seconds: 60 })).toMatchObject({
      status: 400,
      json: { detail: 'unknown field: ttl_seconds' },
    })
  })

  it('answers 404 with the same bytes for an unknown session, another user’s and another login’s', async () => {
    const of = rig()
    const { ref, closed } = await connect(of, 'ada', { sid: 's' })
    const unknown = await renew(of, `00${'A'.repeat(22)}`, of.tokenOf('eve'))
    expect(unknown).toMatchObject({ status: 404, json: { code: 'not_found' } })
    const others = [
      await renew(of, ref, of.tokenOf('eve', { sid: 's' })),
      await renew(of, ref, of.tokenOf('ada', { sid: 'another' })),
      await renew(of, ref, of.tokenOf('ada')),
      await renew(of, 'nonsense', of.tokenOf('eve')),
    ]
    for (const reply of others) expect([reply.status, reply.text]).toEqual([404, unknown.text])
    expect(closed).toEqual([])
  })

  it('answers 409 for a session that is over', async () => {
    const of = rig()
    const { ref } = await connect(of, 'ada')
    await of.wsticket.revoke({ session: ref })
    expect(await renew(of, ref, of.tokenOf('ada'))).toMatchObject({
      status: 409,
      json: { code: 'session_over', ref },
    })
  })

  it('answers 401 without a good JWT, also after a logout', async () => {
    const of = rig()
    const { ref } = await connect(of, 'ada', { sid: 's' })
    const before = of.tokenOf('ada', { sid: 's' })
    expect(await renew(of, ref)).toMatchObject({ status: 401, json: { code: 'credential_missing' } })
    expect(await renew(of, ref, 'garbage')).toMatchObject({
      status: 401,
      json: { code: 'credential_invalid' },
    })
    await of.wsticket.revoke({ subject: 'ada', login: 's' })
    expect(await renew(of, ref, before)).toMatchObject({ status: 401, json: { code: 'credential_revoked' } })
  })

  it('never widens: what is left are the permissions of both', async () => {
    const of = rig()
    const session = await connect(of, 'ada', { permissions: ['a', 'b', 'c'] }, { permissions: ['a', 'b'] })
    await renew(of, session.ref, of.tokenOf('ada', { permissions: ['b', 'c', 'admin'] }))
    expect(session.permissions()).toEqual(['b'])
    await renew(of, session.ref, of.tokenOf('ada', { permissions: ['a', 'b', 'c'] }))
    expect(session.permissions()).toEqual(['b'])
    expect(of.take('session.narrowed')).toMatchObject([{ ref: session.ref, permissions: ['b'] }])
  })
})

describe('GET sessions', () => {
  it('lists the own live sessions and nobody else’s', async () => {
    const of = rig()
    const ada = await connect(of, 'ada')
    await connect(of, 'alan')
    const now = of.clock.now() / 1000
    expect(await of.ask({ target: PATHS.sessions, token: of.tokenOf('ada') })).toMatchObject({
      status: 200,
      json: {
        sessions: [
          {
            session_id: ada.ref,
            opened_at: now,
            expires_at: now + 905,
            sockets: 1,
            audience: '/ws',
            origin: 'https://app.example.com',
            address: '192.0.2.1',
          },
        ],
      },
    })
    expect(await of.ask({ target: PATHS.sessions, token: of.tokenOf('eve') })).toMatchObject({
      json: { sessions: [] },
    })
    expect(await of.ask({ target: PATHS.sessions })).toMatchObject({ status: 401 })
  })
})

describe('DELETE session', () => {
  const close = (of: Rig, ref: string, token?: string): Promise<Reply> =>
    of.ask({
      method: 'DELETE',
      target: at(PATHS.sessionByRef, ref),
      ...(token === undefined ? {} : { token }),
    })

  it('closes an own session', async () => {
    const of = rig()
    const { ref, closed } = await connect(of, 'ada')
    expect(await close(of, ref, of.tokenOf('ada'))).toMatchObject({ status: 200, json: { closed: true } })
    await of.clock.run(0)
    expect(closed).toEqual([[3003, 'session_closed']])
    expect(await close(of, ref, of.tokenOf('ada'))).toMatchObject({ status: 404 })
  })

  it('answers 404 with the same bytes for an unknown one and somebody else’s, which lives on', async () => {
    const of = rig()
    const { ref, closed } = await connect(of, 'ada')
    const foreign = await close(of, ref, of.tokenOf('eve'))
    const unknown = await close(of, `00${'A'.repeat(22)}`, of.tokenOf('eve'))
    const nonsense = await close(of, 'nonsense', of.tokenOf('eve'))
    expect([foreign.status, foreign.text]).toEqual([404, unknown.text])
    expect(nonsense.text).toBe(unknown.text)
    await of.clock.run(0)
    expect(closed).toEqual([])
    expect(await close(of, ref)).toMatchObject({ status: 401 })
  })
})

describe('POST logout', () => {
  const logout = (of: Rig, token?: string, body?: unknown): Promise<Reply> =>
    of.ask({
      method: 'POST',
      target: PATHS.logout,
      ...(token === undefined ? {} : { token }),
      ...(body === undefined ? {} : { body }),
    })
  const issue = (of: Rig, token: string): Promise<Reply> =>
    of.ask({ method: 'POST', target: PATHS.ticket, token })

  it('ends this login: its tickets, its sockets, its JWT; others live on', async () => {
    const of = rig()
    const [here, there] = [
      await connect(of, 'ada', { sid: 'here' }),
      await connect(of, 'ada', { sid: 'there' }),
    ]
    const { ticket } = await of.ticketOf('ada', { claims: { sid: 'here' } })
    const [mine, other] = [of.tokenOf('ada', { sid: 'here' }), of.tokenOf('ada', { sid: 'there' })]
    expect(await logout(of, mine)).toMatchObject({ status: 200, json: { scope: 'login' } })
    await of.clock.run(0)
    expect(here.closed).toEqual([[3003, 'session_revoked']])
    expect(there.closed).toEqual([])
    expect(await of.wsticket.redeem(ticket, { audience: '/ws' })).toMatchObject({
      refusal: { code: 'ticket_revoked' },
    })
    expect(await issue(of, mine)).toMatchObject({ status: 401, json: { code: 'credential_revoked' } })
    expect(await logout(of, mine)).toMatchObject({ status: 401, json: { code: 'credential_revoked' } })
    expect(await issue(of, other)).toMatchObject({ status: 201 })
    expect(of.take('login.revoked')).toMatchObject([{ subject: 'ada', login: 'here' }])
  })

  it('does not end the login of the same name of somebody else', async () => {
    const of = rig()
    const alan = await connect(of, 'alan', { sid: 'same' })
    await logout(of, of.tokenOf('ada', { sid: 'same' }))
    await of.clock.run(0)
    expect(alan.closed).toEqual([])
    expect(await issue(of, of.tokenOf('alan', { sid: 'same' }))).toMatchObject({ status: 201 })
  })

  it.each([
    ['everywhere is asked for', { sid: 's' }, { everywhere: true }],
    ['the JWT names no login', {}, undefined],
    ['the JWT names no login, and this one is asked for', {}, { everywhere: false }],
  ])('ends the whole user when %s', async (_what, claims, body) => {
    const of = rig()
    const sessions = [await connect(of, 'ada', { sid: 'other' }), await connect(of, 'ada')]
    const alan = await connect(of, 'alan')
    const before = of.tokenOf('ada', claims)
    of.clock.advance(1000)
    expect(await logout(of, before, body)).toMatchObject({ status: 200, json: { scope: 'subject' } })
    await of.clock.run(0)
    for (const { closed } of sessions) expect(closed).toEqual([[3003, 'session_revoked']])
    expect(alan.closed).toEqual([])
    expect(await issue(of, before)).toMatchObject({ status: 401, json: { code: 'credential_revoked' } })
    expect(of.take('subject.revoked')).toMatchObject([{ subject: 'ada' }])
  })

  it('asks a JWT from the very second of the logout to come again, and takes one from the next', async () => {
    const of = rig()
    const old = of.tokenOf('ada')
    of.clock.advance(5_400)
    await logout(of, old, { everywhere: true })
    const same = of.tokenOf('ada')
    expect(await issue(of, same)).toMatchObject({
      status: 401,
      headers: { 'retry-after': '1' },
      json: { code: 'credential_invalid', retry_after: 1 },
    })
    of.clock.advance(600)
    expect(await issue(of, of.tokenOf('ada'))).toMatchObject({ status: 201 })
    expect(await issue(of, old)).toMatchObject({ status: 401, json: { code: 'credential_revoked' } })
  })

  it('takes no other field, and no other type', async () => {
    const of = rig()
    expect(await logout(of, of.tokenOf('ada'), { everywhere: 'yes' })).toMatchObject({ status: 400 })
    expect(await logout(of, of.tokenOf('ada'), { all: true })).toMatchObject({
      status: 400,
      json: { detail: 'unknown field: all' },
    })
    expect(await logout(of)).toMatchObject({ status: 401 })
    expect(await issue(of, of.tokenOf('ada'))).toMatchObject({ status: 201 })
  })
})
