import { Cluster, Redis } from 'ioredis'
import type { Logger } from 'pino'
import { isRefusedLogin, redisReason } from './redis-reason.js'
import { placeOf, type RedisTarget } from './redis-url.js'

/** A client of Redis: one, the master that Sentinels name, or a Cluster. */
export type RedisClient = Redis | Cluster

// Who starts a server waits in front of it; a Redis that is started together with it needs a few seconds.
const START_MS = 10_000
// Redis is near; what takes longer hangs, or is not there.
const CONNECT_MS = 2000
// Without a byte for so long after a command the connection is dead, whatever the kernel thinks of it. More than
// a blocking read of notices waits for.
const SILENT_MS = 5000
// It comes back at once or after a while; asking twice a second finds it soon and does it no harm.
const RECONNECT_MS = { first: 50, longest: 500 } as const
// A connection that is closed in order is closed within a round trip.
const QUIT_MS = 1000
// Moved slots are followed for less time than whoever asks waits.
const MAX_REDIRECTIONS = 8
const SLOTS_REFRESH_MS = 5000

/** Redis could not be reached, or did not let us in. The message is a sentence for whoever starts the server. */
export class RedisUnusable extends Error {
  override readonly name = 'RedisUnusable'
}

/** A connection to Redis that comes back by itself. */
export interface RedisConnection {
  readonly client: RedisClient
  /** Calls whenever Redis is back after it was away: it may have lost what it held. */
  onBack(listener: () => void): void
  /** Closes it, in order if Redis still answers. */
  close(): Promise<void>
}

/**
 * Connects to Redis, and tells the log from then on whenever it is lost and when it is back.
 *
 * A Redis that does not answer gives errors at once: no command waits for a connection, so nothing piles up, and
 * nothing is carried out long after its caller has given up. The client goes on connecting for ever.
 *
 * Rejects with `RedisUnusable` if Redis is not there within `startMs`, or refuses the password.
 */
export async function openRedis(
  target: RedisTarget,
  options: { readonly log: Logger; readonly startMs?: number | undefined },
): Promise<RedisConnection> {
  const client = createClient(target)
  const watch = new RedisWatch(client, placeOf(target), options.log)
  try {
    await watch.firstReady(options.startMs ?? START_MS)
  } catch (error) {
    watch.stop()
    client.disconnect()
    throw error
  }
  return {
    client,
    onBack: (listener) => watch.onBack(listener),
    close: async () => {
      watch.stop()
      await close(client)
    },
  }
}

async function close(client: RedisClient): Promise<void> {
  if (client.status === 'ready') {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, QUIT_MS)
    })
    // Whichever way it ends, the line is cut below.
    await Promise.race([client.quit().catch(() => undefined), late])
    clearTimeout(timer)
  }
  client.disconnect()
}

function createClient(target: RedisTarget): RedisClient {
  const { kind, tls, hosts, username, password, db, master } = target
  const retry = (times: number): number => Math.min(RECONNECT_MS.first * times, RECONNECT_MS.longest)
  const options = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
    db,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A master that became a replica refuses writes until somebody connects anew.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    connectionName: 'wsticket-chat',
  }
  if (kind === 'cluster') {
    return new Cluster([...hosts], {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: retry,
      maxRedirections: MAX_REDIRECTIONS,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      // A certificate is made out for the name; an address in its place would not fit.
      dnsLookup: (host, give) => give(null, host),
      redisOptions: options,
    })
  }
  const [first] = hosts
  return new Redis({
    ...options,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: retry,
    ...(kind === 'single'
      ? { host: first?.host ?? 'localhost', port: first?.port ?? 6379 }
      : {
          sentinels: [...hosts],
          name: master ?? '',
          sentinelRetryStrategy: retry,
          // Told by the Sentinels of a failover, it does not wait for the old master to hang up.
          failoverDetector: true,
          ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
        }),
  })
}

/** Follows a client's state, and tells the log of each change once. */
class RedisWatch {
  readonly #client: RedisClient
  readonly #place: string
  readonly #log: Logger
  readonly #backs: (() => void)[] = []
  #state: 'starting' | 'connected' | 'lost' | 'stopped' = 'starting'
  #lastReason: string | undefined
  #revival: NodeJS.Timeout | undefined
  #refused: ((reason: string) => void) | undefined

  constructor(client: RedisClient, place: string, log: Logger) {
    this.#client = client
    this.#place = place
    this.#log = log
    // First of all: an error that nobody hears would end the process.
    client.on('error', (error: unknown) => this.#failed(error))
    client.on('node error', (error: unknown) => this.#failed(error))
    client.on('ready', () => this.#ready())
    client.on('close', () => this.#closed())
    client.on('end', () => this.#ended())
  }

  /** Resolves when Redis is there for the first time. */
  firstReady(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        clearTimeout(timer)
        this.#refused = undefined
        resolve()
      }
      const refuse = (sentence: string): void => {
        clearTimeout(timer)
        this.#client.off('ready', give)
        reject(new RedisUnusable(sentence))
      }
      const timer = setTimeout(() => {
        const reason = this.#lastReason ?? 'it did not answer'
        refuse(
          `Redis (${this.#place}) could not be reached within ${withinMs / 1000} s: ${reason}. Start it, or set REDIS_URL to where it is. Without REDIS_URL the chat runs alone and keeps everything in its memory.`,
        )
      }, withinMs)
      this.#refused = (reason) =>
        refuse(
          `Redis (${this.#place}) does not let this server in: ${reason}. Put the right user and password into REDIS_URL, as in redis://user:password@host:6379.`,
        )
      this.#client.once('ready', give)
      // What goes wrong comes as an event as well, and it goes on trying.
      this.#client.connect().catch(() => undefined)
    })
  }

  onBack(listener: () => void): void {
    this.#backs.push(listener)
  }

  /** What follows is of our own doing. */
  stop(): void {
    this.#state = 'stopped'
    clearTimeout(this.#revival)
  }

  #ready(): void {
    const before = this.#state
    if (before === 'connected' || before === 'stopped') return
    const event = before === 'lost' ? 'redis.back' : 'redis.connected'
    this.#state = 'connected'
    this.#lastReason = undefined
    this.#log.info({ event, place: this.#place }, event)
    if (before === 'lost') for (const listener of this.#backs) listener()
  }

  #closed(): void {
    if (this.#state !== 'connected') return
    this.#state = 'lost'
    this.#log.warn({ event: 'redis.lost', place: this.#place }, 'redis.lost')
  }

  // The client gives up for good when the Sentinels announce a failover while it is connecting: it takes the order to
  // hang up for its owner's.
  #ended(): void {
    if (this.#state === 'stopped') return
    clearTimeout(this.#revival)
    this.#revival = setTimeout(() => {
      this.#client.connect().catch(() => undefined)
    }, RECONNECT_MS.longest)
  }

  /** Told once, and not at each of hundreds of tries. */
  #failed(error: unknown): void {
    if (this.#state === 'stopped') return
    const reason = redisReason(error)
    if (this.#state === 'starting' && isRefusedLogin(error)) this.#refused?.(reason)
    if (reason === this.#lastReason) return
    this.#lastReason = reason
    this.#log.warn({ event: 'redis.failed', place: this.#place, reason }, 'redis.failed')
  }
}
