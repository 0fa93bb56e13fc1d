import { describe, expect, it, vi } from 'vitest'
import { pageOr } from './page-signals.js'

/** What a page's globals look like to whoever listens. */
function fakePage(): { readonly document: { hidden: boolean }; readonly window: EventTarget } {
  const window = new EventTarget()
  const document = { hidden: false }
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window))
  return { document, window }
}

describe('pageOr', () => {
  it('hears that the page is looked at again, thawed, or back from the cache, and that there is a network', () => {
    const { window } = fakePage()
    const heard: string[] = []
    const stop = pageOr(undefined).listen((signal) => heard.push(signal))
    for (const type of ['visibilitychange', 'resume', 'pageshow', 'online', 'offline', 'blur']) {
      window.dispatchEvent(new Event(type))
    }
    expect(heard).toEqual(['wake', 'wake', 'wake', 'online'])
    stop()
    window.dispatchEvent(new Event('visibilitychange'))
    window.dispatchEvent(new Event('online'))
    expect(heard).toHaveLength(4)
  })

  it('hears nothing of a page that is being hidden', () => {
    const { document, window } = fakePage()
    const heard = vi.fn()
    pageOr(undefined).listen(heard)
    document.hidden = true
    window.dispatchEvent(new Event('visibilitychange'))
    expect(heard).not.toHaveBeenCalled()
  })

  it('takes a runtime that does not say for one with a network', () => {
    vi.stubGlobal('navigator', undefined)
    expect(pageOr(undefined).online).toBe(true)
    vi.stubGlobal('navigator', { onLine: false })
    expect(pageOr(undefined).online).toBe(false)
  })

  it('hears nothing outside a page, and takes the one that is given', () => {
    const heard = vi.fn()
    pageOr(undefined).listen(heard)()
    expect(heard).not.toHaveBeenCalled()
    const page = { online: true, listen: () => () => {} }
    expect(pageOr(page)).toBe(page)
  })
})
