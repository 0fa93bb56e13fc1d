import { createHash } from 'node:crypto'
import { WsticketError } from '@wsticket/server'
import { redisReason } from './redis-reason.js'

// Whoever signs in waits for several calls. Redis answers within a millisecond or two, or there is something wrong.
const CALL_MS = 1000

/** The commands that are used here; every client of ioredis has them, for one Redis, Sentinel and Cluster. */
export interface RedisCommands {
  get(key: string): Promise<string | null>
  hget(key: string, field: string): Promise<string | null>
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
  evalsha(sha1: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
}

/** A Lua script, and the name by which Redis knows it once it has seen it. */
export interface RedisScript {
  readonly text: string
  readonly sha1: string
}

/** Prepares a script. */
export function redisScript(text: string): RedisScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/** The commands with a deadline on each; what fails rejects with `identity_unavailable` and no argument of the call. */
export class RedisCalls {
  readonly #client: RedisCommands

  constructor(client: RedisCommands) {
    this.#client = client
  }

  async get(key: string): Promise<string | null> {
    return await within(this.#client.get(key))
  }

  async hget(key: string, field: string): Promise<string | null> {
    return await within(this.#client.hget(key, field))
  }

  /** Runs a script in one step. All its keys must have one hash tag. */
  async run(
    script: RedisScript,
    call: { readonly keys: readonly string[]; readonly args: readonly string[] },
  ): Promise<unknown> {
    const { keys, args } = call
    return await within(
      this.#client.evalsha(script.sha1, keys.length, ...keys, ...args).catch((error: unknown) => {
        // A Redis that was restarted, or took over, has not seen it.
        if (!redisReason(error).startsWith('NOSCRIPT')) throw error
        return this.#client.eval(script.text, keys.length, ...keys, ...args)
      }),
    )
  }
}

async function within<T>(call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CALL_MS} ms`)), CALL_MS)
  })
  try {
    return await Promise.race([call, late])
  } catch (error) {
    // Without the cause: it holds the arguments.
    throw new WsticketError(
      'identity_unavailable',
      `Redis, where users and logins are kept, failed: ${redisReason(error)}`,
      {
        remedy: 'Check that Redis runs and that REDIS_URL leads to it.',
      },
    )
  } finally {
    clearTimeout(timer)
  }
}
