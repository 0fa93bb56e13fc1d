import { createPublicKey } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { anyString, matching } from '../../test/helpers.js'
import { type AuthEvent, AuthService, type AuthServiceOptions, type LogoutTarget } from './auth-service.js'
import { addDemoUsers, DEMO_USERS } from './demo-users.js'
import { memoryAuthStore } from './memory-auth-store.js'
import { PasswordHasher } from './passwords.js'

const ISSUER = 'test-issuer'
const START = Date.UTC(2030, 0, 1, 12)
const ADA = { email: 'ada@example.com', password: 'ada-demo', address: '192.0.2.1' }

let now: number
let ended: LogoutTarget[]
let slept: number[]
let errors: unknown[]

beforeEach(() => {
  now = START
  ended = []
  slept = []
  errors = []
})

async function service(more: Partial<AuthServiceOptions> = {}): Promise<AuthService> {
  const auth = await AuthService.create({
    store: memoryAuthStore(),
    issuer: ISSUER,
    audience: 'chat',
    hasher: new PasswordHasher({ cost: { N: 2, r: 1, p: 1 } }),
    now: () => now,
    sleep: async (milliseconds) => {
      slept.push(milliseconds)
      now += milliseconds
    },
    onLogout: async (target) => {
      ended.push(target)
    },
    onError: (error) => errors.push(error),
    ...more,
  })
  await addDemoUsers(auth)
  return auth
}

async function signIn(
  auth: AuthService,
  as = ADA,
): Promise<{ accessToken: string; refreshToken: string; expiresIn: number }> {
  const outcome = await auth.login(as)
  if (!outcome.ok) throw new Error(`login refused: ${outcome.refusal.code}`)
  return outcome.value
}

async function loginOf(auth: AuthService, token: string): Promise<string> {
  const known = await auth.identify(token)
  if (!known.ok) throw new Error(`not identified: ${known.refusal.code}`)
  return known.value.login
}

describe('login', () => {
  it('gives an ES256 token that the published keys verify, with every claim', async () => {
    const auth = await service()
    const { accessToken, expiresIn } = await signIn(auth)
    const { payload } = await jwtVerify(accessToken, createLocalJWKSet({ keys: [...auth.jwks.keys] }), {
      issuer: ISSUER,
      audience: 'chat',
      currentDate: new Date(now),
    })
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'ES256', kid: anyString })
    expect(payload).toMatchObject({
      sub: 'user-ada',
      email: 'ada@example.com',
      name: 'Ada',
      permissions: ['chat:read', 'chat:write'],
      sid: matching(/^[\w-]{22}$/),
      jti: anyString,
      iat: START / 1000,
      exp: START / 1000 + 900,
    })
    expect(expiresIn).toBe(900)
  })

  it('publishes no private part of the key', async () => {
    const auth = await service()
    expect(Object.keys(auth.jwks.keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })

  it('takes the address in any letter case', async () => {
    const auth = await service()
    expect((await auth.login({ ...ADA, email: ' Ada@Example.COM ' })).ok).toBe(true)
  })

  it('refuses a wrong password and an unknown user with the same words', async () => {
    const auth = await service()
    const wrong = await auth.login({ ...ADA, password: 'alan-demo' })
    const unknown = await auth.login({ ...ADA, email: 'nobody@example.com' })
    expect(wrong).toMatchObject({ ok: false, refusal: { code: 'credential_invalid' } })
    expect(unknown).toEqual(wrong)
  })

  it('limits wrong tries per account, wherever they come from, and lets them recover', async () => {
    const auth = await service()
    for (let i = 0; i < 20; i += 1) {
      const guess = await auth.login({ ...ADA, password: `guess ${i}`, address: `192.0.2.${i}` })
      expect(guess).toMatchObject({ refusal: { code: 'credential_invalid' } })
    }
    expect(await auth.login({ ...ADA, address: '198.51.100.1' })).toEqual({
      ok: false,
      refusal: { code: 'rate_limited', retryAfterSeconds: 15 },
    })
    expect(
      (await auth.login({ email: 'alan@example.com', password: 'alan-demo', address: '192.0.2.1' })).ok,
    ).toBe(true)
    now += 15_000
    expect((await auth.login(ADA)).ok).toBe(true)
  })

  it('does not count right passwords against the account', async () => {
    const auth = await service()
    for (let i = 0; i < 25; i += 1) expect((await auth.login(ADA)).ok).toBe(true)
  })

  it('limits tries per address, whomever they name', async () => {
    const auth = await service()
    const tries = Array.from({ length: 101 }, (_, i) =>
      auth.login({ email: `user${i}@example.com`, password: 'x', address: '203.0.113.9' }),
    )
    const codes = (await Promise.all(tries)).map((outcome) => (outcome.ok ? 'ok' : outcome.refusal.code))
    expect(codes.at(-1)).toBe('rate_limited')
    // What the hasher cannot answer in time is refused as well, but as our trouble, not the client's.
    expect(new Set(codes)).toEqual(new Set(['credential_invalid', 'identity_unavailable', 'rate_limited']))
    now += 1_000
    expect((await auth.login({ ...ADA, address: '203.0.113.9' })).ok).toBe(true)
  })

  it('adds demo users once', async () => {
    const auth = await service()
    await addDemoUsers(auth)
    for (const { email, password } of DEMO_USERS) {
      expect((await auth.login({ email, password, address: '192.0.2.1' })).ok).toBe(true)
    }
  })
})

