import { expect, it } from 'vitest'
import { AuthService, type LogoutTarget } from './auth-service.js'
import { addDemoUsers } from './demo-users.js'
import { memoryAuthStore } from './memory-auth-store.js'

const login = (
  id: string,
  deadline = 1000,
): { id: string; subject: string; generation: number; deadline: number } => ({
  id,
  subject: 'user-1',
  generation: 0,
  deadline,
})

it('ends the oldest login of a user who has too many', async () => {
  const store = memoryAuthStore()
  for (let i = 0; i < 1000; i += 1) expect(await store.openLogin(login(`login-${i}`), 0)).toEqual([])
  expect(await store.openLogin(login('one-more'), 0)).toEqual(['login-0'])
  expect(await store.findLogin('login-0', 0)).toBeUndefined()
  expect(await store.findLogin('login-1', 0)).toMatchObject({ ended: false })
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
  for (let i = 0; i < 1000; i += 1)
    await store.openLogin({ ...login(`login-${i}`, far), subject: 'user-ada' }, Date.now())
  await auth.login({ email: 'ada@example.com', password: 'ada-demo', address: '192.0.2.1' })
  expect(gone).toEqual([{ issuer: 'i', subject: 'user-ada', login: 'login-0' }])
})

it('makes room for new logins out of those that are over', async () => {
  const store = memoryAuthStore()
  for (let i = 0; i < 1000; i += 1) await store.openLogin(login(`login-${i}`), 0)
  expect(await store.openLogin(login('later', 9000), 2000)).toEqual([])
  expect(await store.endLogins({ subject: 'user-1' })).toEqual(['later'])
})

it('refuses a generation that does not exist yet and a login that it does not know', async () => {
  const store = memoryAuthStore()
  await store.openLogin(login('a'), 0)
  expect(await store.rotateLogin('a', 1, 0)).toEqual({ kind: 'over' })
  expect(await store.rotateLogin('b', 0, 0)).toEqual({ kind: 'over' })
  expect(await store.rotateLogin('a', 0, 1000)).toEqual({ kind: 'over' })
})

it('forgets only logins that have ended', async () => {
  const store = memoryAuthStore()
  await store.openLogin(login('a'), 0)
  await store.openLogin(login('b'), 0)
  expect(await store.endLogins({ subject: 'user-1', login: 'a' })).toEqual(['a'])
  expect(await store.endLogins({ subject: 'user-2', login: 'b' })).toEqual([])
  await store.forgetLogins(['a', 'b', 'c'])
  expect(await store.findLogin('a', 0)).toBeUndefined()
  expect(await store.findLogin('b', 0)).toMatchObject({ ended: false })
})

it('keeps the first of two users with one address, and the first keys', async () => {
  const store = memoryAuthStore()
  const user = { subject: 's', email: 'e@example.com', name: 'E', permissions: [], passwordHash: 'h' }
  expect(await store.addUser(user)).toBe(true)
  expect(await store.addUser({ ...user, subject: 't' })).toBe(false)
  expect(await store.findUser('t')).toBeUndefined()
  const keys = { signing: { kty: 'EC' }, refreshSecret: 'one' }
  await store.adoptKeys(keys)
  expect(await store.adoptKeys({ ...keys, refreshSecret: 'two' })).toBe(keys)
})
