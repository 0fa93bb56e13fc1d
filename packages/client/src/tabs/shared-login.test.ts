import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type FakeChannel, FakeChannels, FakeLocks } from '../../test/fake-tabs.js'
import { ManualClock } from '../../test/manual-clock.js'
import { jwt } from '../../test/misbehaving-server.js'
import { type SharedLogin, type SharedLoginOptions, sharedLogin } from './shared-login.js'

const NAME = 'wsticket login chat'
const ADA = '["id","ada"]'
const BOB = '["id","bob"]'

let clock: ManualClock
let locks: FakeLocks
let channels: FakeChannels
let auth: AuthService

/** Hands out JWTs, one after the other, and minds how many ask at once. */
class AuthService {
  user: string | undefined = 'ada'
  refreshes = 0
  readonly signals: AbortSignal[] = []
  #running = 0
  mostAtOnce = 0
  #answer: Promise<void> | undefined

  readonly refresh = async ({ signal }: { readonly signal: AbortSignal }): Promise<string> => {
    const { user } = this
    const number = ++this.refreshes
    this.signals.push(signal)
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running)
    try {
      await this.#answer
      return user === undefined ? '' : token(user, number)
    } finally {
      this.#running--
    }
  }

  /** Answers nobody until what it returns is called. */
  hold(): () => void {
    let answer = (): void => {}
    this.#answer = new Promise((resolve) => {
      answer = resolve
    })
    return () => {
      this.#answer = undefined
      answer()
    }
  }
}

const token = (user: string, number: number): string => jwt({ iss: 'id', sub: user, number })

interface TestTab extends SharedLogin {
  readonly channel: FakeChannel
  readonly logouts: number[]
  readonly users: (string | undefined)[]
}

function tab(client: string, options: Partial<SharedLoginOptions> = {}): TestTab {
  let channel: FakeChannel | undefined
  const login = sharedLogin({
    name: 'chat',
    refresh: auth.refresh,
    clock,
    locks: locks.tab(client),
    openChannel: (name) => {
      channel = channels.open(name)
      return channel
    },
    random: () => 0,
    ...options,
  })
  const logouts: number[] = []
  const users: (string | undefined)[] = []
  login.onLogout(() => logouts.push(clock.now()))
  login.onUserChange((user) => users.push(user))
  return { ...login, channel: channel ?? channels.open('none'), logouts, users }
}

beforeEach(() => {
  clock = new ManualClock()
  locks = new FakeLocks()
  channels = new FakeChannels()
  auth = new AuthService()
})

/** Lets everything happen that waits for nothing but its turn. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function advance(milliseconds: number): Promise<void> {
  await settle()
  clock.advance(milliseconds)
  await settle()
}

/** Asks for the credential, and lets a tab that has to ask the others ask them. */
async function ask(login: SharedLogin, refresh = false): Promise<string> {
  const credential = login.credential({ refresh })
  await advance(50)
  return await credential
}

