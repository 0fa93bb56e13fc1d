import type { PageSignals } from './environment.js'

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
        const wake = (): void => {
          if (!page.hidden) heard('wake')
        }
        const online = (): void => heard('online')
        // The first two are the document's; captured, the window hears them as well.
        for (const type of WAKES) addEventListener(type, wake, true)
        addEventListener('online', online)
        return () => {
          for (const type of WAKES) removeEventListener(type, wake, true)
          removeEventListener('online', online)
        }
      },
    }
  )
}
