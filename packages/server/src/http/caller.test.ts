import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { type Reply, type RigOptions, rig } from '../../test/rig.js'
import type { Authenticate, CredentialRequest, Principal } from '../identity/principal.js'

const ADA: Principal = { subject: 'ada', permissions: [], claims: {} }

function answering(principal: unknown): Authenticate {
  return (async () => principal) as Authenticate
}

async function issue(
  options: RigOptions,
  headers: Record<string, string> = {},
): Promise<Reply & { failed: unknown[] }> {
  const of = rig(options)
  const reply = await of.ask({ method: 'POST', target: PATHS.ticket, headers })
  return { ...reply, failed: of.take('handler.failed') }
}

describe('an authenticate of one’s own', () => {
  it('sees the request as plain data', async () => {
    const seen: (CredentialRequest & { cookie: string | undefined; absent: string | undefined })[] = []
    const of = rig({
      trustedProxies: ['192.0.2.1'],
      authenticate: async (request) => {
        seen.push({ ...request, cookie: request.header('Cookie'), absent: request.header('x-absent') })
        return ADA
      },
    })
    await of.ask({
      method: 'POST',
      target: `${PATHS.ticket}?x=1`,
      token: 'abc',
      headers: { cookie: ['a=1', 'b=2'], 'x-forwarded-for': '203.0.113.9' },
    })
    expect(seen).toMatchObject([
      {
        method: 'POST',
        target: `${PATHS.ticket}?x=1`,
        bearer: 'abc',
        address: '203.0.113.9',
        cookie: 'a=1, b=2',
        absent: undefined,
      },
    ])
  })

  it.each([undefined, null])(
    'that gives %s refuses: as missing without a credential, else as invalid',
    async (nobody) => {
      expect(await issue({ authenticate: answering(nobody) })).toMatchObject({
        json: { code: 'credential_missing' },
      })
      const headers = { authorization: 'Bearer x' }
      expect(await issue({ authenticate: answering(nobody) }, headers)).toMatchObject({
        json: { code: 'credential_invalid' },
      })
    },
  )

  it('can say why, which the client is not told', async () => {
    const of = rig({
      authenticate: async () => ({ refused: 'credential_invalid', reason: 'on the deny list' }),
    })
    const reply = await of.ask({ method: 'POST', target: PATHS.ticket, token: 'x' })
    expect(reply).toMatchObject({ status: 401, json: { code: 'credential_invalid' } })
    expect(reply.text).not.toContain('deny list')
    expect(of.take('request.refused')).toMatchObject([{ reason: 'on the deny list' }])
  })

  it('that throws before its first promise is unavailable, not a crash', async () => {
    const authenticate = (() => {
      throw new Error('no connection')
    }) as Authenticate
    expect(await issue({ authenticate })).toMatchObject({
      status: 503,
      json: { code: 'identity_unavailable' },
    })
  })

  it.each([
    ['no subject', { ...ADA, subject: undefined }],
    ['an empty subject', { ...ADA, subject: '' }],
    ['a subject with NUL', { ...ADA, subject: 'a\0b' }],
    ['a subject that is a number', { ...ADA, subject: 7 }],
    ['an empty login', { ...ADA, login: '' }],
    ['a login with NUL', { ...ADA, login: 'a\0b' }],
    ['an issuer that is no text', { ...ADA, issuer: 7 }],
    ['an e-mail that is no text', { ...ADA, email: 7 }],
    ['no permissions', { ...ADA, permissions: undefined }],
    ['permissions in one text', { ...ADA, permissions: 'admin' }],
    ['permissions that are no texts', { ...ADA, permissions: [1] }],
    ['no claims', { ...ADA, claims: undefined }],
    ['claims of null', { ...ADA, claims: null }],
    // A comparison with NaN is always false: such a ticket never expired.
    ['an end that is no number', { ...ADA, expiresAt: Number.NaN }],
    ['an end that is a date', { ...ADA, expiresAt: new Date() }],
    ['an end that never comes', { ...ADA, expiresAt: Number.POSITIVE_INFINITY }],
    ['a beginning that is no number', { ...ADA, issuedAt: Number.NaN }],
    ['an end in milliseconds', { ...ADA, expiresAt: 1_700_000_000_000 }],
    ['a beginning in text', { ...ADA, issuedAt: '1700000000' }],
  ])('that gives %s is a mistake, never a ticket', async (_what, principal) => {
    expect(await issue({ authenticate: answering(principal) })).toMatchObject({
      status: 500,
      failed: [{ message: expect.stringContaining('this principal is not one') }],
    })
  })
})
