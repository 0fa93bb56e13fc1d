import { WsticketError } from '@wsticket/server'
import { z } from 'zod'
import { RedisCalls, type RedisCommands } from '../redis/redis-calls.js'
import {
  type AuthKeys,
  type AuthStore,
  homeOfLogin,
  homeOfSubject,
  LOGINS_PER_USER,
  LOGOUT_KEPT_MS,
  type LoginRecord,
  type RotateOutcome,
  type UserRecord,
} from './auth-store.js'
import {
  ADD_USER,
  ADOPT_KEYS,
  END_LOGINS,
  FORGET_LOGINS,
  NOTE_LOGOUT,
  OPEN_LOGIN,
  ROTATE_LOGIN,
} from './redis-auth-scripts.js'

/** In front of every key of the auth service. */
export const DEFAULT_AUTH_PREFIX = 'chat:auth:'

const Keys: z.ZodType<AuthKeys> = z.object({
  signing: z.looseObject({ kty: z.string() }),
  refreshSecret: z.string(),
})

const User: z.ZodType<UserRecord> = z.object({
  subject: z.string(),
  email: z.string(),
  name: z.string(),
  permissions: z.array(z.string()),
  passwordHash: z.string(),
})

/**
 * Keeps users, logins and keys in Redis, for any number of nodes: one Redis, one behind Sentinel, or a Cluster.
 *
 *     <prefix>keys                    the keys of the service
 *     <prefix>{users}:by-email        all users; one slot, since address and subject are taken in one step
 *     <prefix>{users}:by-subject
 *     <prefix>logins:{<home>}         a subject's logins, by id               until the last of them is over
 *     <prefix>logout:{<home>}         the subject's last logout everywhere    a minute
 *
 * Keys are made of hashes only, so no input reaches a key name. The client stays the caller's.
 */
export function redisAuthStore(client: RedisCommands, options: { readonly prefix?: string } = {}): AuthStore {
  return new RedisAuthStore(new RedisCalls(client), checkedPrefix(options.prefix ?? DEFAULT_AUTH_PREFIX))
}

/** Braces would say which slot of a Cluster a key belongs to, in place of ours. */
export function checkedPrefix(prefix: string): string {
  if (/^[A-Za-z0-9:._-]{0,64}$/.test(prefix)) return prefix
  throw new TypeError(
    'prefix must be up to 64 letters, digits, colons, dots, dashes and underscores. Example: chat:auth:',
  )
}

class RedisAuthStore implements AuthStore {
  readonly #redis: RedisCalls
  readonly #prefix: string
  readonly #usersByEmail: string
  readonly #usersBySubject: string

  constructor(redis: RedisCalls, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
    this.#usersByEmail = `${prefix}{users}:by-email`
    this.#usersBySubject = `${prefix}{users}:by-subject`
  }

  async adoptKeys(candidate: AuthKeys): Promise<AuthKeys> {
    const args = [JSON.stringify(candidate)]
    return read(Keys, await this.#redis.run(ADOPT_KEYS, { keys: [`${this.#prefix}keys`], args }))
  }

  async addUser(user: UserRecord): Promise<boolean> {
    const keys = [this.#usersByEmail, this.#usersBySubject]
    const args = [user.email, user.subject, JSON.stringify(user)]
    return (await this.#redis.run(ADD_USER, { keys, args })) === 1
  }

  async findUserByEmail(email: string): Promise<UserRecord | undefined> {
    const kept = await this.#redis.hget(this.#usersByEmail, email)
    return kept === null ? undefined : read(User, kept)
  }

  async findUser(subject: string): Promise<UserRecord | undefined> {
    const kept = await this.#redis.hget(this.#usersBySubject, subject)
    return kept === null ? undefined : read(User, kept)
  }

  async openLogin(login: LoginRecord, now: number): Promise<readonly string[]> {
    const { id, generation, deadline, subject } = login
    const kept = `0 ${generation} ${deadline} ${subject}`
    const args = [id, kept, String(deadline), String(now), String(LOGINS_PER_USER)]
    return texts(await this.#redis.run(OPEN_LOGIN, { keys: [this.#logins(homeOfLogin(id))], args }))
  }

  async findLogin(id: string, now: number): Promise<{ login: LoginRecord; ended: boolean } | undefined> {
    const kept = await this.#redis.hget(this.#logins(homeOfLogin(id)), id)
    if (kept === null) return undefined
    const found = loginOf(id, kept)
    return found.login.deadline > now ? found : undefined
  }

  async rotateLogin(id: string, generation: number, now: number): Promise<RotateOutcome> {
    const args = [id, String(generation), String(now)]
    const answer = await this.#redis.run(ROTATE_LOGIN, { keys: [this.#logins(homeOfLogin(id))], args })
    const [kind, kept] = texts(answer)
    if (kind === 'over') return { kind }
    if ((kind !== 'rotated' && kind !== 'reused') || kept === undefined) throw foreign()
    return { kind, login: loginOf(id, kept).login }
  }

  async endLogins(target: { readonly subject: string; readonly login?: string }): Promise<readonly string[]> {
    const { subject, login } = target
    const args = login === undefined ? [subject] : [subject, login]
    return texts(await this.#redis.run(END_LOGINS, { keys: [this.#logins(homeOfSubject(subject))], args }))
  }

  async forgetLogins(subject: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const keys = [this.#logins(homeOfSubject(subject))]
    await this.#redis.run(FORGET_LOGINS, { keys, args: [subject, ...ids] })
  }

  async noteLogout(subject: string, at: number): Promise<void> {
    const args = [String(at), String(LOGOUT_KEPT_MS)]
    await this.#redis.run(NOTE_LOGOUT, { keys: [this.#logout(subject)], args })
  }

  async lastLogout(subject: string): Promise<number | undefined> {
    const kept = await this.#redis.get(this.#logout(subject))
    return kept === null ? undefined : Number(kept)
  }

  #logins(home: string): string {
    return `${this.#prefix}logins:{${home}}`
  }

  #logout(subject: string): string {
    return `${this.#prefix}logout:{${homeOfSubject(subject)}}`
  }
}

function loginOf(id: string, kept: string): { login: LoginRecord; ended: boolean } {
  const parts = /^([01]) (\d+) (\d+) (.*)$/s.exec(kept)
  if (parts === null) throw foreign()
  const [, ended, generation, deadline, subject = ''] = parts
  return {
    login: { id, subject, generation: Number(generation), deadline: Number(deadline) },
    ended: ended === '1',
  }
}

function read<T>(schema: z.ZodType<T>, kept: unknown): T {
  if (typeof kept !== 'string') throw foreign()
  let parsed: unknown
  try {
    parsed = JSON.parse(kept)
  } catch {
    throw foreign()
  }
  const result = schema.safeParse(parsed)
  if (!result.success) throw foreign()
  return result.data
}

function texts(answer: unknown): string[] {
  if (!Array.isArray(answer)) throw foreign()
  return answer.map((text: unknown) => {
    if (typeof text !== 'string') throw foreign()
    return text
  })
}

/** Something else lies where our records belong. What it is, is not told: it may be a secret. */
function foreign(): WsticketError {
  return new WsticketError(
    'identity_unavailable',
    'Redis holds something that this auth service did not write',
    {
      remedy: 'Give the chat a Redis, or a database of it, that no other program writes to.',
    },
  )
}
