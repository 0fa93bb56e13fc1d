/**
 * A client of Redis or Valkey, yours: node-redis 5 or later (`createClient`, `createSentinel`, `createCluster`), ioredis 5 or later
 * or iovalkey (`Redis`, `Cluster`). Known by its structure, so that no version of any of them is bound to this package.
 */
export interface RedisClient {
  duplicate(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of ioredis and iovalkey. */
export interface IoRedis extends RedisClient {
  call(command: string, args: readonly string[]): Promise<unknown>
  duplicate(options?: unknown): unknown
  disconnect(): void
}

/** What is used of a Cluster of theirs. */
export interface IoRedisCluster extends IoRedis {
  duplicate(nodes?: readonly unknown[], options?: unknown): unknown
  nodes(role: 'master'): readonly IoRedis[]
}

/** What is used of node-redis. */
export interface NodeRedis extends RedisClient {
  sendCommand(args: readonly string[]): Promise<unknown>
  connect(): Promise<unknown>
  destroy(): unknown
}

/** What is used of its Sentinel client. */
export interface NodeRedisSentinel extends Omit<NodeRedis, 'sendCommand'> {
  sendCommand(isReadonly: boolean, args: readonly string[]): Promise<unknown>
  use<T>(work: (leased: Pick<NodeRedisSentinel, 'sendCommand'>) => Promise<T>): Promise<T>
}

/** What is used of its Cluster client. */
export interface NodeRedisCluster extends Omit<NodeRedis, 'sendCommand'> {
  readonly masters: readonly { readonly address: string }[]
  nodeClient(node: { readonly address: string }): Promise<Pick<NodeRedis, 'sendCommand'>>
  sendCommand(firstKey: string, isReadonly: boolean, args: readonly string[]): Promise<unknown>
}

/** Which of the clients it is. */
export type KnownClient =
  | { readonly kind: 'ioredis'; readonly client: IoRedis }
  | { readonly kind: 'ioredis-cluster'; readonly client: IoRedisCluster }
  | { readonly kind: 'node-redis'; readonly client: NodeRedis }
  | { readonly kind: 'node-redis-sentinel'; readonly client: NodeRedisSentinel }
  | { readonly kind: 'node-redis-cluster'; readonly client: NodeRedisCluster }

/** Tells which client it is. Throws a `TypeError` if it is none that is known. */
export function knownClient(client: unknown): KnownClient {
  if (isIoRedisCluster(client)) return { kind: 'ioredis-cluster', client }
  if (isIoRedis(client)) return { kind: 'ioredis', client }
  if (isNodeRedisCluster(client)) return { kind: 'node-redis-cluster', client }
  if (isNodeRedisSentinel(client)) return { kind: 'node-redis-sentinel', client }
  if (isNodeRedis(client)) return { kind: 'node-redis', client }
  throw new TypeError(
    'redisStore() needs a client of node-redis (createClient, createSentinel, createCluster), ioredis or iovalkey (Redis, Cluster). ' +
      'Example: redisStore(new Redis(process.env.REDIS_URL))',
  )
}

function isIoRedis(client: unknown): client is IoRedis {
  return has(client, 'call', 'duplicate', 'disconnect', 'on')
}

function isIoRedisCluster(client: unknown): client is IoRedisCluster {
  return isIoRedis(client) && has(client, 'nodes') && 'isCluster' in client && client.isCluster === true
}

function isNodeRedis(client: unknown): client is NodeRedis {
  return has(client, 'sendCommand', 'duplicate', 'connect', 'destroy', 'on')
}

function isNodeRedisSentinel(client: unknown): client is NodeRedisSentinel {
  return isNodeRedis(client) && has(client, 'getSentinelNode', 'use')
}

function isNodeRedisCluster(client: unknown): client is NodeRedisCluster {
  return isNodeRedis(client) && has(client, 'nodeClient') && 'masters' in client
}

function has(client: unknown, ...methods: readonly string[]): client is object {
  if (typeof client !== 'object' || client === null) return false
  return methods.every((method) => typeof Reflect.get(client, method) === 'function')
}
