import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnswerTerms, readAnswer } from './introspection-answer.js'
import type { ServiceAnswer } from './introspection-call.js'
import { type CredentialRefusal, checkPrincipal, isCredentialRefusal, type Principal } from './principal.js'

const NOW = 1_700_000_000
const TERMS: AnswerTerms = {
  issuer: undefined,
  audience: undefined,
  claimNames: undefined,
  keepClaims: undefined,
  skewSeconds: 5,
  latestEnd: undefined,
}
const GOOD = { active: true, sub: 'ada', iat: NOW - 60, exp: NOW + 900 }

function read(answer: ServiceAnswer, terms: Partial<AnswerTerms> = {}): Principal | CredentialRefusal {
  return readAnswer(answer, { ...TERMS, ...terms }, NOW)
}

function refusal(reason: RegExp): object {
  return { refused: 'credential_invalid', reason: expect.stringMatching(reason) }
}

describe('an RFC 7662 answer', () => {
  it('makes a principal, as a JWT with these claims would', () => {
    const answer = {
      ...GOOD,
      scope: 'chat:read chat:write',
      client_id: 'app',
      username: 'ada.l',
      token_type: 'Bearer',
      iss: 'https://id.example.com',
      aud: 'chat',
      nbf: NOW,
      jti: 'j',
      email: 'ada@example.com',
      sid: 'login-1',
    }
    expect(read(answer)).toEqual({
      issuer: 'https://id.example.com',
      subject: 'ada',
      email: 'ada@example.com',
      permissions: ['chat:read', 'chat:write'],
      claims: { client_id: 'app', username: 'ada.l' },
      login: 'login-1',
      issuedAt: NOW - 60,
      expiresAt: NOW + 900,
    })
  })

  it('reads the claims that were named, and keeps those that were named', () => {
    const claimNames = { subject: 'uid', email: 'mail', permissions: 'roles', login: 'session' }
    const answer = {
      ...GOOD,
      uid: 'u',
      mail: 'm@example.com',
      roles: ['a'],
      session: 's',
      team: 'x',
      more: 1,
    }
    expect(read(answer, { claimNames, keepClaims: ['team', 'active'] })).toMatchObject({
      subject: 'u',
      email: 'm@example.com',
      permissions: ['a'],
      login: 's',
      claims: { team: 'x', active: true },
    })
  })

  it.each([
    ['that is not active', { active: false }, /not active/],
    ['without exp', { exp: undefined }, /no exp; goodForSeconds/],
    ['without iat', { iat: undefined }, /no iat; a logout could not reach/],
    ['whose exp is over', { exp: NOW - 5 }, /expired/],
    ['whose exp is text', { exp: String(NOW + 900) }, /not in Unix seconds/],
    ['whose exp is in milliseconds', { exp: (NOW + 900) * 1000 }, /not in Unix seconds/],
    ['whose exp has no end', { exp: Number.POSITIVE_INFINITY }, /not in Unix seconds/],
    ['whose exp is null', { exp: null }, /not in Unix seconds/],
    ['whose iat is text', { iat: String(NOW) }, /not in Unix seconds/],
    ['from the future', { iat: NOW + 6 }, /issued in the future/],
    ['that is not good yet', { nbf: NOW + 6 }, /not good yet/],
    ['whose nbf is text', { nbf: String(NOW) }, /not good yet/],
    ['without sub', { sub: undefined }, /no usable subject/],
    ['with an empty sub', { sub: '' }, /no usable subject/],
    ['with a number as sub', { sub: 7 }, /no usable subject/],
    ['with a sub beyond all measure', { sub: 'a'.repeat(1025) }, /no usable subject/],
    ['with permissions that are none', { permissions: { a: true } }, /permissions are not a list/],
    ['with a login that is none', { sid: 7 }, /no usable login/],
    ['with an issuer that is none', { iss: ['https://id.example.com'] }, /another issuer/],
    ['with an empty issuer', { iss: '' }, /another issuer/],
  ])('%s is refused', (_what, wrong, reason) => {
    expect(read({ ...GOOD, ...wrong })).toEqual(refusal(reason))
  })

  it('lets clocks differ by the skew', () => {
    expect(read({ ...GOOD, exp: NOW - 4, iat: NOW + 5, nbf: NOW + 5 })).toMatchObject({ subject: 'ada' })
  })

  it('has the issuer that was given, or is refused', () => {
    const terms = { issuer: 'https://id.example.com' }
    expect(read({ ...GOOD, iss: terms.issuer }, terms)).toMatchObject(terms)
    expect(read({ ...GOOD, iss: 'https://id.example.com/' }, terms)).toEqual(refusal(/another issuer/))
    expect(read(GOOD, terms)).toEqual(refusal(/another issuer, or of none/))
  })

  it('without an issuer that was given, keeps the issuers apart', () => {
    expect(read({ ...GOOD, iss: 'https://a.example' })).toMatchObject({ issuer: 'https://a.example' })
    expect(read(GOOD)).toMatchObject({ issuer: undefined })
  })

  it('is for one of the audiences, or refused', () => {
    const terms = { audience: ['chat', 'feed'] }
    for (const aud of ['feed', ['other', 'chat']])
      expect(read({ ...GOOD, aud }, terms)).toMatchObject({ subject: 'ada' })
    for (const aud of [undefined, null, '', 'other', [], ['other'], [['chat']], { chat: 1 }, 'chat feed'])
      expect(read({ ...GOOD, aud }, terms)).toEqual(refusal(/another audience, or for none/))
  })

  it('ends at the latest end, with or without exp', () => {
    const terms = { latestEnd: NOW + 300 }
    expect(read({ ...GOOD, exp: undefined }, terms)).toMatchObject({ expiresAt: NOW + 300 })
    expect(read(GOOD, terms)).toMatchObject({ expiresAt: NOW + 300 })
    expect(read({ ...GOOD, exp: NOW + 60 }, terms)).toMatchObject({ expiresAt: NOW + 60 })
    expect(read({ ...GOOD, exp: NOW - 60 }, terms)).toEqual(refusal(/expired/))
  })
})

