import { createHash } from 'node:crypto'
import { RedisCalls, type RedisCommands, type RedisScript, redisScript } from '../redis/redis-calls.js'
import type { RateLimiter, RateLimits, RateTerms } from './rate-limit.js'
import { checkedPrefix, DEFAULT_AUTH_PREFIX } from './redis-auth-store.js'

// What is kept is the moment, in microseconds of Redis' own clock, at which all that was taken is paid off (GCRA). The
// key leaves at that moment.

/** KEYS count; ARGV microseconds for one attempt, and for a burst less one. Gives the seconds to wait. */
const TAKE: RedisScript = redisScript(`
local gap, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = due - tolerance - now
if wait > 0 then return math.ceil(wait / 1000000) end
redis.call('SET', KEYS[1], string.format('%.0f', due + gap), 'PX', math.ceil((due + gap - now) / 1000))
return 0
`)

/** KEYS count; ARGV microseconds for one attempt. */
const GIVE_BACK: RedisScript = redisScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local due = tonumber(redis.call('GET', KEYS[1]) or '0') - tonumber(ARGV[1])
if due <= now then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
end
return 0
`)

/**
 * Counts in Redis, so that tries on all nodes are counted together. A key lives until its count is back at nothing,
 * at most the time in which a burst comes back; what Redis cannot count is not allowed.
 */
export function redisRateLimits(
  client: RedisCommands,
  options: { readonly prefix?: string } = {},
): RateLimits {
  const prefix = checkedPrefix(options.prefix ?? DEFAULT_AUTH_PREFIX)
  const redis = new RedisCalls(client)
  return (name, terms) => new RedisRateLimiter(redis, `${prefix}tries:${name}:`, terms)
}

class RedisRateLimiter implements RateLimiter {
  readonly #redis: RedisCalls
  readonly #prefix: string
  readonly #gap: string
  readonly #tolerance: string

  constructor(redis: RedisCalls, prefix: string, terms: RateTerms) {
    const gap = Math.ceil(1_000_000 / terms.perSecond)
    this.#redis = redis
    this.#prefix = prefix
    this.#gap = String(gap)
    this.#tolerance = String(gap * (terms.burst - 1))
  }

  async take(key: string): Promise<number> {
    const args = [this.#gap, this.#tolerance]
    return Number(await this.#redis.run(TAKE, { keys: [this.#keyOf(key)], args }))
  }

  async giveBack(key: string): Promise<void> {
    await this.#redis.run(GIVE_BACK, { keys: [this.#keyOf(key)], args: [this.#gap] })
  }

  // No input reaches a key name.
  #keyOf(key: string): string {
    return `${this.#prefix}{${createHash('sha256').update(key).digest('base64url').slice(0, 22)}}`
  }
}
