import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText } from '../../test/any-text.js'
import { type Config, localOrigins, readConfig } from './config.js'

function good(environment: Record<string, string>): Config {
  const outcome = readConfig(environment)
  if (!outcome.ok) throw new Error(outcome.problems.join('\n'))
  return outcome.config
}

function problems(environment: Record<string, string>): readonly string[] {
  const outcome = readConfig(environment)
  return outcome.ok ? [] : outcome.problems
}

const MODEL = { OPENAI_BASE_URL: 'https://models.example/v1', OPENAI_API_KEY: 'sk-canary', OPENAI_MODEL: 'm' }

describe('defaults', () => {
  it('are safe ones', () => {
    expect(good({})).toEqual({
      port: 8080,
      host: '127.0.0.1',
      trustedProxies: [],
      ticketDefaultTtl: 300,
      ticketMaxTtl: 3600,
      tokenTtl: 900,
      legacyPathways: [],
      mode: 'production',
      logLevel: 'info',
      notes: [],
    })
  })

  it('hold for empty variables too', () => {
    const empty = { PORT: '', HOST: ' ', NODE_ENV: '', ALLOWED_ORIGINS: '', OPENAI_API_KEY: '' }
    const more = { REDIS_URL: '', NODE_NAME: ' ', PUBLIC_ORIGIN: '', TRUSTED_PROXIES: '' }
    expect(good({ ...empty, ...more })).toEqual(good({}))
  })

  it('keep the default within a lower maximum', () => {
    expect(good({ TICKET_MAX_TTL: '60' })).toMatchObject({ ticketDefaultTtl: 60, ticketMaxTtl: 60 })
  })

  it('are silent in tests', () => {
    expect(good({ NODE_ENV: 'test' }).logLevel).toBe('silent')
    expect(good({ NODE_ENV: 'test', LOG_LEVEL: 'debug' }).logLevel).toBe('debug')
  })

  it('allow the origins of this machine', () => {
    expect(localOrigins(8080)).toEqual(['http://localhost:8080', 'http://127.0.0.1:8080'])
    expect(localOrigins(80)).toEqual(['http://localhost', 'http://127.0.0.1'])
  })
})

it('takes what is right', () => {
  const environment = {
    PORT: '0',
    HOST: '0.0.0.0',
    PUBLIC_ORIGIN: 'https://chat.example.com',
    ALLOWED_ORIGINS: 'https://app.example.com, http://localhost:8080',
    TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    NODE_NAME: 'node-1',
    REDIS_URL: 'redis://user:pw@redis.example.com/1',
    TICKET_DEFAULT_TTL: '30',
    TICKET_MAX_TTL: '3600',
    AUTH_TOKEN_TTL: '86400',
    LEGACY_PATHWAYS: 'anonymous, jwt_subprotocol',
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
    ...MODEL,
  }
  expect(good(environment)).toEqual({
    port: 0,
    host: '0.0.0.0',
    publicOrigin: 'https://chat.example.com',
    trustedProxies: ['10.0.0.0/8', '::1'],
    nodeName: 'node-1',
    redis: {
      kind: 'single',
      tls: false,
      hosts: [{ host: 'redis.example.com', port: 6379 }],
      username: 'user',
      password: 'pw',
      db: 1,
    },
    allowedOrigins: ['https://app.example.com', 'http://localhost:8080'],
    ticketDefaultTtl: 30,
    ticketMaxTtl: 3600,
    tokenTtl: 86_400,
    legacyPathways: ['jwt_subprotocol', 'anonymous'],
    mode: 'development',
    logLevel: 'warn',
    model: { baseUrl: 'https://models.example/v1', apiKey: 'sk-canary', model: 'm' },
    notes: [],
  })
  for (const HOST of ['localhost', '::1', '::', '::ffff:127.0.0.1', 'fe80::1%eth0', 'chat.example.com']) {
    expect(good({ HOST }).host).toBe(HOST)
  }
})

