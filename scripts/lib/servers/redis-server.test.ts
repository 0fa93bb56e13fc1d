import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../test/listen.js'
import { aRedis } from '../../../test/redis/a-redis.js'
import { within } from '../../../test/within.js'
import { startRedisServer } from './redis-server.mjs'
import { RespError } from './resp.mjs'

describe('startRedisServer', () => {
  it('gives a Redis that answers', async () => {
    const redis = await aRedis()
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`)
    expect(await redis.command('SET', 'häuser', '3 €')).toBe('OK')
    expect(
      await redis.command('EVAL', "return {redis.call('GET', KEYS[1]), 7, false, {}}", 1, 'häuser'),
    ).toEqual(['3 €', 7, null, []])
    expect((await redis.info('server')).process_id).toBe(String(redis.pid))
  })

  it('rejects with the error that Redis answers', async () => {
    const redis = await aRedis()
    const failing = redis.command('EVALSHA', '0'.repeat(40), 0)
    await expect(failing).rejects.toThrow(RespError)
    await expect(failing).rejects.toMatchObject({ code: 'NOSCRIPT' })
  })

  it('forgets everything when it is killed and started again', async () => {
    const redis = await aRedis()
    await redis.command('SET', 'a', '1')
    const before = { pid: redis.pid, port: redis.port }
    expect(await redis.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(redis.running).toBe(false)
    await expect(redis.command('PING')).rejects.toThrow('ECONNREFUSED')

    await redis.restart()
    expect(redis.port).toBe(before.port)
    expect(redis.pid).not.toBe(before.pid)
    expect(await redis.command('GET', 'a')).toBeNull()
  })

  it('remembers what persistence keeps', async () => {
    const [rdb, aof] = await Promise.all([aRedis({ persistence: 'rdb' }), aRedis({ persistence: 'aof' })])
    await Promise.all([rdb.command('SET', 'a', '1'), aof.command('SET', 'a', '1')])
    await rdb.command('SAVE')
    await rdb.command('SET', 'a', '2')
    await Promise.all([rdb.restart(), aof.restart()])
    expect(await rdb.command('GET', 'a')).toBe('1')
    expect(await aof.command('GET', 'a')).toBe('1')

    await rdb.command('SET', 'a', '3')
    expect(await rdb.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    await rdb.restart()
    expect(await rdb.command('GET', 'a')).toBe('3')
  })

  it('takes directives, for all its life and for one run', async () => {
    const redis = await aRedis({ args: ['--maxmemory', '8mb'] })
    await redis.restart({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    expect(await redis.command('CONFIG', 'GET', 'maxmemory*')).toEqual(
      expect.arrayContaining(['maxmemory', '8388608', 'maxmemory-policy', 'allkeys-lru']),
    )
  })

  it('follows the configuration that it rewrote itself', async () => {
    const redis = await aRedis({ args: ['--maxclients', '100'] })
    await redis.command('CONFIG', 'SET', 'maxclients', 200)
    await redis.command('CONFIG', 'REWRITE')
    await redis.restart()
    expect(await redis.command('CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', '200'])
  })

  it('logs in where a password is wanted', async () => {
    const user = ['--user', 'ada', 'on', '>for-this-test', '+@all', '~*', '--requirepass', 'for-this-test']
    const ada = await aRedis({ args: user, username: 'ada', password: 'for-this-test' })
    expect(await ada.command('ACL', 'WHOAMI')).toBe('ada')
    const nobody = await aRedis({ args: user })
    await expect(nobody.command('GET', 'a')).rejects.toMatchObject({ code: 'NOAUTH' })
  })

  it('keeps its sockets and answers nobody while it is paused', async () => {
    const redis = await aRedis()
    redis.pause()
    const answer = redis.command('PING')
    const other = await redis.connect()
    await expect(other.command(['PING'], { patienceMs: 50 })).rejects.toThrow(
      'wsticket: Redis did not answer PING: no answer within 50 ms',
    )
    redis.resume()
    expect(await answer).toBe('PONG')
    // The late answer went to its own question.
    expect(await other.command(['ECHO', 'hello'])).toBe('hello')
    other.close()
  })

  it('can be ended while it is paused', async () => {
    const redis = await aRedis()
    redis.pause()
    expect(await redis.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    await redis.restart()
    redis.pause()
    await redis.stop()
    expect(redis.running).toBe(false)
  })

  it('tells each command that it ran', async () => {
    const redis = await aRedis()
    const monitor = await redis.monitor()
    await redis.command('EVAL', "return redis.call('GET', KEYS[1])", 1, 'a')
    const lines = await monitor.stop()
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('"EVAL"')
    expect(lines[1]).toMatch(/lua\] "GET" "a"$/)
  })

  it('leaves nothing behind when it is stopped', async () => {
    const redis = await aRedis()
    const { folder, pid } = redis
    await redis.stop()
    expect(await redis.ended).toEqual({ code: null, signal: 'SIGKILL' })
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await expect(access(folder)).rejects.toThrow('ENOENT')
    await expect(redis.restart()).rejects.toThrow('is stopped for good')
    await redis.stop()
  })

  it('says that its end came', async () => {
    const redis = await aRedis()
    const { ended } = redis
    process.kill(redis.pid, 'SIGKILL')
    expect(await within('the end', ended)).toEqual({ code: null, signal: 'SIGKILL' })
    await redis.restart()
    expect(redis.running).toBe(true)
  })

  it('says why it does not start', async () => {
    await expect(startRedisServer({ args: ['--no-such-directive', '1'] })).rejects.toThrow(
      /redis-server ended instead of starting:.*no-such-directive/s,
    )
    const { port } = await listen(createServer())
    await expect(startRedisServer({ port })).rejects.toThrow(
      `wsticket: redis-server cannot listen: port ${port} or ${port + 10_000} is taken.`,
    )
  })

  it('says how to get a program that is missing', async ({ onTestFinished }) => {
    const { REDIS_SERVER_PATH } = process.env
    onTestFinished(() => {
      if (REDIS_SERVER_PATH === undefined) delete process.env.REDIS_SERVER_PATH
      else process.env.REDIS_SERVER_PATH = REDIS_SERVER_PATH
    })
    process.env.REDIS_SERVER_PATH = '/dev/null/redis-server'
    await expect(startRedisServer()).rejects.toThrow('Install redis-server, or set REDIS_SERVER_PATH')
  })
})
