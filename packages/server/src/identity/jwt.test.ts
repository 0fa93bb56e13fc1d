import { describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER, keyPair, makeToken, SECRET } from '../../test/tokens.js'
import { type ManualClock, manualClock } from '../conformance/manual-clock.js'
import { type JwtOptions, jwt } from './jwt.js'
import type { CredentialRefusal, CredentialRequest, Principal } from './principal.js'

const START = 1_700_000_000

function bearer(token: string | undefined): CredentialRequest {
  return { method: 'POST', target: '/', header: () => undefined, bearer: token, address: '192.0.2.1' }
}

function setUp(options: Partial<JwtOptions> = {}): {
  clock: ManualClock
  ask: (
    payload: object,
    header?: Record<string, unknown>,
  ) => Promise<Principal | CredentialRefusal | undefined>
} {
  const clock = manualClock(START * 1000)
  const authenticate = jwt({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET, clock, ...options })
  return { clock, ask: (payload, header) => authenticate(bearer(makeToken(payload, undefined, header))) }
}

const GOOD = { iss: ISSUER, aud: AUDIENCE, sub: 'user-7', iat: START, exp: START + 900 }
const INVALID = { refused: 'credential_invalid' }

describe('jwt', () => {
  // With a key at hand and no issuer, tokens of any issuer were let in: an unset environment variable was enough.
  it.each([
    [{ issuer: undefined }, /issuer is missing/],
    [{ issuer: '' }, /issuer is missing/],
    [{ issuer: ' ' }, /issuer is missing/],
    [{ audience: undefined }, /audience is missing/],
    [{ audience: '' }, /audience is missing/],
    [{ audience: [] }, /audience is missing/],
    [{ audience: ['chat', ''] }, /audience is missing/],
  ])('refuses to be made with %j', (wrong, message) => {
    const options = { secret: 'a'.repeat(32), issuer: 'https://id.example.com', audience: 'chat', ...wrong }
    expect(() => jwt(options as JwtOptions)).toThrow(TypeError)
    expect(() => jwt(options as JwtOptions)).toThrow(message)
  })

  it('names its issuer, so that a user can be revoked without repeating it', () => {
    expect(jwt({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET }).issuer).toBe(ISSUER)
  })

  it('tells a request without a bearer token from one with a bad token', async () => {
    const authenticate = jwt({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET })
    expect(await authenticate(bearer(undefined))).toMatchObject({ refused: 'credential_missing' })
    expect(await authenticate(bearer('nonsense'))).toMatchObject(INVALID)
  })

  it('gives the whole principal', async () => {
    const { ask } = setUp()
    const payload = {
      ...GOOD,
      email: 'ada@example.com',
      permissions: ['a', 'b'],
      sid: 'login-1',
      team: 'x',
      jti: 'j',
    }
    expect(await ask(payload)).toEqual({
      issuer: ISSUER,
      subject: 'user-7',
      email: 'ada@example.com',
      permissions: ['a', 'b'],
      claims: { team: 'x' },
      login: 'login-1',
      issuedAt: START,
      expiresAt: START + 900,
    })
  })

  it('takes whole seconds for iat, since a logout is compared by the second', async () => {
    // A token of .2 was not before a logout at .9 of the same second, and so passed as one from after it.
    expect(await setUp().ask({ ...GOOD, iat: START - 0.8 })).toMatchObject({ issuedAt: START - 1 })
  })

  it.each([
    ['an array of permissions', { permissions: ['a', 'b'] }, {}, ['a', 'b']],
    ['a scope, split at spaces', { scope: 'a  b' }, {}, ['a', 'b']],
    ['permissions before scope', { permissions: ['a'], scope: 'b' }, {}, ['a']],
    ['neither', {}, {}, []],
    ['a claim of another name', { grants: 'x y', permissions: ['a'] }, { permissions: 'grants' }, ['x', 'y']],
    ['only the claim that was named', { scope: 'a' }, { permissions: 'grants' }, []],
  ])('reads permissions from %s', async (_what, claims, claimNames, permissions) => {
    expect(await setUp({ claimNames }).ask({ ...GOOD, ...claims })).toMatchObject({ permissions })
  })

  it('reads every claim by the name that was given', async () => {
    const claimNames = { subject: 'uid', email: 'mail', login: 'session' }
    const payload = { ...GOOD, uid: 'u', mail: 'm@example.com', session: 's' }
    expect(await setUp({ claimNames }).ask(payload)).toMatchObject({
      subject: 'u',
      email: 'm@example.com',
      login: 's',
      claims: { sub: 'user-7' },
    })
  })

  it('keeps only the claims that were named', async () => {
    const { ask } = setUp({ keepClaims: ['team', 'exp', 'absent'] })
    expect(await ask({ ...GOOD, team: 'x', secretNote: 'y' })).toMatchObject({
      claims: { team: 'x', exp: START + 900 },
    })
  })

  it('takes one of several audiences, and a token for several', async () => {
    const several = setUp({ audience: ['chat', 'feed'] })
    expect(await several.ask({ ...GOOD, aud: 'feed' })).toMatchObject({ subject: 'user-7' })
    expect(await several.ask({ ...GOOD, aud: ['other', 'chat'] })).toMatchObject({ subject: 'user-7' })
    expect(await several.ask({ ...GOOD, aud: ['other'] })).toMatchObject(INVALID)
  })

  it('leaves out an e-mail that is not text', async () => {
    expect(await setUp().ask({ ...GOOD, email: { a: 1 } })).toMatchObject({ email: undefined })
  })

  it.each([0, 5, 30])('accepts clocks that are %i seconds apart, and no more', async (skewSeconds) => {
    const { ask } = setUp({ skewSeconds })
    const good = { subject: 'user-7' }
    expect(await ask({ ...GOOD, exp: START - skewSeconds + 1 })).toMatchObject(good)
    expect(await ask({ ...GOOD, exp: START - skewSeconds })).toMatchObject(INVALID)
    expect(await ask({ ...GOOD, nbf: START + skewSeconds })).toMatchObject(good)
    expect(await ask({ ...GOOD, nbf: START + skewSeconds + 1 })).toMatchObject(INVALID)
    expect(await ask({ ...GOOD, iat: START + skewSeconds })).toMatchObject(good)
    expect(await ask({ ...GOOD, iat: START + skewSeconds + 1 })).toMatchObject(INVALID)
  })

  it('takes five seconds unless told otherwise', async () => {
    const { ask } = setUp()
    expect(await ask({ ...GOOD, exp: START - 4 })).toMatchObject({ subject: 'user-7' })
    expect(await ask({ ...GOOD, exp: START - 5 })).toMatchObject(INVALID)
  })

  it.each([-1, 31, Number.NaN])('refuses a skew of %d at start', (skewSeconds) => {
    expect(() => setUp({ skewSeconds })).toThrow(/skewSeconds is .*from 0 to 30/)
  })

  it('verifies each algorithm by the PEM of its public key', async () => {
    for (const alg of ['RS256', 'ES256', 'EdDSA'] as const) {
      const pair = keyPair(alg)
      const authenticate = jwt({
        issuer: ISSUER,
        audience: AUDIENCE,
        publicKey: pair.pem,
        clock: manualClock(START * 1000),
      })
      expect(await authenticate(bearer(makeToken(GOOD, pair)))).toMatchObject({ subject: 'user-7' })
      expect(await authenticate(bearer(makeToken(GOOD, keyPair(alg))))).toMatchObject(INVALID)
    }
  })

  it('forgets a token when it expires, though it was verified before', async () => {
    const clock = manualClock(START * 1000)
    const authenticate = jwt({ issuer: ISSUER, audience: AUDIENCE, secret: SECRET, clock })
    const token = makeToken({ ...GOOD, exp: START + 60 })
    expect(await authenticate(bearer(token))).toMatchObject({ subject: 'user-7' })
    clock.advance(64_999)
    expect(await authenticate(bearer(token))).toMatchObject({ subject: 'user-7' })
    clock.advance(1)
    expect(await authenticate(bearer(token))).toMatchObject(INVALID)
  })
})
