import { isIPv6 } from 'node:net'

/** Which Redis `REDIS_URL` leads to. */
export interface RedisTarget {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  readonly tls: boolean
  /** The Redis; or the Sentinels; or some nodes of the Cluster, which tell the others. */
  readonly hosts: readonly RedisHost[]
  /** Of the Redis. Sentinels are asked without. */
  readonly username?: string
  readonly password?: string
  readonly db: number
  /** The name that the Sentinels know the master by. */
  readonly master?: string
}

export interface RedisHost {
  /** IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

export type RedisUrlOutcome =
  | { readonly ok: true; readonly target: RedisTarget }
  /** What the value must be, and an example. Neither holds any of it. */
  | { readonly ok: false; readonly must: string; readonly example: string }

const EXAMPLES = {
  single: 'redis://localhost:6379',
  sentinel: 'redis+sentinel://sentinel-1:26379,sentinel-2:26379/mymaster',
  cluster: 'redis+cluster://redis-1:6379,redis-2:6379',
} as const
const DEFAULT_PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const
const MAX_DATABASE = 99_999

// The parser of URLs takes no list of hosts.
const FORM = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^@/?#]*)(?:\/([^@?#]*))?$/
const HOST = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))(?::(\d{1,5}))?$/
const MASTER = /^[A-Za-z0-9._-]{1,128}$/

/**
 * Reads `REDIS_URL`:
 *
 *     redis://[[user]:password@]host[:6379][/database]
 *     redis+sentinel://[[user]:password@]host[:26379],host…/master[/database]
 *     redis+cluster://[[user]:password@]host[:6379],host…
 *
 * With `rediss` in place of `redis` all connections are by TLS.
 */
export function readRedisUrl(text: string): RedisUrlOutcome {
  const parts = FORM.exec(text)
  if (parts === null) {
    const forms = Object.values(EXAMPLES).join(' or ')
    const must = `it must have the form of ${forms}; in a password, characters such as / ? # must be percent-encoded`
    return { ok: false, must, example: EXAMPLES.single }
  }
  const [, scheme, mode, userinfo, hostList = '', path = ''] = parts
  const kind: RedisTarget['kind'] = mode === 'sentinel' || mode === 'cluster' ? mode : 'single'
  const wrong = (must: string): RedisUrlOutcome => ({ ok: false, must, example: EXAMPLES[kind] })
  const login = readLogin(userinfo)
  if (login === undefined) {
    return wrong('before the @ it must have user:password or :password, special characters percent-encoded')
  }
  const hosts = hostList.split(',').map((host) => readHost(host, DEFAULT_PORTS[kind]))
  const known = hosts.filter((host) => host !== undefined)
  if (known.length < hosts.length) return wrong('it must name a host, or a host and a port from 1 to 65535')
  if (kind === 'single' && hosts.length > 1) {
    return {
      ok: false,
      must: 'with several hosts it must begin with redis+cluster or redis+sentinel',
      example: EXAMPLES.cluster,
    }
  }
  const [master, db, ...rest] = kind === 'sentinel' ? path.split('/') : [undefined, ...path.split('/')]
  if (kind === 'sentinel' && !MASTER.test(master ?? '')) {
    return wrong('after the hosts it must name the master that the Sentinels watch')
  }
  if (kind === 'cluster' && path !== '')
    return wrong('nothing may follow the hosts: a Cluster has one database')
  const database = db === undefined || db === '' ? 0 : Number(db)
  if (rest.length > 0 || !/^\d*$/.test(db ?? '') || database > MAX_DATABASE) {
    return wrong('its last part must be the number of a database, or be left out')
  }
  const target = { kind, tls: scheme === 'rediss', hosts: known, db: database, ...login }
  return { ok: true, target: { ...target, ...(kind === 'sentinel' && master !== undefined && { master }) } }
}

/** Says where a Redis is, for logs and complaints: no user, no password. */
export function placeOf(target: RedisTarget): string {
  const hosts = target.hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
  const list = hosts.join(', ')
  if (target.kind === 'sentinel') return `master ${target.master} of the Sentinels at ${list}`
  return target.kind === 'cluster' ? `the Cluster at ${list}` : list
}

function readLogin(userinfo: string | undefined): { username?: string; password?: string } | undefined {
  if (userinfo === undefined) return {}
  const colon = userinfo.indexOf(':')
  if (colon < 0) return undefined
  try {
    const username = decodeURIComponent(userinfo.slice(0, colon))
    const password = decodeURIComponent(userinfo.slice(colon + 1))
    if (password === '') return undefined
    return username === '' ? { password } : { username, password }
  } catch {
    return undefined
  }
}

function readHost(text: string, defaultPort: number): RedisHost | undefined {
  const parts = HOST.exec(text.trim())
  if (parts === null) return undefined
  const [, six, name, digits] = parts
  const port = digits === undefined ? defaultPort : Number(digits)
  if (port < 1 || port > 65_535) return undefined
  if (six !== undefined) return isIPv6(six) ? { host: six, port } : undefined
  return name === undefined ? undefined : { host: name, port }
}