describe('sharedLogin()', () => {
  it('gets a JWT by a refresh, keeps it, and gets a fresh one when asked to', async () => {
    const login = tab('a')
    expect(login.missing).toEqual([])
    expect(await ask(login)).toBe(token('ada', 1))
    expect(await login.credential({ refresh: false })).toBe(token('ada', 1))
    expect(await ask(login, true)).toBe(token('ada', 2))
    expect(auth.refreshes).toBe(2)
  })

  it('asks once for all who ask in a tab', async () => {
    const login = tab('a')
    const all = [1, 2, 3].map((n) => login.credential({ refresh: n > 1 }))
    await advance(50)
    expect(new Set(await Promise.all(all))).toEqual(new Set([token('ada', 1)]))
    expect(auth.refreshes).toBe(1)
  })

  it('gives a new tab the JWT that another one has', async () => {
    await ask(tab('a'))
    const other = tab('b')
    expect(await other.credential({ refresh: false })).toBe(token('ada', 1))
    expect(auth.refreshes).toBe(1)
  })

  it('refreshes in one tab at a time, and takes in the others what that one got', async () => {
    const tabs = ['a', 'b', 'c', 'd'].map((client) => tab(client))
    await ask(tabs[0] ?? tab('x'))
    for (const login of tabs) expect(await login.credential({ refresh: false })).toBe(token('ada', 1))
    const answer = auth.hold()
    const fresh = tabs.map((login) => login.credential({ refresh: true }))
    await advance(50)
    expect(locks.waiting(NAME)).toBe(3)
    answer()
    expect(await Promise.all(fresh)).toEqual(Array(4).fill(token('ada', 2)))
    expect(auth).toMatchObject({ refreshes: 2, mostAtOnce: 1 })
    expect(locks.waiting(NAME)).toBe(0)
  })

  it('asks for the news when the lock comes before them', async () => {
    const [a, b] = [tab('a'), tab('b')]
    await ask(a)
    expect(await b.credential({ refresh: false })).toBe(token('ada', 1))
    const answer = auth.hold()
    const [first, second] = [a.credential({ refresh: true }), b.credential({ refresh: true })]
    await advance(50)
    b.channel.freeze()
    answer()
    await first
    await settle()
    expect(locks.holder(NAME)).toBe('b')
    b.channel.thaw()
    expect(await second).toBe(token('ada', 2))
    expect(auth.refreshes).toBe(2)
  })

  it('lets the next tab try when a refresh fails', async () => {
    const broken = tab('a', { refresh: () => Promise.reject(new Error('down')) })
    const sound = tab('b')
    const failing = broken.credential({ refresh: false })
    const waiting = sound.credential({ refresh: false })
    failing.catch(() => {})
    await advance(50)
    await expect(failing).rejects.toThrow('down')
    await advance(50)
    expect(await waiting).toBe(token('ada', 1))
    // And once more, now that there is one.
    expect(await broken.credential({ refresh: false })).toBe(token('ada', 1))
  })

  it('gives nothing where nobody is logged in, and asks again the next time', async () => {
    auth.user = undefined
    const login = tab('a')
    expect(await ask(login)).toBe('')
    auth.user = 'ada'
    expect(await ask(login)).toBe(token('ada', 2))
    auth.user = undefined
    expect(await ask(login, true)).toBe('')
    expect(login).toMatchObject({ logouts: [], users: [] })
  })
})

describe('A logout', () => {
  it('is one in all tabs', async () => {
    const [a, b] = [tab('a'), tab('b')]
    await ask(a)
    await ask(b)
    b.logout()
    await settle()
    for (const login of [a, b]) {
      expect(login.logouts).toHaveLength(1)
      expect(await login.credential({ refresh: true })).toBe('')
    }
    expect(auth.refreshes).toBe(1)
    a.logout()
    await settle()
    expect([a.logouts.length, b.logouts.length]).toEqual([1, 1])
  })

  it.each(['here', 'in another tab'])('%s is not undone by the late answer of a refresh', async (where) => {
    const [a, b] = [tab('a'), tab('b')]
    const answer = auth.hold()
    const late = a.credential({ refresh: false })
    await advance(50)
    expect(auth.refreshes).toBe(1)
    ;(where === 'here' ? a : b).logout()
    expect(await late).toBe('')
    expect(auth.signals[0]?.aborted).toBe(true)
    answer()
    await settle()
    expect(await a.credential({ refresh: false })).toBe('')
    expect(await b.credential({ refresh: false })).toBe('')
    expect(a.channel.sent).not.toContainEqual(expect.objectContaining({ type: 'jwt' }))
  })

  it('reaches a tab that waits for its turn', async () => {
    const [a, b] = [tab('a'), tab('b')]
    auth.hold()
    void a.credential({ refresh: false })
    await advance(50)
    const waiting = b.credential({ refresh: false })
    await settle()
    a.logout()
    expect(await waiting).toBe('')
    expect(auth.refreshes).toBe(1)
  })

  it('is told to a tab that slept through it, when that tells of a JWT from before', async () => {
    const [a, b] = [tab('a'), tab('b')]
    await ask(a)
    await ask(b)
    const answer = auth.hold()
    const late = a.credential({ refresh: true })
    await advance(50)
    a.channel.freeze()
    b.logout()
    answer()
    // It knows no better yet.
    expect(await late).toBe(token('ada', 2))
    await settle()
    expect(await b.credential({ refresh: false })).toBe('')
    a.channel.thaw()
    await settle()
    expect(a.logouts).toHaveLength(1)
    expect(await a.credential({ refresh: false })).toBe('')
  })

  it('is over with the next login, which all tabs learn of', async () => {
    const [a, b] = [tab('a'), tab('b')]
    await ask(a)
    await ask(b)
    a.logout()
    await settle()
    b.login(token('ada', 7))
    await settle()
    for (const login of [a, b]) {
      expect(await login.credential({ refresh: false })).toBe(token('ada', 7))
      expect(login.users).toEqual([ADA])
    }
  })

  it('is over with a login by a page that knows nothing of it', async () => {
    const a = tab('a')
    await ask(a)
    a.logout()
    const fresh = tab('b')
    expect(await ask(fresh)).toBe(token('ada', 2))
    expect(await a.credential({ refresh: false })).toBe(token('ada', 2))
    expect(fresh).toMatchObject({ logouts: [], users: [] })
  })

  it('that arrives after the next login ends nothing', async () => {
    const [a, b] = [tab('a'), tab('b')]
    await ask(a)
    a.channel.freeze()
    b.logout()
    await advance(1000)
    a.login(token('bob', 1))
    a.channel.thaw()
    await settle()
    expect(await a.credential({ refresh: false })).toBe(token('bob', 1))
    expect(await b.credential({ refresh: false })).toBe(token('bob', 1))
    expect(a.logouts).toEqual([])
  })

  it('does not keep anybody out whose clock was set back', async () => {
    const [a, b] = [tab('a'), tab('b')]
    a.logout()
    await settle()
    clock.sleep(-3_600_000)
    b.login(token('ada', 1))
    await settle()
    expect(await a.credential({ refresh: false })).toBe(token('ada', 1))
  })

  it('in a tab that is closed concerns the others no more, nor they it', async () => {
    const [a, b] = [tab('a'), tab('b')]
    await ask(a)
    await ask(b)
    a.close()
    expect(await a.credential({ refresh: false })).toBe('')
    a.logout()
    await settle()
    expect(b.logouts).toEqual([])
    b.logout()
    await settle()
    expect([a.logouts.length, b.logouts.length]).toEqual([0, 1])
  })
})

