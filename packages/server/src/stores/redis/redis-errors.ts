import { isWsticketError, messageOf, WsticketError } from '../../errors.js'

/**
 * What Redis says at the beginning of an error, and what an operator can do about it. What passes by itself is not among
 * them: a remedy says that waiting does not help.
 */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^(NOAUTH|WRONGPASS)/, 'Give the client the right user name and password.'],
  [
    /NOPERM|no permissions|can't run this command/i,
    'Give the user of Redis the rights that the documentation lists (docs/redis.md, "Access").',
  ],
  [/^OOM/, 'Redis is full: raise maxmemory. Do not let it evict keys, since that would lose revocations.'],
  [
    /^READONLY/,
    'The client is connected to a replica: let it connect to the master, by Sentinel or Cluster.',
  ],
  [
    /^MISCONF/,
    'Redis cannot write its snapshot to disk: mend the disk, or set stop-writes-on-bgsave-error no.',
  ],
  [/^NOREPLICAS/, 'Fewer replicas than min-replicas-to-write are connected: bring them back.'],
  [/^(BUSY|UNKILLABLE)/, 'A script of somebody keeps Redis busy: SCRIPT KILL.'],
]

// What clients say, each in its own way, of a connection that is not there.
const NOT_CONNECTED =
  /enableOfflineQueue|Connection is closed|max retries per request|client is (closed|offline)|Socket closed unexpectedly|Failed to refresh slots/i

// Redis refused before it did anything, because a slot is on its way to another node or a failover is under way: the same
// command may be sent again.
const UNDONE = /TRYAGAIN|non local key|^(ASK|MOVED|CLUSTERDOWN|MASTERDOWN|LOADING)\b/

/** Tells whether an error says that nothing was done, and that another try may well succeed. */
export function isUndone(error: unknown): boolean {
  return error instanceof Error && UNDONE.test(error.message)
}

/** Tells whether Redis does not know the script that it was to run. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/**
 * The error of the contract for whatever a client rejected with. `lately` is what the client said of its connection last: why
 * there is none, it often tells only there.
 */
export function storeError(error: unknown, lately?: Error): WsticketError {
  if (isWsticketError(error)) return error
  const message = messageOf(error)
  const told = NOT_CONNECTED.test(message) ? whyNotConnected(error, lately) : `Redis failed: ${message}`
  const remedy = REMEDIES.find(([pattern]) => pattern.test(told.replace(/^Redis [a-z ]+: /, '')))?.[1]
  return new WsticketError('store_unavailable', told, {
    cause: bare(error),
    ...(remedy === undefined ? {} : { remedy }),
  })
}

function whyNotConnected(error: unknown, lately: Error | undefined): string {
  if (error instanceof Error && /client is closed/i.test(error.message) && lately === undefined) {
    return 'Redis is not connected: the client is closed, or connect() was never called on it'
  }
  // A Cluster says only that all nodes failed, and hangs the reason on that.
  const node: unknown = error instanceof Error ? Reflect.get(error, 'lastNodeError') : undefined
  const reason = node instanceof Error ? node : lately
  if (reason !== undefined) return `Redis is not connected: ${messageOf(reason)}`
  return 'Redis is not connected: is it running, and can this machine reach it?'
}

/** Its name and message. Clients hang the command with all that it carried on their errors, the keys that seal tickets among it. */
function bare(error: unknown): Error {
  const cause = new Error(messageOf(error))
  if (error instanceof Error) cause.name = error.name
  return cause
}
