import type { TokenShelf } from './token-keeper.js'

const TOKEN = 'chat.refresh-token'
const TAB = 'chat.tab'

/** The parts of the browser that keep a refresh token. */
export interface ShelfPlace {
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** Absent where the page is served over plain HTTP by a host other than localhost. */
  readonly locks: Pick<LockManager, 'request'> | undefined
  readonly newId: () => string
}

/**
 * Opens the shelf for the refresh token.
 *
 * It is `sessionStorage`, so that a reload keeps the user signed in. The price: script that runs in this page could read
 * it, as it could read memory; the page's Content-Security-Policy admits no foreign script. It ends with the tab, goes to
 * no other origin, and the token is good for one use. The access token is in memory only.
 *
 * A duplicated tab begins with a copy of the storage. Two tabs with one single-use token would end the login for both, so
 * the copy is thrown away: the tab that holds the lock keeps it.
 */
export async function openTokenShelf(place: ShelfPlace): Promise<TokenShelf> {
  const { storage, locks, newId } = place
  const inherited = storage.getItem(TAB)
  const isCopy = inherited !== null && !(await claim(locks, inherited))
  if (isCopy) storage.removeItem(TOKEN)
  if (inherited === null || isCopy) {
    const tab = newId()
    storage.setItem(TAB, tab)
    await claim(locks, tab)
  }
  return {
    read: () => storage.getItem(TOKEN) ?? undefined,
    write: (token) => (token === undefined ? storage.removeItem(TOKEN) : storage.setItem(TOKEN, token)),
  }
}

/** Takes a lock that is held until the page goes away; `false` if another page has it. */
function claim(locks: ShelfPlace['locks'], tab: string): Promise<boolean> {
  if (locks === undefined) return Promise.resolve(true)
  return new Promise((resolve, reject) => {
    locks
      .request(`chat.tab.${tab}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null)
        // Never settled, on purpose: a settled callback gives the lock back.
        return lock === null ? undefined : new Promise(() => {})
      })
      .catch(reject)
  })
}

/** A storage that lasts as long as the page. */
export function memoryStorage(): ShelfPlace['storage'] {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, value)
    },
    removeItem: (key) => {
      items.delete(key)
    },
  }
}
