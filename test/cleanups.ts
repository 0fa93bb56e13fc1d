import { afterAll, afterEach, onTestFinished } from 'vitest'

/** Something to be undone when a test, or a file of tests, is over. */
export type Cleanup = () => unknown

/** Takes cleanups; the helpers here have one as their last parameter, by default `afterThisTest`. */
export type CleanupList = (cleanup: Cleanup) => void

/** Undoes it when the running test is over, passed or failed; what came last goes first. */
export const afterThisTest: CleanupList = (cleanup) => {
  onTestFinished(async () => {
    await cleanup()
  })
}

/** Makes a list for the `describe` or file it is called in, to be undone after each of its tests. */
export function afterEachTest(): CleanupList {
  const cleanups: Cleanup[] = []
  afterEach(() => runCleanups(cleanups))
  return (cleanup) => cleanups.push(cleanup)
}

/** Makes a list for the `describe` or file it is called in, to be undone when all of its tests are over. */
export function afterAllTests(): CleanupList {
  const cleanups: Cleanup[] = []
  afterAll(() => runCleanups(cleanups))
  return (cleanup) => cleanups.push(cleanup)
}

/**
 * Empties a list from its end. One that fails does not keep the others from their turn; what failed is thrown after
 * all of them.
 */
export async function runCleanups(cleanups: Cleanup[]): Promise<void> {
  const errors: unknown[] = []
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
    try {
      await cleanup()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} cleanups failed`)
}
