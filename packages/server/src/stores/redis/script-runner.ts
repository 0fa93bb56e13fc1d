import { type Clock, pause } from '../../clock.js'
import { WsticketError } from '../../errors.js'
import { isUndone, isUnknownScript, storeError } from './redis-errors.js'
import type { RedisLink } from './redis-link.js'
import type { Script } from './scripts/script.js'

// For so long a command is sent again that Redis did not carry out because a slot was on its way to another node: less
// than the second that a call may take, so that the answer still reaches its caller.
const UNDONE_BUDGET_MS = 900
const UNDONE_PAUSE_MS = { first: 10, longest: 100 } as const

/** How many replicas must have a write before it counts, and how long is waited for them. */
export interface Replication {
  readonly replicas: number
  readonly ms: number
}

/** A write that is done, but that too few replicas have. */
export class UnreplicatedError extends WsticketError {
  /** What the script answered. */
  readonly reply: unknown

  constructor(message: string, reply: unknown) {
    super('store_unavailable', message, { remedy: 'Bring the replicas back, or ask for fewer (replicas).' })
    // Not enumerable: whoever logs the error must not log what Redis answered.
    this.reply = reply
    Object.defineProperty(this, 'reply', { enumerable: false })
  }
}

/** Runs scripts on the master that holds their keys. */
export class ScriptRunner {
  readonly link: RedisLink
  readonly #clock: Clock

  constructor(link: RedisLink, clock: Clock) {
    this.link = link
    this.#clock = clock
  }

  /** Runs a script. One command, unless Redis has forgotten the script or a slot migrates. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const [key = ''] = keys
    const rest = [String(keys.length), ...keys, ...args]
    return this.#again(async () => {
      try {
        return await this.link.send(key, ['EVALSHA', script.sha, ...rest])
      } catch (error) {
        if (!isUnknownScript(error)) throw error
        return this.link.send(key, ['EVAL', script.source, ...rest])
      }
    })
  }

  /** Runs a script, and rejects unless so many replicas have what it wrote. It then stays written all the same. */
  runReplicated(
    script: Script,
    keys: readonly string[],
    args: readonly string[],
    { replicas, ms }: Replication,
  ): Promise<unknown> {
    const [key = ''] = keys
    return this.#again(async () => {
      const [reply, reached] = await this.link.sendTogether(key, [
        // By its text: WAIT covers what its own connection wrote before, and there must be nothing to send anew.
        ['EVAL', script.source, String(keys.length), ...keys, ...args],
        ['WAIT', String(replicas), String(ms)],
      ])
      if (Number(reached) >= replicas) return reply
      throw new UnreplicatedError(
        `only ${Number(reached)} of ${replicas} replicas of Redis have a write after ${ms} ms`,
        reply,
      )
    })
  }

  async #again(send: () => Promise<unknown>): Promise<unknown> {
    const until = this.#clock.now() + UNDONE_BUDGET_MS
    for (
      let pauseMs: number = UNDONE_PAUSE_MS.first;
      ;
      pauseMs = Math.min(2 * pauseMs, UNDONE_PAUSE_MS.longest)
    ) {
      try {
        return await send()
      } catch (error) {
        if (!isUndone(error) || this.#clock.now() + pauseMs >= until)
          throw storeError(error, this.link.lately?.())
        await pause(this.#clock, pauseMs)
      }
    }
  }
}
