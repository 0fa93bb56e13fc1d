import assert from 'node:assert/strict'
import {
  type AuthKeys,
  type AuthStore,
  LOGINS_PER_USER,
  type LoginRecord,
  newLoginId,
  type UserRecord,
} from '../src/auth/auth-store.js'

/** Makes a store that no other case has touched; `nodes` of one call are nodes of one system. */
export type AuthStoreHarness = () => Promise<{
  /** Two handles on one store: what a second node of the service would have. */
  readonly nodes: readonly [AuthStore, AuthStore]
}>

/** One sentence of the contract of `AuthStore`, and the proof of it. */
export interface AuthStoreCase {
  readonly name: string
  /** Rejects with an `AssertionError` if the store breaks the sentence. */
  readonly run: (harness: AuthStoreHarness) => Promise<void>
}

type Prove = (store: AuthStore, other: AuthStore) => Promise<void>

function storeCase(name: string, prove: Prove): AuthStoreCase {
  return {
    name,
    async run(harness) {
      const { nodes } = await harness()
      await prove(nodes[0], nodes[1])
    },
  }
}

const HOUR_MS = 3_600_000
/** The moment at which all cases begin. Far from the machine's clock, so that a store which looks at that is seen. */
const T0 = 1_000_000_000_000
const ADA = 'user-ada'
const ALAN = 'user-alan'

function user(name: string, more: Partial<UserRecord> = {}): UserRecord {
  return {
    subject: `user-${name}`,
    email: `${name}@example.com`,
    name,
    permissions: ['chat:read', 'chat:write'],
    passwordHash: `hash of ${name}`,
    ...more,
  }
}

function keys(secret: string): AuthKeys {
  return {
    signing: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: secret, kid: secret },
    refreshSecret: secret,
  }
}

function login(subject: string = ADA, more: Partial<LoginRecord> = {}): LoginRecord {
  return { id: newLoginId(subject), subject, generation: 0, deadline: T0 + HOUR_MS, ...more }
}

async function opened(store: AuthStore, record: LoginRecord = login()): Promise<LoginRecord> {
  assert.deepEqual(await store.openLogin(record, T0), [])
  return record
}

/** Some at a time: one by one takes long, and all at once longer than a store may take for one. */
async function openAll(store: AuthStore, records: readonly LoginRecord[]): Promise<void> {
  for (let start = 0; start < records.length; start += 50) {
    await Promise.all(records.slice(start, start + 50).map((each) => opened(store, each)))
  }
}

async function stateOf(store: AuthStore, id: string, now: number = T0): Promise<'live' | 'ended' | 'gone'> {
  const found = await store.findLogin(id, now)
  if (found === undefined) return 'gone'
  return found.ended ? 'ended' : 'live'
}

