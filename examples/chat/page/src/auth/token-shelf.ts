import type { TokenShelf } from './token-keeper.js'

const TOKEN = 'chat.refresh-token'

/**
 * Opens the shelf for the refresh token, which all tabs of this page share.
 *
 * It is `localStorage`, so that a reload or another tab goes on with the login. The price: script that runs in this page could
 * read it, as it could read memory; the page's Content-Security-Policy admits no foreign script. It goes to no other origin, the
 * token is good for one use, and a second use ends the login. The access token is in memory only.
 */
export function tokenShelf(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): TokenShelf {
  return {
    read: () => storage.getItem(TOKEN) ?? undefined,
    write: (token) => (token === undefined ? storage.removeItem(TOKEN) : storage.setItem(TOKEN, token)),
  }
}

/** Calls back when another tab has put a token on the shelf. */
export function onTokenArrival(page: Pick<Window, 'addEventListener'>, arrived: () => void): void {
  page.addEventListener('storage', ({ key, newValue }) => {
    if (key === TOKEN && newValue !== null) arrived()
  })
}

/** A storage that lasts as long as the page. */
export function memoryStorage(): Parameters<typeof tokenShelf>[0] {
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