describe('refresh', () => {
  it('gives a new pair of the same login', async () => {
    const auth = await service({ tokenSeconds: 60 })
    const first = await signIn(auth)
    const login = await loginOf(auth, first.accessToken)
    now += 61_000
    expect(await auth.identify(first.accessToken)).toMatchObject({ refusal: { code: 'credential_invalid' } })
    const second = await auth.refresh(first.refreshToken)
    if (!second.ok) throw new Error('refused')
    expect(second.value.refreshToken).not.toBe(first.refreshToken)
    expect(second.value.expiresIn).toBe(60)
    expect(await loginOf(auth, second.value.accessToken)).toBe(login)
  })

  it('ends the login when a used token comes again, with its newest token and its sockets', async () => {
    const auth = await service()
    const first = await signIn(auth)
    const login = await loginOf(auth, first.accessToken)
    const second = await auth.refresh(first.refreshToken)
    if (!second.ok) throw new Error('refused')
    expect(await auth.refresh(first.refreshToken)).toMatchObject({ refusal: { code: 'credential_revoked' } })
    expect(await auth.refresh(second.value.refreshToken)).toMatchObject({
      refusal: { code: 'credential_revoked' },
    })
    expect(await auth.identify(second.value.accessToken)).toMatchObject({
      refusal: { code: 'credential_revoked' },
    })
    expect(ended).toEqual([{ issuer: ISSUER, subject: 'user-ada', login }])
  })

  it('lets exactly one of many uses at once win', async () => {
    const auth = await service()
    const { refreshToken } = await signIn(auth)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => auth.refresh(refreshToken)))
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
  })

  it('says that a reused token ended the login even if its sockets could not be closed', async () => {
    const auth = await service({ onLogout: () => Promise.reject(new Error('store down')) })
    const { refreshToken } = await signIn(auth)
    await auth.refresh(refreshToken)
    expect(await auth.refresh(refreshToken)).toMatchObject({ refusal: { code: 'credential_revoked' } })
    expect(errors).toHaveLength(1)
  })

  it('refuses what it did not make, and ends nothing for it', async () => {
    const auth = await service()
    const { refreshToken, accessToken } = await signIn(auth)
    const login = await loginOf(auth, accessToken)
    const forged = [
      '',
      'x',
      accessToken,
      `rt1_${login}.0.${'A'.repeat(43)}`,
      `${refreshToken}x`,
      refreshToken.replace('.0.', '.1.'),
    ]
    for (const token of forged) {
      expect(await auth.refresh(token)).toMatchObject({ refusal: { code: 'credential_invalid' } })
    }
    expect((await auth.refresh(refreshToken)).ok).toBe(true)
  })

  it('is over after 30 days, and no access token outlives that', async () => {
    const auth = await service({ tokenSeconds: 3600 })
    let { refreshToken } = await signIn(auth)
    now += 30 * 86_400_000 - 60_000
    const last = await auth.refresh(refreshToken)
    if (!last.ok) throw new Error('refused')
    expect(last.value.expiresIn).toBe(60)
    refreshToken = last.value.refreshToken
    now += 60_000
    expect(await auth.refresh(refreshToken)).toMatchObject({ refusal: { code: 'credential_revoked' } })
  })
})