describe('Another user', () => {
  it('is news in every tab, and the first one is not', async () => {
    const [a, b] = [tab('a'), tab('b')]
    await ask(a)
    await ask(b)
    expect([a.users, b.users]).toEqual([[], []])
    b.login(token('bob', 1))
    await settle()
    expect([a.users, b.users]).toEqual([[BOB], [BOB]])
    expect(await a.credential({ refresh: false })).toBe(token('bob', 1))
    b.login(token('bob', 2))
    await settle()
    expect([a.users, b.users]).toEqual([[BOB], [BOB]])
  })

  it('is not undone by the late answer of a refresh for the one before', async () => {
    const [a, b] = [tab('a'), tab('b')]
    const answer = auth.hold()
    const late = a.credential({ refresh: false })
    await advance(50)
    b.login(token('bob', 1))
    expect(await late).toBe(token('bob', 1))
    answer()
    await settle()
    expect(await a.credential({ refresh: false })).toBe(token('bob', 1))
    expect(await b.credential({ refresh: false })).toBe(token('bob', 1))
    expect(a.users).toEqual([])
  })

  it('is not signed out because the one before turns out to be', async () => {
    const login = tab('a')
    auth.user = undefined
    const answer = auth.hold()
    const late = login.credential({ refresh: false })
    await advance(50)
    login.login(token('bob', 1))
    expect(await late).toBe(token('bob', 1))
    answer()
    await settle()
    expect(await login.credential({ refresh: false })).toBe(token('bob', 1))
  })

  it('is told apart by a way of your own, where the credential is no JWT', async () => {
    const users: (string | undefined)[] = []
    const login = tab('a', { refresh: () => 'opaque ada', userOf: (text) => text.split(' ')[1] })
    const stop = login.onUserChange((user) => users.push(user))
    expect(await ask(login)).toBe('opaque ada')
    login.login('opaque bob')
    stop()
    login.login('opaque eve')
    expect(users).toEqual(['bob'])
  })

  it('comes back as nobody knows who, where nothing tells users apart', async () => {
    const login = tab('a', { refresh: () => 'opaque' })
    expect(await ask(login)).toBe('opaque')
    login.login('another')
    expect(login.users).toEqual([])
    login.logout()
    login.login('opaque')
    expect(login.users).toEqual([undefined])
  })
})

