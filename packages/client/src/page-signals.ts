/** What a page is told of itself. */
export type PageSignal =
  /** It is looked at again, was thawed, or came out of the back/forward cache. */
  | 'wake'
  /** There is a network again. */
  | 'online'

/** What tells a page about itself: sleep, visibility, network. */
export interface PageSignals {
  /** `false` only if there is certainly no network. */
  readonly online: boolean
  /** Calls back at each signal until what it returns is called. */
  listen(heard: (signal: PageSignal) => void): () => void
}

const WAKES = ['visibilitychange', 'resume', 'pageshow'] as const

/** Listens to the page that this runs in; without one nothing is ever heard. */
export function pageOr(given: PageSignals | undefined): PageSignals {
  return (
    given ?? {
      get online() {
        return globalThis.navigator?.onLine !== false
      },
      listen(heard) {
        const page = globalThis.document
        if (!page) return () => {}
        const stopped = new AbortController()
        // Captured, the window hears what is the document's as well.
        const options = { capture: true, signal: stopped.signal }
        for (const type of WAKES) {
          addEventListener(
            type,
            () => {
              if (!page.hidden) heard('wake')
            },
            options,
          )
        }
        addEventListener('online', () => heard('online'), options)
        return () => stopped.abort()
      },
    }
  )
}
