import { afterEach, describe, expect, it, vi } from 'vitest'
import { resolveOptions, type WsticketOptions } from './options.js'
import { memoryStore } from './stores/memory.js'

const NEEDED: WsticketOptions = { store: memoryStore(), authenticate: async () => undefined, origins: [] }

afterEach(() => {
  vi.unstubAllEnvs()
})

/** What somebody without types may write. */
function misspelt(options: object): Partial<WsticketOptions> {
  return options
}

describe('resolveOptions', () => {
  it('needs options at all', () => {
    // @ts-expect-error nothing was given
    expect(() => resolveOptions()).toThrow('createWsticket needs options: { store, authenticate, origins }')
  })

  it('switches a rate off where it is false', () => {
    const { limits } = resolveOptions({ ...NEEDED, limits: { issuePerUser: false, issuePerAddress: false } })
    expect([limits.issuePerUser, limits.issuePerAddress]).toEqual([undefined, undefined])
  })

  it('fills in the defaults', () => {
    expect(resolveOptions(NEEDED)).toMatchObject({
      tickets: { ttlSeconds: 300, maxTtlSeconds: 3600, reusable: true },
      limits: {
        issuePerUser: { burst: 60, perSecond: 1 },
        issuePerAddress: { burst: 600, perSecond: 10 },
        outstandingPerUser: 16,
        sessionsPerUser: 20,
        socketsPerAddress: 1000,
      },
      sessions: {
        maxSeconds: 43_200,
        heartbeatSeconds: 25,
        heartbeatTimeoutSeconds: 10,
        drainSeconds: 10,
      },
      bind: { origin: false, network: false, cookie: false },
      onReuse: 'event',
      audiences: [],
      publicPath: undefined,
      trustedProxies: [],
      requireOrigin: false,
      skewSeconds: 5,
      maxTokenAgeSeconds: 86_400,
      dangerouslyAllowAnyOrigin: false,
    })
  })

  it('takes an option that is undefined for one that is not there', () => {
    const settings = resolveOptions({
      ...NEEDED,
      tickets: { ttlSeconds: undefined, maxTtlSeconds: 600 },
      sessions: undefined,
      bind: { origin: true },
      publicUrl: undefined,
    })
    expect(settings.tickets).toMatchObject({ ttlSeconds: 300, maxTtlSeconds: 600 })
    expect(settings.bind).toEqual({ origin: true, network: false, cookie: false })
  })

  it.each([
    ['development', 'public'],
    ['test', 'public'],
    ['production', 'owner'],
    ['staging', 'owner'],
    ['Development', 'owner'],
    ['', 'owner'],
    [undefined, 'owner'],
  ] as const)('with NODE_ENV %j lets %s validate', (mode, validate) => {
    vi.stubEnv('NODE_ENV', mode)
    expect(resolveOptions(NEEDED).validate).toBe(validate)
    expect(resolveOptions({ ...NEEDED, validate: 'owner' }).validate).toBe('owner')
  })

  it('is production where there is no process', () => {
    vi.stubGlobal('process', undefined)
    expect(resolveOptions(NEEDED).validate).toBe('owner')
  })

  it('takes the path of publicUrl', () => {
    expect(resolveOptions({ ...NEEDED, publicUrl: 'wss://api.example.com/ws?v=1' }).publicPath).toBe('/ws')
    expect(resolveOptions({ ...NEEDED, publicUrl: 'ws://localhost:8080' }).publicPath).toBe('/')
  })

  const wrong: readonly (readonly [Partial<WsticketOptions>, RegExp])[] = [
    [
      { tickets: { ttlSeconds: 29 } },
      /^tickets.ttlSeconds is 29; it must be a whole number from 30 to 3600$/,
    ],
    [{ tickets: { ttlSeconds: 3601 } }, /tickets.ttlSeconds is 3601/],
    [{ tickets: { ttlSeconds: 60.5 } }, /tickets.ttlSeconds is 60.5/],
    [{ tickets: { ttlSeconds: Number.NaN } }, /tickets.ttlSeconds/],
    [
      { tickets: { ttlSeconds: 300, maxTtlSeconds: 60 } },
      /tickets.ttlSeconds is 300; it must be a whole number from 30 to 60/,
    ],
    [{ tickets: { maxTtlSeconds: 3601 } }, /tickets.maxTtlSeconds is 3601/],
    [{ limits: { outstandingPerUser: 0 } }, /limits.outstandingPerUser is 0/],
    [{ limits: { sessionsPerUser: 0 } }, /limits.sessionsPerUser is 0/],
    [{ limits: { socketsPerAddress: -1 } }, /limits.socketsPerAddress is -1/],
    [{ limits: { recordBytes: 100 } }, /limits.recordBytes is 100; .* from 512 to 65536/],
    [
      { limits: { issuePerUser: { burst: 0, perSecond: 1 } } },
      /limits.issuePerUser must have a whole burst of 1 or more/,
    ],
    [{ limits: { issuePerUser: { burst: 1.5, perSecond: 1 } } }, /limits.issuePerUser/],
    [{ limits: { issuePerAddress: { burst: 1, perSecond: 0 } } }, /limits.issuePerAddress/],
    [
      { limits: { issuePerAddress: { burst: 1, perSecond: Number.POSITIVE_INFINITY } } },
      /limits.issuePerAddress/,
    ],
    [{ limits: { issuePerAddress: { burst: Number.NaN, perSecond: 1 } } }, /limits.issuePerAddress/],
    [{ sessions: { maxSeconds: 0 } }, /sessions.maxSeconds is 0/],
    [{ sessions: { idleSeconds: 0 } }, /sessions.idleSeconds is 0/],
    [{ sessions: { heartbeatSeconds: 0 } }, /sessions.heartbeatSeconds is 0/],
    [{ sessions: { heartbeatTimeoutSeconds: 0.5 } }, /sessions.heartbeatTimeoutSeconds is 0.5/],
    [{ skewSeconds: 31 }, /skewSeconds is 31; it must be a whole number from 0 to 30/],
    [{ skewSeconds: -1 }, /skewSeconds is -1/],
    [{ maxTokenAgeSeconds: 59 }, /maxTokenAgeSeconds is 59/],
    [
      { publicUrl: 'https://api.example.com/ws' },
      /publicUrl is "https:.*; it must be a WebSocket URL. Example: wss:/,
    ],
    [{ publicUrl: '/ws' }, /publicUrl is "\/ws"/],
    [{ publicUrl: '' }, /publicUrl is ""/],
    [{ sessions: { drainSeconds: -1 } }, /sessions.drainSeconds is -1/],
    [{ sessions: { drainSeconds: 3601 } }, /sessions.drainSeconds is 3601; it must be a whole number from 0/],
    [{ sessions: { heartbeatSeconds: 10 } }, /heartbeatTimeoutSeconds must be less than/],
    [misspelt({ ticket: {} }), /^ticket is no option; there are: store, authenticate,/],
    [
      misspelt({ bind: { ip: true } }),
      /^bind.ip is no option; there are: bind.origin, bind.network, bind.cookie$/,
    ],
    [misspelt({ limits: { issuePerUsers: false } }), /^limits.issuePerUsers is no option/],
    [misspelt({ tickets: { ttl: 60 } }), /^tickets.ttl is no option/],
    [misspelt({ sessions: { idle: 60 } }), /^sessions.idle is no option/],
    [misspelt({ onReuse: 'kill' }), /^onReuse is "kill"; it must be one of: event, revoke-session$/],
    [misspelt({ validate: 'nobody' }), /^validate is "nobody"/],
    [misspelt({ store: undefined }), /^store is missing. Example: store: memoryStore\(\)$/],
    [misspelt({ authenticate: undefined }), /^authenticate is missing/],
    [misspelt({ origins: 'https://app.example.com' }), /^origins must be an array/],
    [{ sealKeys: [] }, /sealKeys must be one or more keys of 32 bytes each/],
    [{ sealKeys: [new Uint8Array(32), new Uint8Array(31)] }, /sealKeys/],
  ]

  it.each(wrong)('refuses %j and says which option and what it must be', (options, message) => {
    expect(() => resolveOptions({ ...NEEDED, ...options })).toThrow(TypeError)
    expect(() => resolveOptions({ ...NEEDED, ...options })).toThrow(message)
  })

  it.each([
    { skewSeconds: 0 },
    { skewSeconds: 30 },
    { tickets: { ttlSeconds: 30 } },
    { tickets: { ttlSeconds: 3600 } },
    { sessions: { idleSeconds: 1 } },
    { sealKeys: [new Uint8Array(32)] },
    { limits: { issuePerUser: { burst: 1, perSecond: 0.01 } } },
  ])('takes %j', (options) => {
    expect(() => resolveOptions({ ...NEEDED, ...options })).not.toThrow()
  })
})