describe('logout', () => {
  it('ends this login and no other', async () => {
    const auth = await service()
    const here = await signIn(auth)
    const there = await signIn(auth)
    const login = await loginOf(auth, here.accessToken)
    expect(await auth.logout(here.accessToken, 'login')).toEqual({ ok: true, value: { scope: 'login' } })
    expect(ended).toEqual([{ issuer: ISSUER, subject: 'user-ada', login }])
    expect((await auth.refresh(here.refreshToken)).ok).toBe(false)
    expect((await auth.identify(here.accessToken)).ok).toBe(false)
    expect((await auth.logout(here.accessToken, 'login')).ok).toBe(false)
    expect((await auth.identify(there.accessToken)).ok).toBe(true)
  })

  it('everywhere ends all logins of the user and nobody else', async () => {
    const auth = await service()
    const pairs = [await signIn(auth), await signIn(auth)]
    const alan = await signIn(auth, {
      email: 'alan@example.com',
      password: 'alan-demo',
      address: '192.0.2.1',
    })
    await auth.logout(pairs[0]?.accessToken ?? '', 'subject')
    expect(ended).toEqual([{ issuer: ISSUER, subject: 'user-ada' }])
    for (const pair of pairs) {
      expect((await auth.refresh(pair.refreshToken)).ok).toBe(false)
      expect((await auth.identify(pair.accessToken)).ok).toBe(false)
    }
    expect((await auth.identify(alan.accessToken)).ok).toBe(true)
  })

  it('everywhere is followed by tokens of a later second only', async () => {
    const auth = await service()
    now = START + 250
    const { accessToken } = await signIn(auth)
    await auth.logout(accessToken, 'subject')
    const again = await signIn(auth)
    expect(slept).toEqual([750])
    expect((await auth.identify(again.accessToken)).ok).toBe(true)
    now += 5_000
    await signIn(auth)
    expect(slept).toEqual([750])
  })

  it('can be repeated when the sockets could not be closed, while the login is good for nothing else', async () => {
    let broken = true
    const auth = await service({
      onLogout: async (target) => {
        if (broken) throw new Error('store down')
        ended.push(target)
      },
    })
    const { accessToken, refreshToken } = await signIn(auth)
    expect(await auth.logout(accessToken, 'subject')).toMatchObject({
      refusal: { code: 'identity_unavailable' },
    })
    expect((await auth.refresh(refreshToken)).ok).toBe(false)
    expect((await auth.identify(accessToken)).ok).toBe(false)
    broken = false
    expect((await auth.logout(accessToken, 'subject')).ok).toBe(true)
    expect(ended).toHaveLength(1)
    expect((await auth.logout(accessToken, 'subject')).ok).toBe(false)
  })

  it('refuses a token that another service signed', async () => {
    const [mine, other] = [await service(), await service()]
    const { accessToken } = await signIn(other)
    expect(await mine.logout(accessToken, 'login')).toMatchObject({ refusal: { code: 'credential_invalid' } })
  })
})

