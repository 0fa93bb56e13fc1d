import { TTL_SECONDS } from '@wsticket/protocol'
import { DEFAULT_LIMITS, DEFAULT_TICKET_POLICY, type Limits, type TicketPolicy } from './authority/policy.js'
import type { RandomBytes } from './authority/secret.js'
import type { Clock } from './clock.js'
import type { Authenticate, Claims } from './identity/principal.js'
import type { Rate } from './rate/gcra.js'
import { DEFAULT_SESSION_POLICY, type SessionPolicy } from './sessions/policy.js'
import type { TicketStore } from './stores/store.js'

/** What a `Partial` is when `undefined` may also be written out. */
type Some<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Limits as they are given: a rate can be switched off. */
export interface LimitOptions extends Omit<Limits, 'issuePerUser' | 'issuePerAddress'> {
  /** Tickets that one user may take; `false` for any number. @default 60 at once, then one a second */
  readonly issuePerUser: Rate | false
  /** Ticket requests from one address, per process; `false` for any number. @default 600 at once, then ten a second */
  readonly issuePerAddress: Rate | false
}

export interface WsticketOptions<C extends Claims = Claims> {
  /** Where tickets, sessions and revocations are kept. */
  readonly store: TicketStore
  /** Turns an HTTP request's credential into a principal. */
  readonly authenticate: Authenticate<C>
  /** The origins of your pages, exactly: scheme, host and port. */
  readonly origins: readonly string[]
  readonly tickets?: Some<TicketPolicy> | undefined
  readonly limits?: Some<LimitOptions> | undefined
  readonly sessions?: Some<SessionPolicy> | undefined
  /**
   * What tickets are bound to besides their audience: the `Origin` that asked for them, the client's network
   * (/24 or /64), a `__Host-` cookie (pages and sockets on one site only).
   *
   * @default none
   */
  readonly bind?:
    | { readonly origin?: boolean; readonly network?: boolean; readonly cookie?: boolean }
    | undefined
  /** What happens when a used ticket comes again. @default 'event' */
  readonly onReuse?: 'event' | 'revoke-session' | undefined
  /** Where clients reach the WebSocket, as they must dial it. @default the request's own scheme and `Host` */
  readonly publicUrl?: string | undefined
  /** The routes that tickets can be for, where no adapter in this process registers them. */
  readonly audiences?: readonly string[] | undefined
  /** Networks (CIDR) of proxies whose `X-Forwarded-*` headers count. @default none */
  readonly trustedProxies?: readonly string[] | undefined
  /** Whether upgrades without an `Origin` (native clients) are refused. @default false */
  readonly requireOrigin?: boolean | undefined
  /** Who may validate a ticket. @default 'public' in development and tests, else 'owner' */
  readonly validate?: 'public' | 'owner' | undefined
  /** How far clocks may differ, 0 to 30 seconds. @default 5 */
  readonly skewSeconds?: number | undefined
  /** Credentials that live longer are refused; so long a logout is remembered. @default 86400 */
  readonly maxTokenAgeSeconds?: number | undefined
  /** Keys that seal tickets, 32 bytes each; the first for new ones. @default the store's */
  readonly sealKeys?: readonly Uint8Array[] | undefined
  /** The page that explains refusal codes. @default '/docs/refusals' */
  readonly refusalsUrl?: string | undefined
  /** Lets every page of the web open sockets with a ticket that it somehow has. @default false */
  readonly dangerouslyAllowAnyOrigin?: boolean | undefined
  readonly clock?: Clock | undefined
  readonly random?: RandomBytes | undefined
}

/** Options with every default filled in. */
export interface Settings {
  readonly tickets: TicketPolicy
  readonly limits: Limits
  readonly sessions: SessionPolicy
  readonly bind: { readonly origin: boolean; readonly network: boolean; readonly cookie: boolean }
  readonly onReuse: 'event' | 'revoke-session'
  /** The routes that were named; adapters register theirs beside them. */
  readonly audiences: readonly string[]
  /** The path of `publicUrl`, which is the route where nobody names or registers one. */
  readonly publicPath: string | undefined
  readonly trustedProxies: readonly string[]
  readonly requireOrigin: boolean
  readonly validate: 'public' | 'owner'
  readonly skewSeconds: number
  readonly maxTokenAgeSeconds: number
  readonly sealKeys: readonly Uint8Array[] | undefined
  readonly dangerouslyAllowAnyOrigin: boolean
}

const MAX_SKEW_SECONDS = 30
const DAY_SECONDS = 86_400
// Longer sessions than this outlive every promise about logouts.
const MAX_SESSION_SECONDS = 7 * DAY_SECONDS
const SEAL_KEY_BYTES = 32