describe('a wrong value', () => {
  it('is answered by the sentence that the interface promises', () => {
    expect(problems({ TICKET_DEFAULT_TTL: '5m' })).toEqual([
      'wsticket: TICKET_DEFAULT_TTL is "5m"; it must be a whole number of seconds from 30 to 3600. Example: 300',
    ])
  })

  it.each([
    ['PORT', '65536', 'from 0 to 65535'],
    ['PORT', '-1', 'from 0 to 65535'],
    ['PORT', '80a', 'from 0 to 65535'],
    ['PORT', '1e3', 'from 0 to 65535'],
    ['PORT', '0x50', 'from 0 to 65535'],
    ['HOST', 'http://localhost', 'without a port'],
    ['HOST', 'localhost:8080', 'without a port'],
    ['HOST', '-x', 'without a port'],
    ['TICKET_DEFAULT_TTL', '29', 'from 30 to 3600'],
    ['TICKET_MAX_TTL', '3601', 'from 30 to 3600'],
    ['TICKET_MAX_TTL', '60.5', 'from 30 to 3600'],
    ['AUTH_TOKEN_TTL', '0', 'from 1 to 86400'],
    ['AUTH_TOKEN_TTL', '86401', 'from 1 to 86400'],
    ['LEGACY_PATHWAYS', 'jwt', 'some of: jwt_subprotocol, anonymous'],
    ['LEGACY_PATHWAYS', 'anonymous,', 'some of: jwt_subprotocol, anonymous'],
    ['NODE_ENV', 'prod', 'one of: development, test, production'],
    ['LOG_LEVEL', 'loud', 'one of: fatal'],
    ['ALLOWED_ORIGINS', '*', 'origins, separated by commas'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/', 'no path'],
    ['ALLOWED_ORIGINS', 'https://app.example.com:443', 'no default port'],
    ['ALLOWED_ORIGINS', 'app.example.com', 'scheme'],
    ['ALLOWED_ORIGINS', 'https://a.example,', 'origins'],
    ['ALLOWED_ORIGINS', 'null', 'origins'],
    ['ALLOWED_ORIGINS', 'ftp://a.example', 'origins'],
    ['PUBLIC_ORIGIN', 'chat.example.com', 'an origin: scheme'],
    ['PUBLIC_ORIGIN', 'https://chat.example.com/chat', 'no path'],
    ['PUBLIC_ORIGIN', 'https://a.example,https://b.example', 'an origin'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'networks or addresses'],
    ['TRUSTED_PROXIES', '10.0.0.1,', 'networks or addresses'],
    ['TRUSTED_PROXIES', '10/8', 'networks or addresses'],
    ['TRUSTED_PROXIES', 'localhost', 'networks or addresses'],
    ['NODE_NAME', 'node 1', 'letters, digits, dots'],
    ['NODE_NAME', '-', 'letters, digits, dots'],
    ['NODE_NAME', 'n'.repeat(65), 'up to 64'],
  ])('of %s, such as %j, names the variable, the value and what is allowed', (name, value, allowed) => {
    const [problem, ...others] = problems({ [name]: value })
    expect(others).toEqual([])
    expect(problem).toMatch(/^wsticket: [A-Z_]+ is ".*"; it must .*\. Example: .+$/)
    expect(problem).toContain(`wsticket: ${name} is ${JSON.stringify(value)}; it must `)
    expect(problem).toContain(allowed)
  })

  it('is told together with the others', () => {
    const wrong = { PORT: 'x', NODE_ENV: 'y', AUTH_TOKEN_TTL: 'z', HOST: '', OPENAI_MODEL: 'é' }
    expect(problems(wrong).map((problem) => problem.split(' ')[1])).toEqual([
      'PORT',
      'AUTH_TOKEN_TTL',
      'NODE_ENV',
      'OPENAI_MODEL',
    ])
  })

  it('may be a default above the maximum', () => {
    expect(problems({ TICKET_DEFAULT_TTL: '600', TICKET_MAX_TTL: '300' })).toEqual([
      'wsticket: TICKET_DEFAULT_TTL is "600"; it must not be more than TICKET_MAX_TTL, which is 300. Example: 300',
    ])
  })

  it('is clipped, and shows no ticket that was pasted into the wrong place', () => {
    const ticket = `wst1_${'a'.repeat(56)}`
    expect(problems({ PORT: ticket })[0]).not.toContain('aaaa')
    expect(problems({ HOST: `!${'b'.repeat(200)}` })[0]?.length).toBeLessThan(250)
  })
})

describe('an address of Redis', () => {
  it.each([
    'canary-word',
    'redis://:canary-word@/0',
    'redis://:canary-word',
    'redis://user:can%ary@canary-word',
    'redis+cluster://:canary-word@a/0',
    'redis+sentinel://:canary-word@a',
  ])('that cannot be used is told without its value: %s', (REDIS_URL) => {
    const [problem, ...others] = problems({ REDIS_URL })
    expect(others).toEqual([])
    expect(problem).toMatch(
      /^wsticket: REDIS_URL is not usable \(its value is not shown\); .+\. Example: redis/,
    )
    expect(problem).not.toContain('canary')
  })
})

describe('a model', () => {
  it('needs all three variables; one alone sends nothing anywhere, and says so', () => {
    expect(good({ OPENAI_API_KEY: 'sk-canary' })).toMatchObject({
      notes: ['The agent works without a model, because OPENAI_BASE_URL and OPENAI_MODEL are not set.'],
    })
    expect(good({ ...MODEL, OPENAI_MODEL: '' }).notes).toEqual([
      'The agent works without a model, because OPENAI_MODEL is not set.',
    ])
    expect(good({ OPENAI_API_KEY: 'sk-canary' })).not.toHaveProperty('model')
  })

  it.each([
    [{ OPENAI_API_KEY: 'sk canary' }, 'OPENAI_API_KEY'],
    [{ OPENAI_API_KEY: 'sk-canary\r\nx: y' }, 'OPENAI_API_KEY'],
    [{ OPENAI_BASE_URL: 'sk-canary' }, 'OPENAI_BASE_URL'],
    [{ OPENAI_BASE_URL: 'https://user:sk-canary@models.example/v1' }, 'OPENAI_BASE_URL'],
    [{ OPENAI_BASE_URL: 'https://models.example/v1?key=sk-canary' }, 'OPENAI_BASE_URL'],
    [{ OPENAI_BASE_URL: 'file:///sk-canary' }, 'OPENAI_BASE_URL'],
    [{ OPENAI_MODEL: 'sk-canary\n' + 'x' }, 'OPENAI_MODEL'],
  ])('set up wrongly is told without its value', (wrong, name) => {
    const [problem] = problems({ ...MODEL, ...wrong })
    expect(problem).toContain(`wsticket: ${name} is not usable`)
    expect(problem).not.toContain('canary')
  })
})

it('never throws, whatever the environment holds', () => {
  const names = [
    'PORT',
    'HOST',
    'ALLOWED_ORIGINS',
    'TICKET_MAX_TTL',
    'NODE_ENV',
    'OPENAI_BASE_URL',
    'OPENAI_API_KEY',
    'PUBLIC_ORIGIN',
    'TRUSTED_PROXIES',
    'NODE_NAME',
    'REDIS_URL',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...names), anyText(), (name, value) => {
      const outcome = readConfig({ [name]: value })
      expect(
        outcome.ok || outcome.problems.every((problem) => problem.startsWith(`wsticket: ${name} is `)),
      ).toBe(true)
    }),
  )
})