describe('A tab that keeps the others waiting', () => {
  it('lets them go on when its own refresh hangs', async () => {
    const [a, b] = [tab('a', { refresh: () => new Promise(() => {}) }), tab('b')]
    const hanging = a.credential({ refresh: false })
    hanging.catch(() => {})
    const waiting = b.credential({ refresh: false })
    await advance(50)
    await advance(9950)
    expect(auth.refreshes).toBe(0)
    await advance(50)
    await expect(hanging).rejects.toThrow(/credential_unavailable: refresh\(\) gave no JWT within 10 s/)
    await advance(50)
    expect(await waiting).toBe(token('ada', 1))
  })

  it('takes the answer that comes too late for the one who asked', async () => {
    const login = tab('a')
    const answer = auth.hold()
    const hanging = login.credential({ refresh: false })
    hanging.catch(() => {})
    await advance(50)
    await advance(10_000)
    await expect(hanging).rejects.toThrow('credential_unavailable')
    expect(auth.signals[0]?.aborted).toBe(true)
    answer()
    await settle()
    expect(await login.credential({ refresh: false })).toBe(token('ada', 1))
    expect(auth.refreshes).toBe(1)
  })

  it('loses the lock when it is frozen, to one of those who wait', async () => {
    const frozenClock = new ManualClock()
    const frozen = tab('frozen', { clock: frozenClock })
    void frozen.credential({ refresh: false })
    await settle()
    frozen.channel.freeze()
    expect(locks.holder(NAME)).toBe('frozen')

    // Two lose their patience in the same moment, and one of them takes it.
    const living = [tab('b'), tab('c'), tab('d', { random: () => 0.9 })]
    const waiting = living.map((login) => login.credential({ refresh: false }))
    await advance(10_999)
    expect(locks.waiting(NAME)).toBe(3)
    await advance(1)
    expect(locks.holder(NAME)).toBe('b')
    expect(locks.waiting(NAME)).toBe(2)
    await advance(50)
    expect(await Promise.all(waiting)).toEqual(Array(3).fill(token('ada', 1)))
    expect(auth).toMatchObject({ refreshes: 1, mostAtOnce: 1 })

    // It thaws, hears what happened, and has nothing left to do.
    frozen.channel.thaw()
    await settle()
    frozenClock.advance(50)
    await settle()
    expect(await frozen.credential({ refresh: false })).toBe(token('ada', 1))
    expect(auth.refreshes).toBe(1)
  })

  it('keeps the lock if it is another one than before', async () => {
    const answer = auth.hold()
    const [a, b] = [tab('a'), tab('b', { clock: new ManualClock() })]
    void a.credential({ refresh: false })
    await advance(50)
    void b.credential({ refresh: false })
    await settle()
    const c = tab('c')
    const waiting = c.credential({ refresh: false })
    await settle()
    // Nobody is logged in for a, so b has its turn just before c loses its patience.
    c.channel.freeze()
    await advance(5000)
    a.close()
    await settle()
    expect(locks.holder(NAME)).toBe('b')
    await advance(6000)
    expect(locks.holder(NAME)).toBe('b')
    await advance(11_000)
    expect(locks.holder(NAME)).toBe('c')
    answer()
    await advance(50)
    expect(await waiting).not.toBe('')
  })
})

describe('Where something is missing', () => {
  it('says so, and still refreshes once at a time within the tab', async () => {
    vi.stubGlobal('navigator', undefined)
    vi.stubGlobal('BroadcastChannel', undefined)
    const bare = sharedLogin({ name: 'chat', refresh: auth.refresh, clock })
    expect(bare.missing).toEqual(['locks', 'channel'])
    const all = [bare.credential({ refresh: false }), bare.credential({ refresh: true })]
    expect(await Promise.all(all)).toEqual([token('ada', 1), token('ada', 1)])
    bare.logout()
    expect(await bare.credential({ refresh: false })).toBe('')
  })

  it('does without locks where a page may have none', async () => {
    const forbidden = (): Promise<never> => Promise.reject(new DOMException('no', 'SecurityError'))
    const login = tab('a', { locks: { request: forbidden, query: forbidden } })
    expect(await ask(login)).toBe(token('ada', 1))
  })

  it('minds nothing that others say on its channel', async () => {
    const login = tab('a')
    await ask(login)
    const stranger = channels.open(NAME)
    for (const message of [
      'logout',
      null,
      {},
      { type: 'logout' },
      { type: 'logout', began: 'now' },
      { type: 'jwt', began: Number.MAX_SAFE_INTEGER },
      { type: 'jwt', jwt: 1, began: Number.MAX_SAFE_INTEGER },
      { type: 'other', began: Number.MAX_SAFE_INTEGER },
    ]) {
      stranger.postMessage(message)
    }
    await settle()
    expect(await login.credential({ refresh: false })).toBe(token('ada', 1))
  })

  it('shares over the channels of this runtime', async () => {
    const name = `test ${process.pid} ${Math.random()}`
    const [a, b] = [1, 2].map(() => {
      const login = sharedLogin({ name, refresh: auth.refresh })
      onTestFinished(() => login.close())
      return login
    })
    expect(await a?.credential({ refresh: false })).toBe(token('ada', 1))
    expect(await b?.credential({ refresh: false })).toBe(token('ada', 1))
    expect(auth.refreshes).toBe(1)
    const heard = new Promise<void>((resolve) => b?.onLogout(resolve))
    a?.logout()
    await heard
    expect(await b?.credential({ refresh: false })).toBe('')
  })
})
