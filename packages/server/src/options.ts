import { TTL_SECONDS } from '@wsticket/protocol'
import { type PathwayOptions, type PathwaySettings, resolvePathways } from './admission/pathway-options.js'
import { DEFAULT_LIMITS, DEFAULT_TICKET_POLICY, type Limits, type TicketPolicy } from './authority/policy.js'
import type { RandomBytes } from './authority/secret.js'
import { checkKnown, checkOneOf, checkPublicUrl, checkRate, checkSealKeys, checkWhole } from './checks.js'
import type { Clock } from './clock.js'
import { environment, isDevelopment, ticketFlag } from './environment.js'
import type { Authenticate, Claims, Principal } from './identity/principal.js'
import { DEFAULT_SKEW_SECONDS, MAX_SKEW_SECONDS } from './identity/skew.js'
import type { Rate } from './rate/gcra.js'
import { DEFAULT_SESSION_POLICY, type SessionPolicy } from './sessions/policy.js'
import type { TicketStore } from './stores/store.js'

/** What a `Partial` is when `undefined` may also be written out. */
type Some<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** The ticket policy as it is given: what is left out has its default. */
export interface TicketOptions<C extends Claims = Claims> extends Some<Omit<TicketPolicy, 'ttlFor'>> {
  /** Another default life for some principals, 30 seconds to the maximum; `undefined` for the others. */
  readonly ttlFor?: ((principal: Principal<C>) => number | undefined) | undefined
}

/** Limits as they are given: a rate can be switched off. */
export interface LimitOptions extends Omit<Limits, 'issuePerUser' | 'issuePerAddress'> {
  /** Tickets that one user may take; `false` for any number. @default 60 at once, then one a second */
  readonly issuePerUser: Rate | false
  /** Ticket requests from one address, per process; `false` for any number. @default 600 at once, then ten a second */
  readonly issuePerAddress: Rate | false
}

/** What a ticket authority is made of. All but the first three have defaults that are safe. */
export interface WsticketOptions<C extends Claims = Claims> {
  /** Where tickets, sessions and revocations are kept. */
  readonly store: TicketStore
  /** Turns an HTTP request's credential into a principal. */
  readonly authenticate: Authenticate<C>
  /** The origins of your pages, exactly: scheme, host and port. */
  readonly origins: readonly string[]
  readonly tickets?: TicketOptions<C> | undefined
  readonly limits?: Some<LimitOptions> | undefined
  readonly sessions?: Some<SessionPolicy> | undefined
  /**
   * What tickets are bound to besides their audience: the `Origin` that asked for them, the client's network
   * (/24 or /64), a `__Host-` cookie (pages and sockets on one site only).
   *
   * @default none
   */
  readonly bind?: Some<Settings['bind']> | undefined
  /**
   * The ways of authenticating an upgrade that are open: `on`, `off`, or `warn`, which works and tells each use as deprecated.
   *
   * @default tickets alone
   */
  readonly pathways?: PathwayOptions<NoInfer<C>> | undefined
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
  /** How far clocks may differ, 0 to 30 whole seconds. @default 5 */
  readonly skewSeconds?: number | undefined
  /** Credentials that live longer are refused; so long a logout is remembered. 60 to 2678400 seconds. @default 86400 */
  readonly maxTokenAgeSeconds?: number | undefined
  /** Keys that seal tickets, 32 bytes each; the first for new ones. @default the store's */
  readonly sealKeys?: readonly Uint8Array[] | undefined
  /** The page that explains refusal codes. @default '/docs/refusals' */
  readonly refusalsUrl?: string | undefined
  /**
   * Lets every page of the web read the HTTP routes' answers and open sockets, with a credential or ticket that it somehow
   * has. @default false
   */
  readonly dangerouslyAllowAnyOrigin?: boolean | undefined
  /** @default the machine's */
  readonly clock?: Clock | undefined
  /** @default the machine's CSPRNG */
  readonly random?: RandomBytes | undefined
}

