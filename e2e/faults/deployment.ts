import type { Load } from './load.js'
import type { RedisTarget } from './messages.js'
import type { Random } from './random.js'
import type { WorkerPool } from './worker-pool.js'

/** Where a fault happens: while these processes race for tickets. */
export interface Scene {
  readonly pool: WorkerPool
  readonly load: Load
  readonly random: Random
}

/** A fault that is done to a deployment while it is raced for tickets. */
export interface Fault {
  /** Does it, sees that it happened, heals it, and says what happened. Rejects if it did not happen. */
  readonly run: (scene: Scene) => Promise<string>
  /** How long after its acknowledgement a revoke need not be heard of by a master that was cut off. @default 0 */
  readonly revokeBoundMs?: number
  /** How long what carries no fence may be good again that was revoked: until the nodes have told the new master. @default 0 */
  readonly unfencedBoundMs?: number
}

/**
 * The vulnerable window: what is consumed between `open` and `strike` is known to one process alone, which then dies, and
 * somebody takes over who does not know it.
 */
export interface Window {
  /** Sees to it that from now on nobody else learns of anything. */
  readonly open: () => Promise<void>
  /** Kills, lets the other one take over, and says what happened. Rejects if the other one knew. */
  readonly strike: () => Promise<string>
  /** Brings things back in order. */
  readonly heal: () => Promise<void>
}

/** Redis processes in some formation, and what can be done to them. */
export interface Deployment {
  readonly target: RedisTarget
  readonly faults: Readonly<Record<string, Fault>>
  readonly windows: Readonly<Record<string, Window>>
  /** Waits until all is in order, as it has to be before something fails. */
  readonly calm: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A fault that was to be, and was not: the run proves nothing. */
export class DidNotHappen extends Error {
  override readonly name = 'DidNotHappen'
}

/** Throws unless a fault left the trace that it must have left. */
export function happened(trace: boolean, what: string): asserts trace {
  if (!trace) throw new DidNotHappen(`The fault did not happen: ${what}.`)
}
