/** The names of a store's keys. Made of a prefix of ours and of hashes: no input reaches a key name. */
export class RedisKeys {
  /** Revocations on their way to the nodes: a stream. */
  readonly notices: string
  /** The nodes that are alive: a sorted set, by the end of their lease. */
  readonly nodes: string
  /** The keys that seal tickets. */
  readonly seal: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.notices = `${prefix}:notices`
    this.nodes = `${prefix}:nodes`
    this.seal = `${prefix}:seal`
  }

  /** What all keys of a shard begin with. In a Cluster they lie on one slot, because of the braces. */
  base(shard: string): string {
    return `${this.#prefix}:{${shard}}:`
  }

  /** A ticket, from its issue on, through its session, until it is forgotten. */
  ticket(ref: string): string {
    return `${this.base(shardOf(ref))}t:${ref}`
  }

  /** What is known of a subject: generation, logouts, quota, outstanding tickets, live sessions. */
  subject(subject: string): string {
    return `${this.base(shardOf(subject))}u:${subject}`
  }

  /** How many tickets of a shard are to expire when, and how many have expired. */
  expiries(shard: string): string {
    return `${this.base(shard)}x`
  }
}

/** All shards there are. */
export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, shard) =>
  shard.toString(16).padStart(2, '0'),
)

/** The shard of a ref or of a subject's key: its first byte, in hexadecimal. */
export function shardOf(refOrSubject: string): string {
  return refOrSubject.slice(0, 2)
}