/** Options with every default filled in. */
export interface Settings<C extends Claims = Claims> {
  readonly tickets: TicketPolicy
  readonly limits: Limits
  readonly sessions: SessionPolicy
  readonly bind: { readonly origin: boolean; readonly network: boolean; readonly cookie: boolean }
  readonly pathways: PathwaySettings<C>
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

const DAY_SECONDS = 86_400
// A token that lives longer makes a logout to be remembered for longer than a month.
const TOKEN_AGE_SECONDS = { min: 60, max: 31 * DAY_SECONDS } as const
// Above these it is a mistake rather than a wish: each takes memory or time for every user, socket or request.
const MAX_OUTSTANDING = 10_000
const MAX_SESSIONS = 100_000
const MAX_SOCKETS = 10_000_000
// Below, no principal fits in; above, no cache or pipe takes it in one piece.
const RECORD_BYTES = { min: 512, max: 65_536 } as const
const MAX_HEARTBEAT_SECONDS = 3600
// Whoever shuts a process down has lost patience by then.
const MAX_DRAIN_SECONDS = 3600
// Longer sessions than this outlive every promise about logouts.
const MAX_SESSION_SECONDS = 7 * DAY_SECONDS

/** Fills in the defaults. Throws a `TypeError` that says which option is wrong and what it must be. */
export function resolveOptions<C extends Claims>(options: WsticketOptions<C>): Settings<C> {
  checkShape(options)
  const tickets = ticketsOf(options.tickets)
  const limits = limitsOf(options.limits)
  const sessions = withDefaults(DEFAULT_SESSION_POLICY, options.sessions)
  const skewSeconds = options.skewSeconds ?? DEFAULT_SKEW_SECONDS
  const maxTokenAgeSeconds = options.maxTokenAgeSeconds ?? DAY_SECONDS
  checkWhole('tickets.maxTtlSeconds', tickets.maxTtlSeconds, TTL_SECONDS.min, TTL_SECONDS.max)
  checkWhole('tickets.ttlSeconds', tickets.ttlSeconds, TTL_SECONDS.min, tickets.maxTtlSeconds)
  checkRate('limits.issuePerUser', limits.issuePerUser)
  checkRate('limits.issuePerAddress', limits.issuePerAddress)
  checkWhole('limits.outstandingPerUser', limits.outstandingPerUser, 1, MAX_OUTSTANDING)
  checkWhole('limits.sessionsPerUser', limits.sessionsPerUser, 1, MAX_SESSIONS)
  checkWhole('limits.socketsPerAddress', limits.socketsPerAddress, 1, MAX_SOCKETS)
  checkWhole('limits.recordBytes', limits.recordBytes, RECORD_BYTES.min, RECORD_BYTES.max)
  checkWhole('sessions.maxSeconds', sessions.maxSeconds, 1, MAX_SESSION_SECONDS)
  if (sessions.idleSeconds !== undefined)
    checkWhole('sessions.idleSeconds', sessions.idleSeconds, 1, MAX_SESSION_SECONDS)
  checkWhole('sessions.heartbeatSeconds', sessions.heartbeatSeconds, 1, MAX_HEARTBEAT_SECONDS)
  checkWhole('sessions.heartbeatTimeoutSeconds', sessions.heartbeatTimeoutSeconds, 1, MAX_HEARTBEAT_SECONDS)
  if (sessions.heartbeatTimeoutSeconds >= sessions.heartbeatSeconds) {
    throw new TypeError('sessions.heartbeatTimeoutSeconds must be less than sessions.heartbeatSeconds')
  }
  checkWhole('sessions.drainSeconds', sessions.drainSeconds, 0, MAX_DRAIN_SECONDS)
  checkWhole('skewSeconds', skewSeconds, 0, MAX_SKEW_SECONDS)
  checkWhole('maxTokenAgeSeconds', maxTokenAgeSeconds, TOKEN_AGE_SECONDS.min, TOKEN_AGE_SECONDS.max)
  checkPublicUrl(options.publicUrl)
  checkSealKeys('sealKeys', options.sealKeys)
  return {
    tickets,
    limits,
    sessions,
    bind: {
      origin: options.bind?.origin ?? false,
      network: options.bind?.network ?? false,
      cookie: options.bind?.cookie ?? false,
    },
    pathways: resolvePathways(options.pathways, ticketFlag(environment())),
    onReuse: options.onReuse ?? 'event',
    audiences: options.audiences ?? [],
    publicPath: options.publicUrl === undefined ? undefined : new URL(options.publicUrl).pathname,
    trustedProxies: options.trustedProxies ?? [],
    requireOrigin: options.requireOrigin ?? false,
    validate: options.validate ?? (isDevelopment(environment()) ? 'public' : 'owner'),
    skewSeconds,
    maxTokenAgeSeconds,
    sealKeys: options.sealKeys,
    dangerouslyAllowAnyOrigin: options.dangerouslyAllowAnyOrigin ?? false,
  }
}

const TOP_LEVEL = [
  ...[
    'store',
    'authenticate',
    'origins',
    'tickets',
    'limits',
    'sessions',
    'bind',
    'pathways',
    'onReuse',
    'publicUrl',
    'audiences',
  ],
  ...[
    'trustedProxies',
    'requireOrigin',
    'validate',
    'skewSeconds',
    'maxTokenAgeSeconds',
    'sealKeys',
    'refusalsUrl',
  ],
  ...['dangerouslyAllowAnyOrigin', 'clock', 'random'],
]

/** A misspelt option would be a protection that is silently off: types do not reach those who write JavaScript. */
function checkShape<C extends Claims>(options: WsticketOptions<C>): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('createWsticket needs options: { store, authenticate, origins }')
  }
  const { store, authenticate, origins, bind, onReuse, validate } = options
  if (typeof store?.redeem !== 'function')
    throw new TypeError('store is missing. Example: store: memoryStore()')
  if (typeof authenticate !== 'function') {
    throw new TypeError('authenticate is missing; it must be a function. Example: authenticate: jwt({ … })')
  }
  if (!Array.isArray(origins)) {
    throw new TypeError("origins must be an array. Example: origins: ['https://app.example.com']")
  }
  checkKnown('', options, TOP_LEVEL)
  checkKnown('tickets.', options.tickets, Object.keys(DEFAULT_TICKET_POLICY))
  checkKnown('limits.', options.limits, Object.keys(DEFAULT_LIMITS))
  checkKnown('sessions.', options.sessions, Object.keys(DEFAULT_SESSION_POLICY))
  checkKnown('bind.', bind, ['origin', 'network', 'cookie'])
  checkOneOf('onReuse', onReuse, ['event', 'revoke-session'])
  checkOneOf('validate', validate, ['public', 'owner'])
}

function ticketsOf<C extends Claims>({ ttlFor, ...others }: TicketOptions<C> = {}): TicketPolicy {
  return {
    ...withDefaults(DEFAULT_TICKET_POLICY, others),
    // The principals of this authority are those of its own `authenticate`.
    ttlFor: ttlFor === undefined ? undefined : (principal) => ttlFor(principal as Principal<C>),
  }
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
