import { describe, expect, it } from 'vitest'
import { memoryStorage, openTokenShelf, type ShelfPlace } from './token-shelf.js'

// As the browser's: a lock is held until the callback's promise settles, and asked for without waiting.
function tabLocks(): ShelfPlace['locks'] {
  const held = new Set<string>()
  const request = async (
    name: string,
    _options: LockOptions,
    callback: (lock: Lock | null) => unknown,
  ): Promise<unknown> => {
    if (held.has(name)) return await callback(null)
    held.add(name)
    return await callback({ name, mode: 'exclusive' })
  }
  return { request: request as LockManager['request'] }
}

let ids = 0
const newId = (): string => `tab-${ids++}`

describe('the shelf of the refresh token', () => {
  it('keeps it through a reload, after which the lock of the tab is free again', async () => {
    const storage = memoryStorage()
    const first = await openTokenShelf({ storage, locks: tabLocks(), newId })
    first.write('rt')
    const reloaded = await openTokenShelf({ storage, locks: tabLocks(), newId })
    expect(reloaded.read()).toBe('rt')
    reloaded.write(undefined)
    expect(first.read()).toBeUndefined()
  })

  it('throws the copy of a duplicated tab away, so that the token is used by one tab only', async () => {
    const locks = tabLocks()
    const original = memoryStorage()
    const shelf = await openTokenShelf({ storage: original, locks, newId })
    shelf.write('rt')
    const copy = memoryStorage()
    for (const key of ['chat.tab', 'chat.refresh-token']) copy.setItem(key, original.getItem(key) ?? '')
    const duplicate = await openTokenShelf({ storage: copy, locks, newId })
    expect(duplicate.read()).toBeUndefined()
    expect(shelf.read()).toBe('rt')
    duplicate.write('own')
    expect((await openTokenShelf({ storage: copy, locks: tabLocks(), newId })).read()).toBe('own')
  })

  it('works without locks, which plain HTTP has only on localhost', async () => {
    const shelf = await openTokenShelf({ storage: memoryStorage(), locks: undefined, newId })
    shelf.write('rt')
    expect(shelf.read()).toBe('rt')
  })
})