describe('a revocation from elsewhere', () => {
  it('ends the refresh tokens of one login, or of all, and revokes nothing itself', async () => {
    const auth = await service()
    const [one, two, three] = [await signIn(auth), await signIn(auth), await signIn(auth)]
    await auth.followRevocation({ subject: 'user-ada', login: await loginOf(auth, one.accessToken) })
    expect(await auth.refresh(one.refreshToken)).toMatchObject({ refusal: { code: 'credential_revoked' } })
    expect((await auth.refresh(two.refreshToken)).ok).toBe(true)
    await auth.followRevocation({ subject: 'user-ada' })
    expect((await auth.refresh(three.refreshToken)).ok).toBe(false)
    expect((await auth.identify(two.accessToken)).ok).toBe(false)
    expect(ended).toEqual([])
    // No ticket is given for a JWT of this second, so that none is signed.
    await signIn(auth)
    expect(slept).toEqual([1000])
  })
})

it('makes the hash that stands in for nobody before the first login', async () => {
  class CountingHasher extends PasswordHasher {
    hashes = 0
    override async hash(password: string): Promise<string> {
      this.hashes += 1
      return await super.hash(password)
    }
  }
  const hasher = new CountingHasher({ cost: { N: 2, r: 1, p: 1 } })
  const auth = await service({ hasher })
  const before = hasher.hashes
  expect(before).toBe(DEMO_USERS.length + 1)
  await auth.login({ ...ADA, email: 'nobody@example.com' })
  expect(hasher.hashes).toBe(before)
})

describe('several nodes on one store', () => {
  it('take each others tokens', async () => {
    const store = memoryAuthStore()
    const [one, two] = [await service({ store }), await service({ store })]
    const { accessToken, refreshToken } = await signIn(one)
    expect((await two.identify(accessToken)).ok).toBe(true)
    expect((await two.refresh(refreshToken)).ok).toBe(true)
    expect((await one.refresh(refreshToken)).ok).toBe(false)
  })
})

it('waits on a real clock unless another is given', async () => {
  const auth = await AuthService.create({ store: memoryAuthStore(), issuer: ISSUER, audience: 'chat' })
  await addDemoUsers(auth)
  const { accessToken } = await signIn(auth)
  expect((await auth.logout(accessToken, 'subject')).ok).toBe(true)
  expect((await signIn(auth)).expiresIn).toBe(900)
})

it('tells an audit log what happened, without secrets', async () => {
  const events: AuthEvent[] = []
  const auth = await service({ onEvent: (event) => events.push(event) })
  const { accessToken, refreshToken } = await signIn(auth)
  const login = await loginOf(auth, accessToken)
  await auth.login({ ...ADA, email: 'typed@example.com', password: 'typed' })
  const second = await auth.refresh(refreshToken)
  await auth.refresh(refreshToken)
  expect(events).toEqual([
    { name: 'login.opened', subject: 'user-ada', login, address: ADA.address },
    { name: 'login.refused', code: 'credential_invalid', address: ADA.address },
    { name: 'login.refreshed', subject: 'user-ada', login },
    { name: 'refresh.reused', subject: 'user-ada', login },
    { name: 'login.ended', subject: 'user-ada', login },
    { name: 'refresh.refused', code: 'credential_revoked' },
  ])
  const told = JSON.stringify(events)
  const secrets = [accessToken, refreshToken, second.ok ? second.value.refreshToken : '', 'typed']
  for (const secret of secrets) expect(told).not.toContain(secret)
})

it('gives its public key to a verifier in the same process', async () => {
  const auth = await service()
  const { accessToken } = await signIn(auth)
  const key = createPublicKey(auth.publicKey)
  const { payload } = await jwtVerify(accessToken, key, { currentDate: new Date(now) })
  expect(payload.sub).toBe('user-ada')
})