/** Fills in the defaults. Throws a `TypeError` that says which option is wrong and what it must be. */
export function resolveOptions<C extends Claims>(options: WsticketOptions<C>): Settings {
  const tickets = withDefaults(DEFAULT_TICKET_POLICY, options.tickets)
  const limits = limitsOf(options.limits)
  const sessions = withDefaults(DEFAULT_SESSION_POLICY, options.sessions)
  const skewSeconds = options.skewSeconds ?? 5
  const maxTokenAgeSeconds = options.maxTokenAgeSeconds ?? DAY_SECONDS
  whole('tickets.maxTtlSeconds', tickets.maxTtlSeconds, TTL_SECONDS.min, TTL_SECONDS.max)
  whole('tickets.ttlSeconds', tickets.ttlSeconds, TTL_SECONDS.min, tickets.maxTtlSeconds)
  rate('limits.issuePerUser', limits.issuePerUser)
  rate('limits.issuePerAddress', limits.issuePerAddress)
  whole('limits.outstandingPerUser', limits.outstandingPerUser, 1, 10_000)
  whole('limits.sessionsPerUser', limits.sessionsPerUser, 1, 100_000)
  whole('limits.socketsPerAddress', limits.socketsPerAddress, 1, 10_000_000)
  whole('limits.recordBytes', limits.recordBytes, 512, 65_536)
  whole('sessions.maxSeconds', sessions.maxSeconds, 1, MAX_SESSION_SECONDS)
  if (sessions.idleSeconds !== undefined)
    whole('sessions.idleSeconds', sessions.idleSeconds, 1, MAX_SESSION_SECONDS)
  whole('sessions.heartbeatSeconds', sessions.heartbeatSeconds, 1, 3600)
  whole('sessions.heartbeatTimeoutSeconds', sessions.heartbeatTimeoutSeconds, 1, 3600)
  whole('skewSeconds', skewSeconds, 0, MAX_SKEW_SECONDS)
  whole('maxTokenAgeSeconds', maxTokenAgeSeconds, 60, 31 * DAY_SECONDS)
  checkPublicUrl(options.publicUrl)
  checkSealKeys(options.sealKeys)
  return {
    tickets,
    limits,
    sessions,
    bind: {
      origin: options.bind?.origin ?? false,
      network: options.bind?.network ?? false,
      cookie: options.bind?.cookie ?? false,
    },
    onReuse: options.onReuse ?? 'event',
    audiences: options.audiences ?? [],
    publicPath: options.publicUrl === undefined ? undefined : new URL(options.publicUrl).pathname,
    trustedProxies: options.trustedProxies ?? [],
    requireOrigin: options.requireOrigin ?? false,
    validate: options.validate ?? (isDevelopment() ? 'public' : 'owner'),
    skewSeconds,
    maxTokenAgeSeconds,
    sealKeys: options.sealKeys,
    dangerouslyAllowAnyOrigin: options.dangerouslyAllowAnyOrigin ?? false,
  }
}

/** `NODE_ENV=development` or `test`; anything else, and nothing at all, is production. */
function isDevelopment(): boolean {
  const mode = typeof process === 'undefined' ? undefined : process.env.NODE_ENV
  return mode === 'development' || mode === 'test'
}

function limitsOf({ issuePerUser, issuePerAddress, ...others }: Some<LimitOptions> = {}): Limits {
  return {
    ...withDefaults(DEFAULT_LIMITS, others),
    issuePerUser: issuePerUser === false ? undefined : (issuePerUser ?? DEFAULT_LIMITS.issuePerUser),
    issuePerAddress:
      issuePerAddress === false ? undefined : (issuePerAddress ?? DEFAULT_LIMITS.issuePerAddress),
  }
}

function withDefaults<T extends object>(defaults: T, given: Some<T> | undefined): T {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(set) }
}

function checkPublicUrl(publicUrl: string | undefined): void {
  if (publicUrl === undefined) return
  if (URL.canParse(publicUrl) && /^wss?:$/.test(new URL(publicUrl).protocol)) return
  throw new TypeError(
    `publicUrl is ${JSON.stringify(publicUrl)}; it must be a WebSocket URL. Example: wss://api.example.com/ws`,
  )
}

function checkSealKeys(keys: readonly Uint8Array[] | undefined): void {
  if (keys === undefined) return
  if (keys.length > 0 && keys.every((key) => key.byteLength === SEAL_KEY_BYTES)) return
  throw new TypeError(`sealKeys must be one or more keys of ${SEAL_KEY_BYTES} bytes each`)
}

function whole(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new TypeError(
    `${option} is ${JSON.stringify(value)}; it must be a whole number from ${min} to ${max}`,
  )
}

function rate(option: string, value: Rate | undefined): void {
  if (value === undefined) return
  const { burst, perSecond } = value
  if (Number.isInteger(burst) && burst >= 1 && Number.isFinite(perSecond) && perSecond > 0) return
  throw new TypeError(
    `${option} must have a whole burst of 1 or more and a perSecond above 0, as in { burst: 60, perSecond: 1 }`,
  )
}