describe('any answer', () => {
  const json = fc.jsonValue({ maxDepth: 3 })
  // Mostly right, or nearly nothing would come as far as the last check.
  const mostly = <T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<unknown> = json): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: wrong })
  const seconds = fc.oneof(fc.integer({ min: NOW - 1000, max: NOW + 1000 }), fc.double(), json)
  const nearlyRight = fc.record(
    {
      active: mostly(fc.constant(true)),
      sub: mostly(fc.string({ minLength: 1 }), fc.oneof(fc.string({ unit: 'binary' }), json)),
      iss: mostly(fc.constant('https://id.example.com'), fc.oneof(fc.string(), json)),
      aud: mostly(fc.constantFrom('chat', ['other', 'chat']), fc.oneof(fc.constant('other'), json)),
      exp: mostly(fc.integer({ min: NOW, max: NOW + 1000 }), seconds),
      iat: mostly(fc.integer({ min: NOW - 1000, max: NOW }), seconds),
      nbf: mostly(fc.integer({ min: NOW - 1000, max: NOW }), seconds),
      email: json,
      sid: mostly(fc.string({ minLength: 1 })),
      scope: mostly(fc.string()),
      permissions: mostly(fc.array(fc.string())),
    },
    { requiredKeys: ['active', 'sub', 'exp', 'iat'] },
  )
  const terms = fc.record({
    issuer: fc.constantFrom(undefined, 'https://id.example.com'),
    audience: fc.constantFrom(undefined, ['chat']),
    latestEnd: fc.constantFrom(undefined, NOW + 300),
  })

  it('is a refusal, or a principal that is whole, vouched for, for us and alive', () => {
    let admitted = 0
    fc.assert(
      fc.property(nearlyRight, terms, (answer, given) => {
        const verdict = read(answer, given)
        if (isCredentialRefusal(verdict)) return
        admitted += 1
        expect(() => checkPrincipal(verdict)).not.toThrow()
        expect(answer.active).toBe(true)
        expect(verdict.subject).toBe(answer.sub)
        if (given.issuer !== undefined) expect(answer.iss).toBe(given.issuer)
        if (given.audience !== undefined) expect([answer.aud].flat()).toContain('chat')
        expect(verdict.expiresAt).toBeGreaterThan(NOW - 5)
        expect(verdict.expiresAt).toBeLessThanOrEqual(given.latestEnd ?? Number(answer.exp))
        expect(verdict.issuedAt).toBeLessThanOrEqual(NOW + 5)
      }),
      { numRuns: 2000 },
    )
    // Otherwise the generator would prove nothing.
    expect(admitted).toBeGreaterThan(100)
  })
})
