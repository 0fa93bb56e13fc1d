import { describe, expect, it } from 'vitest'
import { memoryStorage, onTokenArrival, tokenShelf } from './token-shelf.js'

describe('the shelf of the refresh token', () => {
  it('keeps it for whoever has the same storage, until it is taken away', () => {
    const storage = memoryStorage()
    const [here, there] = [tokenShelf(storage), tokenShelf(storage)]
    expect(here.read()).toBeUndefined()
    here.write('rt')
    expect(there.read()).toBe('rt')
    there.write(undefined)
    expect(here.read()).toBeUndefined()
  })

  it('tells of a token that another tab puts there, and of nothing else', () => {
    const page = new EventTarget()
    let arrived = 0
    onTokenArrival(page, () => arrived++)
    const changed = (key: string | null, newValue: string | null): boolean =>
      page.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }))
    changed('chat.refresh-token', 'rt')
    expect(arrived).toBe(1)
    changed('chat.refresh-token', null)
    changed('chat.theme', 'dark')
    changed(null, null)
    expect(arrived).toBe(1)
  })
})
