import { expect, it, test } from 'vitest'
import { authStoreCases } from '../../test/auth-store-cases.js'
import { AuthService, type LogoutTarget } from './auth-service.js'
import { newLoginId } from './auth-store.js'
import { addDemoUsers } from './demo-users.js'
import { memoryAuthStore } from './memory-auth-store.js'

test.each(authStoreCases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
  const store = memoryAuthStore()
  await run(async () => ({ nodes: [store, store] }))
})

it('gives back the very keys that it was given', async () => {
  const store = memoryAuthStore()
  const keys = { signing: { kty: 'EC' }, refreshSecret: 'one' }
  expect(await store.adoptKeys(keys)).toBe(keys)
})

it('closes the sockets of a login that had to go', async () => {
  const store = memoryAuthStore()
  const gone: LogoutTarget[] = []
  const onLogout = async (target: LogoutTarget): Promise<void> => {
    gone.push(target)
  }
  const auth = await AuthService.create({ store, issuer: 'i', audience: 'a', onLogout })
  await addDemoUsers(auth)
  const far = Date.now() + 60_000
  const ids = Array.from({ length: 1000 }, () => newLoginId('user-ada'))
  for (const id of ids) {
    await store.openLogin({ id, subject: 'user-ada', generation: 0, deadline: far }, Date.now())
  }
  await auth.login({ email: 'ada@example.com', password: 'ada-demo', address: '192.0.2.1' })
  expect(gone).toEqual([{ issuer: 'i', subject: 'user-ada', login: ids[0] }])
})
