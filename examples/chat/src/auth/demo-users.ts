import type { AuthService } from './auth-service.js'

/** The users of the demo. Their passwords are published: never serve them where strangers can sign in. */
export const DEMO_USERS: readonly {
  readonly subject: string
  readonly email: string
  readonly name: string
  readonly permissions: readonly string[]
  readonly password: string
}[] = [
  {
    subject: 'user-ada',
    email: 'ada@example.com',
    name: 'Ada',
    permissions: ['chat:read', 'chat:write'],
    password: 'ada-demo',
  },
  {
    subject: 'user-alan',
    email: 'alan@example.com',
    name: 'Alan',
    permissions: ['chat:read', 'chat:write'],
    password: 'alan-demo',
  },
]

/** Adds the demo users that the store does not know yet. */
export async function addDemoUsers(auth: AuthService): Promise<void> {
  for (const { password, ...user } of DEMO_USERS) await auth.addUser(user, password)
}
