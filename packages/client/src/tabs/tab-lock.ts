import type { Clock } from '../core/environment.js'
import type { Locks } from './platform.js'

/** Longest time that a tab keeps the others waiting. */
export const HOLD_MS = 10_000

// Who still holds the lock after that is frozen by the browser, asleep, or stopped in a debugger.
const PATIENCE_MS = 11_000

// So that not all who wait lose their patience in the same moment.
const PATIENCE_SPREAD_MS = 2000

/** How a lock is waited for. */
export interface LockTerms {
  readonly locks: Locks | undefined
  readonly name: string
  /** Aborted when the work is not needed any more. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Does the work while no other tab does. Gives nothing, and does nothing, if it is not needed any more before its turn comes.
 *
 * A tab never holds the lock for longer than it has agreed to, unless it is frozen. So from one that has it for longer it is taken
 * away; to go on without it would set all that wait loose at once. Where there are no locks, the work is simply done.
 */
export async function underLock<Outcome>(
  terms: LockTerms,
  work: () => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const { locks, name, signal, clock, random } = terms
  if (!locks) return await work()
  let doing: Promise<Outcome> | undefined
  const doIt = (): Promise<Outcome> => {
    doing = work()
    return doing
  }
  while (!signal.aborted) {
    const holder = await holderOf(locks, name)
    const patience = new AbortController()
    const giveUp = (): void => patience.abort()
    signal.addEventListener('abort', giveUp)
    const cancel = clock.after(PATIENCE_MS + random() * PATIENCE_SPREAD_MS, giveUp)
    try {
      return await locks.request(name, { signal: patience.signal }, () => {
        cancel()
        return doIt()
      })
    } catch {
      // It was taken away while this tab was frozen, or the work itself failed: what it comes to counts.
      if (doing) return await doing
      // Some pages may have no locks, sandboxed ones for instance.
      if (!patience.signal.aborted) return await work()
    } finally {
      cancel()
    }
    if (holder === undefined || signal.aborted) continue
    const taken = await takeFrom(holder, { locks, name }, doIt)
    if (taken) return await taken.doing
  }
  return undefined
}

/** Takes the lock away from who has kept it for too long. Of several that want to, one does; the others wait for that one. */
async function takeFrom<Outcome>(
  holder: string,
  { locks, name }: { readonly locks: Locks; readonly name: string },
  doIt: () => Promise<Outcome>,
): Promise<{ readonly doing: Promise<Outcome> } | undefined> {
  return await locks.request(`${name} taken`, { ifAvailable: true }, async (mine) => {
    if (!mine || holder !== (await holderOf(locks, name))) return undefined
    return await new Promise<{ readonly doing: Promise<Outcome> }>((taken, refused) => {
      const begin = (): Promise<Outcome> => {
        const doing = doIt()
        taken({ doing })
        return doing
      }
      // What becomes of the work is heard from the work itself.
      locks.request(name, { steal: true }, begin).catch(refused)
    })
  })
}

async function holderOf(locks: Locks, name: string): Promise<string | undefined> {
  try {
    return (await locks.query()).held?.find((lock) => lock.name === name)?.clientId
  } catch {
    return undefined
  }
}