/** What every auth store keeps to. Runs under any test runner, or under none. */
export const authStoreCases: readonly AuthStoreCase[] = [
  storeCase('the first keys stay, and every node comes to them', async (store, other) => {
    assert.deepEqual(await store.adoptKeys(keys('one')), keys('one'))
    assert.deepEqual(await other.adoptKeys(keys('two')), keys('one'))
    assert.deepEqual(await store.adoptKeys(keys('three')), keys('one'))
  }),

  storeCase('nodes that bring keys at once come to the same ones', async (store, other) => {
    const brought = Array.from({ length: 20 }, (_, index) => keys(`k${index}`))
    const adopted = await Promise.all(
      brought.map((candidate, index) => (index % 2 === 0 ? store : other).adoptKeys(candidate)),
    )
    assert.equal(new Set(adopted.map(({ refreshSecret }) => refreshSecret)).size, 1)
  }),

  storeCase('a user is found by address and by subject, on every node', async (store, other) => {
    assert.equal(await store.addUser(user('ada')), true)
    assert.deepEqual(await other.findUserByEmail('ada@example.com'), user('ada'))
    assert.deepEqual(await other.findUser(ADA), user('ada'))
    assert.equal(await store.findUserByEmail('ALAN@example.com'), undefined)
    assert.equal(await store.findUser(ALAN), undefined)
  }),

  storeCase('an address belongs to the first who takes it', async (store, other) => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).addUser(user('ada', { subject: `user-${index}` })),
      ),
    )
    assert.equal(claims.filter((taken) => taken).length, 1)
    const owner = `user-${claims.indexOf(true)}`
    assert.equal((await store.findUserByEmail('ada@example.com'))?.subject, owner)
    for (let index = 0; index < 20; index += 1) {
      const known = (await store.findUser(`user-${index}`)) !== undefined
      assert.equal(known, `user-${index}` === owner)
    }
  }),

  storeCase('names of any characters keep apart', async (store) => {
    const odd = ['{a}:*', 'a b', 'a\nb', 'a\u0000b', 'ä', '', 'a', '0 1 2 a', '__proto__']
    for (const subject of odd) {
      assert.equal(await store.addUser(user('x', { subject, email: `${subject}@example.com` })), true)
      await opened(store, login(subject))
    }
    for (const subject of odd) {
      assert.equal((await store.findUser(subject))?.subject, subject)
      assert.equal((await store.findUserByEmail(`${subject}@example.com`))?.subject, subject)
      assert.equal((await store.endLogins({ subject })).length, 1)
    }
  }),

  storeCase('a login is found until its deadline, on every node', async (store, other) => {
    const mine = await opened(store)
    assert.deepEqual(await other.findLogin(mine.id, T0), { login: mine, ended: false })
    assert.equal(await stateOf(other, mine.id, mine.deadline - 1), 'live')
    assert.equal(await stateOf(other, mine.id, mine.deadline), 'gone')
    assert.equal(await stateOf(other, newLoginId(ADA)), 'gone')
  }),

  storeCase('a rotation moves the generation on by one', async (store, other) => {
    const mine = await opened(store)
    const first = { kind: 'rotated', login: { ...mine, generation: 1 } }
    assert.deepEqual(await store.rotateLogin(mine.id, 0, T0), first)
    assert.deepEqual(await other.rotateLogin(mine.id, 1, T0), {
      kind: 'rotated',
      login: { ...mine, generation: 2 },
    })
    assert.equal((await store.findLogin(mine.id, T0))?.login.generation, 2)
  }),

  storeCase(
    'of many rotations of one generation exactly one wins, and the login ends',
    async (store, other) => {
      const mine = await opened(store)
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? store : other).rotateLogin(mine.id, 0, T0),
        ),
      )
      const kinds = outcomes.map(({ kind }) => kind)
      assert.equal(kinds.filter((kind) => kind === 'rotated').length, 1)
      // The first to come again ends the login; to those after it, it is over.
      assert.equal(kinds.filter((kind) => kind === 'reused').length, 1)
      assert.equal(kinds.filter((kind) => kind === 'over').length, 18)
      assert.equal(await stateOf(store, mine.id), 'ended')
    },
  ),

  storeCase('a generation that was used ends its login in the same step', async (store, other) => {
    const [mine, another] = [await opened(store), await opened(store)]
    await store.rotateLogin(mine.id, 0, T0)
    const reused = { kind: 'reused', login: { ...mine, generation: 1 } }
    assert.deepEqual(await other.rotateLogin(mine.id, 0, T0), reused)
    assert.deepEqual(await store.rotateLogin(mine.id, 1, T0), { kind: 'over' })
    assert.equal(await stateOf(store, mine.id), 'ended')
    assert.equal(await stateOf(store, another.id), 'live')
  }),

  storeCase(
    'a generation of the future, an unknown login and one past its deadline are over',
    async (store) => {
      const mine = await opened(store)
      assert.deepEqual(await store.rotateLogin(mine.id, 1, T0), { kind: 'over' })
      assert.deepEqual(await store.rotateLogin(newLoginId(ADA), 0, T0), { kind: 'over' })
      assert.deepEqual(await store.rotateLogin(mine.id, 0, mine.deadline), { kind: 'over' })
      assert.equal((await store.rotateLogin(mine.id, 0, mine.deadline - 1)).kind, 'rotated')
    },
  ),

  storeCase(
    'ending one login of a user leaves the others, and those of other users',
    async (store, other) => {
      const [mine, another] = [await opened(store), await opened(store)]
      const alans = await opened(store, login(ALAN))
      assert.deepEqual(await other.endLogins({ subject: ADA, login: mine.id }), [mine.id])
      assert.deepEqual(await other.endLogins({ subject: ADA, login: alans.id }), [])
      assert.deepEqual(await other.endLogins({ subject: ADA, login: newLoginId(ADA) }), [])
      assert.deepEqual(await other.endLogins({ subject: 'nobody' }), [])
      assert.equal(await stateOf(store, mine.id), 'ended')
      assert.equal(await stateOf(store, another.id), 'live')
      assert.equal(await stateOf(store, alans.id), 'live')
      assert.deepEqual(await store.rotateLogin(mine.id, 0, T0), { kind: 'over' })
    },
  ),

  storeCase('ending all logins of a user can be repeated until they are forgotten', async (store, other) => {
    const ids = [(await opened(store)).id, (await opened(store)).id, (await opened(store)).id].sort()
    assert.deepEqual([...(await store.endLogins({ subject: ADA }))].sort(), ids)
    assert.deepEqual([...(await other.endLogins({ subject: ADA }))].sort(), ids)
    await store.forgetLogins(ADA, ids)
    assert.deepEqual(await other.endLogins({ subject: ADA }), [])
    for (const id of ids) assert.equal(await stateOf(other, id), 'gone')
  }),

  storeCase('an end and a rotation at once leave no refresh token that is good', async (store, other) => {
    for (let round = 0; round < 20; round += 1) {
      const mine = await opened(store)
      await Promise.all([store.rotateLogin(mine.id, 0, T0), other.endLogins({ subject: ADA })])
      assert.deepEqual(await store.rotateLogin(mine.id, 1, T0), { kind: 'over' })
      assert.equal(await stateOf(store, mine.id), 'ended')
      await store.forgetLogins(ADA, [mine.id])
    }
  }),

  storeCase('only logins that have ended, and are of the user, are forgotten', async (store) => {
    const [mine, another, alans] = [login(), login(), login(ALAN)]
    for (const each of [mine, another, alans]) await opened(store, each)
    await store.endLogins({ subject: ADA, login: mine.id })
    await store.endLogins({ subject: ALAN })
    await store.forgetLogins(ADA, [mine.id, another.id, alans.id, newLoginId(ADA)])
    await store.forgetLogins(ADA, [])
    assert.equal(await stateOf(store, mine.id), 'gone')
    assert.equal(await stateOf(store, another.id), 'live')
    assert.equal(await stateOf(store, alans.id), 'ended')
  }),

  storeCase("beyond the cap the oldest logins of the user go, and nobody else's", async (store) => {
    const alans = await opened(store, login(ALAN))
    const all = Array.from({ length: LOGINS_PER_USER }, (_, index) =>
      login(ADA, { deadline: T0 + HOUR_MS + index }),
    )
    await openAll(store, all)
    const [first, second] = all
    const later = login(ADA, { deadline: T0 + 2 * HOUR_MS })
    assert.deepEqual(await store.openLogin(later, T0), [first?.id])
    assert.equal(await stateOf(store, first?.id ?? ''), 'gone')
    for (const { id } of [second ?? later, later, alans]) assert.equal(await stateOf(store, id), 'live')
    assert.equal((await store.endLogins({ subject: ADA })).length, LOGINS_PER_USER)
  }),

  storeCase('those that are over make room first', async (store) => {
    const later = login(ADA, { deadline: T0 + 3 * HOUR_MS })
    await openAll(
      store,
      Array.from({ length: LOGINS_PER_USER }, () => login()),
    )
    assert.deepEqual(await store.openLogin(later, T0 + 2 * HOUR_MS), [])
    assert.deepEqual(await store.endLogins({ subject: ADA }), [later.id])
  }),

  storeCase('the last logout of a user is the latest one, whoever is told first', async (store, other) => {
    assert.equal(await store.lastLogout(ADA), undefined)
    await store.noteLogout(ADA, T0 + 5)
    await other.noteLogout(ADA, T0 + 3)
    assert.equal(await other.lastLogout(ADA), T0 + 5)
    await other.noteLogout(ADA, T0 + 9)
    assert.equal(await store.lastLogout(ADA), T0 + 9)
    assert.equal(await store.lastLogout(ALAN), undefined)
  }),
]
