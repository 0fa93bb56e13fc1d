// The page of a tab: a shared login, as an application would have it, and a record of what it hears.
import { type SharedLogin, sharedLogin } from '@wsticket/client/tabs'

/** How a tab differs from what a browser gives it. */
export interface TabSetting {
  /** Has no Web Locks. */
  readonly withoutLocks?: boolean
  /** Has no channel to the others. */
  readonly withoutChannel?: boolean
  /** Stands still, as a tab does that the browser has frozen: no timer fires, no refresh is answered. */
  readonly frozen?: boolean
  /** All waits of the login are so many times shorter. */
  readonly haste?: number
}

/** What a test can do in a tab. */
export interface TabPage {
  start(setting: TabSetting): readonly string[]
  credential(refresh: boolean): Promise<string>
  login(user: string): Promise<void>
  logout(): Promise<void>
  heard(): readonly string[]
  /** Who holds the lock and how many wait. */
  locks(): Promise<{ readonly held: number; readonly waiting: number }>
  /** Everything that a page can keep beyond its own life, cookies without a script's reach apart. */
  stored(): Promise<readonly string[]>
}

declare global {
  var tab: TabPage
}

const heard: string[] = []
let login: SharedLogin

async function refresh({ signal }: { readonly signal: AbortSignal }): Promise<string> {
  const response = await fetch('/refresh', { method: 'POST', signal })
  return response.ok ? await response.text() : ''
}

globalThis.tab = {
  start({ withoutLocks, withoutChannel, frozen, haste = 1 }) {
    const forbidden = (): Promise<never> => Promise.reject(new DOMException('forbidden', 'SecurityError'))
    login = sharedLogin({
      name: 'e2e',
      refresh: frozen ? () => new Promise(() => {}) : refresh,
      clock: {
        now: () => Date.now(),
        after(milliseconds, callback) {
          if (frozen) return () => {}
          const timer = setTimeout(callback, milliseconds / haste)
          return () => clearTimeout(timer)
        },
      },
      ...(withoutLocks && { locks: { request: forbidden, query: forbidden } }),
      ...(withoutChannel && {
        openChannel: () => ({ postMessage() {}, addEventListener() {}, close() {} }),
      }),
    })
    login.onLogout(() => heard.push('logout'))
    login.onUserChange((user) => heard.push(`user ${user}`))
    return login.missing
  },
  credential: (fresh) => login.credential({ refresh: fresh }),
  async login(user) {
    const response = await fetch(`/login?user=${user}`, { method: 'POST' })
    login.login(await response.text())
  },
  async logout() {
    await fetch('/logout', { method: 'POST' })
    login.logout()
  },
  heard: () => heard,
  async locks() {
    const { held = [], pending = [] } = await navigator.locks.query()
    return { held: held.length, waiting: pending.length }
  },
  async stored() {
    const databases = await indexedDB.databases()
    return [
      ...Object.keys(localStorage),
      ...Object.keys(sessionStorage),
      ...databases.map(({ name }) => String(name)),
      document.cookie,
    ].filter((name) => name !== '')
  },
}
