import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText } from '../../test/any-text.js'
import { placeOf, type RedisTarget, readRedisUrl } from './redis-url.js'

const ONE = { kind: 'single', tls: false, db: 0 }

function target(text: string): RedisTarget {
  const outcome = readRedisUrl(text)
  if (!outcome.ok) throw new Error(outcome.must)
  return outcome.target
}

describe('an address of Redis', () => {
  it.each([
    ['redis://localhost', { ...ONE, hosts: [{ host: 'localhost', port: 6379 }] }],
    ['redis://localhost:7000/', { ...ONE, hosts: [{ host: 'localhost', port: 7000 }] }],
    ['redis://10.0.0.1:7000/3', { ...ONE, hosts: [{ host: '10.0.0.1', port: 7000 }], db: 3 }],
    ['redis://[::1]:7000', { ...ONE, hosts: [{ host: '::1', port: 7000 }] }],
    ['rediss://cache.example.com', { ...ONE, tls: true, hosts: [{ host: 'cache.example.com', port: 6379 }] }],
    ['redis://:pw@h', { ...ONE, hosts: [{ host: 'h', port: 6379 }], password: 'pw' }],
    [
      'redis://u:p%40s:%2Fs@h',
      { ...ONE, hosts: [{ host: 'h', port: 6379 }], username: 'u', password: 'p@s:/s' },
    ],
    [
      'redis+cluster://a:1,b,[::2]:3',
      {
        ...ONE,
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
          { host: '::2', port: 3 },
        ],
      },
    ],
    [
      'rediss+cluster://u:p@a',
      {
        ...ONE,
        kind: 'cluster',
        tls: true,
        hosts: [{ host: 'a', port: 6379 }],
        username: 'u',
        password: 'p',
      },
    ],
    [
      'redis+sentinel://:pw@s1,s2:7/my-master',
      {
        ...ONE,
        kind: 'sentinel',
        hosts: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 7 },
        ],
        password: 'pw',
        master: 'my-master',
      },
    ],
    [
      'redis+sentinel://s1/m/2',
      { ...ONE, kind: 'sentinel', hosts: [{ host: 's1', port: 26_379 }], db: 2, master: 'm' },
    ],
  ])('is read from %s', (text, expected) => {
    expect(target(text)).toEqual(expected)
  })

  it.each([
    ['localhost:6379', 'it must have the form'],
    ['http://localhost', 'it must have the form'],
    ['redis+socket://h', 'it must have the form'],
    ['redis://h/0?canary=1', 'it must have the form'],
    ['redis://h#canary', 'it must have the form'],
    ['redis://', 'it must name a host'],
    ['redis://h:0', 'a port from 1 to 65535'],
    ['redis://h:65536', 'a port from 1 to 65535'],
    ['redis://h:x', 'it must name a host'],
    ['redis://-h', 'it must name a host'],
    ['redis://[canary]', 'it must name a host'],
    ['redis://[::1', 'it must name a host'],
    ['redis://[1::2::3]', 'it must name a host'],
    ['redis://a,b', 'with several hosts it must begin with redis+cluster or redis+sentinel'],
    ['redis://a,redis://b', 'it must name a host'],
    ['redis://h/canary', 'its last part must be the number of a database'],
    ['redis://h/1/2', 'its last part must be the number of a database'],
    ['redis://h/100000', 'its last part must be the number of a database'],
    ['redis://canary@h', 'before the @ it must have user:password'],
    ['redis://u:@h', 'before the @ it must have user:password'],
    ['redis://u:canary%@h', 'special characters percent-encoded'],
    ['redis://:can/ary@h', 'it must have the form'],
    ['redis+cluster://a,b/0', 'a Cluster has one database'],
    ['redis+cluster://a,,b', 'it must name a host'],
    ['redis+sentinel://a', 'it must name the master'],
    ['redis+sentinel://a/', 'it must name the master'],
    ['redis+sentinel://a/can ary', 'it must name the master'],
    ['redis+sentinel://a/m/x', 'its last part must be the number of a database'],
  ])('is not %s', (text, must) => {
    const outcome = readRedisUrl(text)
    if (outcome.ok) throw new Error('it was taken')
    expect(outcome.must).toContain(must)
    expect(outcome.must + outcome.example).not.toMatch(/can.?ary/)
    expect(readRedisUrl(outcome.example).ok).toBe(true)
  })

  it('never throws, and shows nothing of what it does not understand', () => {
    const part = fc.constantFrom(
      'redis',
      'rediss',
      '+cluster',
      '+sentinel',
      '://',
      ':',
      '@',
      '/',
      ',',
      'h',
      '7',
      '%',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(part, anyText()), { maxLength: 12 }), (parts) => {
        const outcome = readRedisUrl(`${parts.join('')}\u0001canary`)
        expect(outcome.ok || !outcome.must.includes('canary')).toBe(true)
      }),
    )
  })
})

describe('where a Redis is', () => {
  it.each([
    ['rediss://user:canary@h:7/1', 'h:7'],
    ['redis://[::1]', '[::1]:6379'],
    ['redis+cluster://:canary@a,b', 'the Cluster at a:6379, b:6379'],
    ['redis+sentinel://:canary@a,b/m', 'master m of the Sentinels at a:26379, b:26379'],
  ])('is told without user and password: %s', (text, place) => {
    expect(placeOf(target(text))).toBe(place)
  })
})
