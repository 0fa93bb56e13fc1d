/** What tells whether somebody looks at the page. */
export interface Visibility {
  readonly hidden: boolean
  /** Calls back at each change until what it returns is called. */
  listen(changed: () => void): () => void
}

/** Looks at the page that this runs in; where there is none, it is never hidden. */
export function visibilityOr(given: Visibility | undefined): Visibility {
  return (
    given ?? {
      get hidden() {
        return globalThis.document?.hidden === true
      },
      listen(changed) {
        const page = globalThis.document
        page?.addEventListener('visibilitychange', changed)
        return () => page?.removeEventListener('visibilitychange', changed)
      },
    }
  )
}
