import { isWsticketError, WsticketError } from '@wsticket/server'
import { describe, expect, it } from 'vitest'
import { forwardingAuthStore } from '../../test/forwarding-auth-store.js'
import { AuthService } from './auth-service.js'
import type { AuthStore } from './auth-store.js'
import { addDemoUsers } from './demo-users.js'
import { memoryAuthStore } from './memory-auth-store.js'
import { ownTokens } from './own-tokens.js'
import { PasswordHasher } from './passwords.js'

const ADA = { email: 'ada@example.com', password: 'ada-demo', address: '192.0.2.1' }

async function node(store: AuthStore): Promise<AuthService> {
  const hasher = new PasswordHasher({ cost: { N: 2, r: 1, p: 1 } })
  const auth = await AuthService.create({ store, issuer: 'test', audience: 'chat', hasher })
  await addDemoUsers(auth)
  return auth
}

async function tokenOf(auth: AuthService): Promise<string> {
  const outcome = await auth.login(ADA)
  if (!outcome.ok) throw new Error(outcome.refusal.code)
  return outcome.value.accessToken
}

function request(bearer: string | undefined): Parameters<ReturnType<typeof ownTokens>>[0] {
  return { method: 'POST', target: '/', header: () => undefined, bearer, address: '192.0.2.1' }
}

describe('the tokens of the service itself', () => {
  it('are verified in its name', async () => {
    const auth = await node(memoryAuthStore())
    const verify = ownTokens(auth, 'chat')
    expect(verify.issuer).toBe('test')
    expect(await verify(request(await tokenOf(auth)))).toMatchObject({ subject: 'user-ada', issuer: 'test' })
    expect(await verify(request(undefined))).toMatchObject({ refused: 'credential_missing' })
  })

  // A Redis that came back empty once left the nodes with keys that no newcomer had.
  it('go on being good when a store that lost the keys gets them back', async () => {
    let present = memoryAuthStore()
    const store = forwardingAuthStore(() => present)
    const auth = await node(store)
    const token = await tokenOf(auth)
    await auth.restoreKeys()
    present = memoryAuthStore()
    await auth.restoreKeys()
    const newcomer = await node(store)
    expect(newcomer.jwks).toEqual(auth.jwks)
    expect(await ownTokens(newcomer, 'chat')(request(token))).toMatchObject({ subject: 'user-ada' })
  })

  it('are those of the node whose keys were there first', async () => {
    let present = memoryAuthStore()
    const store = forwardingAuthStore(() => present)
    const auth = await node(store)
    const verify = ownTokens(auth, 'chat')
    const old = await tokenOf(auth)
    present = memoryAuthStore()
    const newcomer = await node(store)
    await auth.restoreKeys()
    expect(await verify(request(old))).toMatchObject({ refused: 'credential_invalid' })
    expect(await verify(request(await tokenOf(newcomer)))).toMatchObject({ subject: 'user-ada' })
    expect(await verify(request(await tokenOf(auth)))).toMatchObject({ subject: 'user-ada' })
  })

  it('stay as they are while the store cannot be asked', async () => {
    let present: AuthStore = memoryAuthStore()
    const auth = await node(forwardingAuthStore(() => present))
    const before = auth.publicKey
    const adoptKeys = (): Promise<never> =>
      Promise.reject(new WsticketError('identity_unavailable', 'it is away'))
    present = { ...forwardingAuthStore(() => memoryAuthStore()), adoptKeys }
    await expect(auth.restoreKeys()).rejects.toSatisfy(isWsticketError)
    expect(auth.publicKey).toBe(before)
  })
})
