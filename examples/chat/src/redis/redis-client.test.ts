import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { afterThisTest } from '../../../../test/cleanups.js'
import { listen } from '../../../../test/listen.js'
import { aRedis } from '../../../../test/redis/a-redis.js'
import { createLogger } from '../server/logger.js'
import { openRedis, type RedisConnection, RedisUnusable } from './redis-client.js'
import { type RedisTarget, readRedisUrl } from './redis-url.js'

function target(url: string): RedisTarget {
  const outcome = readRedisUrl(url)
  if (!outcome.ok) throw new Error(outcome.must)
  return outcome.target
}

/** Opens a connection and closes it afterwards; `logged` has the lines that it wrote. */
async function open(
  url: string,
  startMs?: number,
): Promise<{ redis: RedisConnection; logged: Record<string, unknown>[] }> {
  const { log, logged } = aLog()
  const redis = await openRedis(target(url), { log, startMs })
  afterThisTest(() => redis.close())
  return { redis, logged }
}

function aLog(): { log: ReturnType<typeof createLogger>; logged: Record<string, unknown>[] } {
  const logged: Record<string, unknown>[] = []
  const log = createLogger('info', {
    write: (line: string) => {
      const parsed: unknown = JSON.parse(line)
      logged.push({ ...(parsed as Record<string, unknown>) })
    },
  })
  return { log, logged }
}

async function refusal(url: string, startMs?: number): Promise<{ error: unknown; logged: string }> {
  const { log, logged } = aLog()
  const error: unknown = await openRedis(target(url), { log, startMs }).catch((failure: unknown) => failure)
  return { error, logged: JSON.stringify(logged) }
}

const events = (logged: readonly Record<string, unknown>[]): unknown[] => logged.map(({ event }) => event)

describe('a connection to Redis', () => {
  it('is told to the log without user and password', async () => {
    const server = await aRedis({ args: ['--requirepass', 'canary-word'], password: 'canary-word' })
    const { redis, logged } = await open(`redis://:canary-word@127.0.0.1:${server.port}`)
    expect(await redis.client.ping()).toBe('PONG')
    expect(logged).toMatchObject([{ event: 'redis.connected', place: `127.0.0.1:${server.port}` }])
    expect(JSON.stringify(logged)).not.toContain('canary')
    await redis.close()
    expect(events(logged)).toEqual(['redis.connected'])
  })

  it('fails every command at once while Redis is away, tells so once, and comes back', async () => {
    const server = await aRedis({ persistence: 'aof' })
    const { redis, logged } = await open(server.url)
    let backs = 0
    redis.onBack(() => {
      backs += 1
    })
    await redis.client.set('kept', 'yes')
    const underWay = Promise.allSettled([redis.client.blpop('never', 0)])
    await server.kill()
    expect((await underWay)[0].status).toBe('rejected')
    await expect.poll(() => events(logged)).toContain('redis.failed')
    for (let times = 0; times < 100; times += 1) {
      await expect(redis.client.get('kept')).rejects.toThrow('enableOfflineQueue')
    }
    await server.restart()
    await expect.poll(() => redis.client.get('kept').catch(() => undefined)).toBe('yes')
    // Why it was lost may be told besides why it cannot be had again; not each try.
    const others = events(logged).filter((event) => event !== 'redis.failed')
    expect(others).toEqual(['redis.connected', 'redis.lost', 'redis.back'])
    expect(logged.length).toBeLessThan(7)
    expect(backs).toBe(1)
  })

  it('gives up on a Redis that hangs, and comes back when it goes on', async () => {
    const server = await aRedis()
    const { redis, logged } = await open(server.url)
    server.pause()
    await expect(redis.client.ping()).rejects.toThrow('max retries')
    server.resume()
    await expect.poll(() => redis.client.ping().catch(() => undefined)).toBe('PONG')
    await expect.poll(() => events(logged)).toContain('redis.back')
  }, 15_000)

  // Sentinels that announced a failover in the wrong moment once ended a client for good.
  it('comes back even when its client has given up', async () => {
    const server = await aRedis()
    const { redis, logged } = await open(server.url)
    redis.client.disconnect()
    await expect.poll(() => redis.client.status).toBe('end')
    await expect.poll(() => redis.client.ping().catch(() => undefined)).toBe('PONG')
    expect(events(logged)).toEqual(['redis.connected', 'redis.lost', 'redis.back'])
    await redis.close()
    await expect.poll(() => redis.client.status).toBe('end')
  })

  it('leaves a master that has become a replica', async () => {
    const server = await aRedis()
    const { redis, logged } = await open(server.url)
    await server.command('REPLICAOF', '127.0.0.1', 1)
    await expect(redis.client.set('a', 'b')).rejects.toThrow('READONLY')
    await expect.poll(() => events(logged)).toContain('redis.back')
    await server.command('REPLICAOF', 'NO', 'ONE')
    await expect.poll(() => redis.client.set('a', 'b').catch(() => undefined)).toBe('OK')
  })
})

describe('a Redis that cannot be used', () => {
  it.each([
    [
      'redis://127.0.0.1:PORT',
      /^Redis \(127\.0\.0\.1:\d+\) could not be reached within 0\.3 s: .*ECONNREFUSED/,
    ],
    ['redis+cluster://127.0.0.1:PORT', /^Redis \(the Cluster at 127\.0\.0\.1:\d+\) could not be reached/],
    ['redis+sentinel://127.0.0.1:PORT/m', /^Redis \(master m of the Sentinels at .*\) could not be reached/],
  ])('is told with where it was looked for and what to do: %s', async (form, sentence) => {
    const closed = createServer()
    const { port } = await listen(closed)
    closed.close()
    const { error } = await refusal(form.replace('PORT', String(port)), 300)
    expect(error).toBeInstanceOf(RedisUnusable)
    expect(error).toHaveProperty('message', expect.stringMatching(sentence))
    expect(error).toHaveProperty('message', expect.stringContaining('Start it, or set REDIS_URL'))
  })

  it('may be one that takes connections and says nothing', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined))
    const { port } = await listen(mute)
    const { error } = await refusal(`redis://127.0.0.1:${port}`, 300)
    expect(error).toHaveProperty('message', expect.stringContaining('it did not answer'))
  })

  it.each([
    ['redis://127.0.0.1:PORT', /NOAUTH/],
    ['redis://:canary-wrong@127.0.0.1:PORT', /WRONGPASS/],
    ['redis://nobody:canary-wrong@127.0.0.1:PORT', /WRONGPASS/],
  ])('is not waited for if it refuses the password, and the password is not shown: %s', async (form, why) => {
    const server = await aRedis({ args: ['--requirepass', 'canary-word'], password: 'canary-word' })
    const { error, logged } = await refusal(form.replace('PORT', String(server.port)), 60_000)
    expect(error).toBeInstanceOf(RedisUnusable)
    expect(error).toHaveProperty('message', expect.stringMatching(why))
    expect(error).toHaveProperty(
      'message',
      expect.stringContaining('Put the right user and password into REDIS_URL'),
    )
    expect(String(error) + logged).not.toContain('canary')
  })
})
