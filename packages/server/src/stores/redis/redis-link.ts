import {
  type IoRedis,
  type IoRedisCluster,
  type KnownClient,
  knownClient,
  type NodeRedis,
  type NodeRedisCluster,
  type NodeRedisSentinel,
  type RedisClient,
} from './redis-client.js'

/** One master, as the client knows it. */
export interface RedisMaster {
  /** Its address, where the client tells one. */
  readonly name: string
  send(args: readonly string[]): Promise<unknown>
}

/** What a store needs of a client, whichever it is. */
export interface RedisLink {
  readonly topology: 'single' | 'cluster'
  /** Whether `sendTogether` reaches one and the same connection. */
  readonly canWait: boolean
  /** What the client said of its connection last, if it said anything. */
  readonly lately?: () => Error | undefined
  /** Sends a command to the master that holds a key. */
  send(key: string, args: readonly string[]): Promise<unknown>
  /** Sends several to it, one right after the other over one connection. */
  sendTogether(key: string, commands: readonly (readonly string[])[]): Promise<readonly unknown[]>
  /** The masters that are known at the moment. */
  masters(): Promise<readonly RedisMaster[]>
  /** A link over connections of its own, for commands that block. Its owner closes it. */
  duplicate(): OwnLink
}

/** A link that whoever made it closes. */
export interface OwnLink extends RedisLink {
  close(): void
}

// What clients said of their connections last. Several stores may share a client; one listener is enough.
const SAID = new WeakMap<RedisClient, { last: Error | undefined }>()

/** Makes a link of a client. */
export function linkOf(client: RedisClient): RedisLink {
  const known = knownClient(client)
  refuseKeyPrefix(client)
  // Without a listener, a connection that breaks would end the process. What fails is told call by call.
  const said = SAID.get(client) ?? { last: undefined }
  if (!SAID.has(client)) {
    client.on('error', (error) => {
      said.last = error
    })
    SAID.set(client, said)
  }
  return { ...linkTo(known), lately: () => said.last }
}

/** A client that puts something in front of keys does so for those that it sees, and not for those that a script derives. */
function refuseKeyPrefix(client: RedisClient): void {
  const options: unknown = Reflect.get(client, 'options')
  const nested: unknown = isObject(options) ? Reflect.get(options, 'redisOptions') : undefined
  const found = [options, nested].find((each) => isObject(each) && Boolean(Reflect.get(each, 'keyPrefix')))
  if (found === undefined && !Reflect.get(client, '_keyPrefix')) return
  throw new TypeError(
    "redisStore() cannot use a client with a keyPrefix. Example: redisStore(client, { prefix: 'chat:wst' })",
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function linkTo(known: KnownClient): OwnLink {
  switch (known.kind) {
    case 'ioredis':
      return ioRedisLink(known.client)
    case 'ioredis-cluster':
      return ioRedisClusterLink(known.client)
    case 'node-redis':
      return nodeRedisLink(known.client)
    case 'node-redis-sentinel':
      return nodeRedisSentinelLink(known.client)
    case 'node-redis-cluster':
      return nodeRedisClusterLink(known.client)
  }
}

// A duplicate is given its first command before it is connected, which it must keep until then, whatever its original does.
// And its reads wait for longer than a command may take.
const FOR_BLOCKING = { enableOfflineQueue: true, commandTimeout: undefined }

function duplicated(known: KnownClient): OwnLink {
  switch (known.kind) {
    case 'ioredis':
      return ownLink(knownClient(known.client.duplicate(FOR_BLOCKING)))
    case 'ioredis-cluster':
      return ownLink(knownClient(known.client.duplicate([], FOR_BLOCKING)))
    default:
      return connecting(knownClient(known.client.duplicate()))
  }
}

/** A link that connects by itself, and can be closed while it does: with Redis away, that may take for ever. */
function connecting(known: KnownClient): OwnLink {
  const link = ownLink(known)
  const connected = 'connect' in known.client ? known.client.connect() : Promise.resolve()
  connected.catch(() => {})
  return {
    ...link,
    send: async (key, args) => {
      await connected
      return link.send(key, args)
    },
  }
}

function ownLink(known: KnownClient): OwnLink {
  known.client.on('error', () => {})
  return linkTo(known)
}

function ioRedisLink(client: IoRedis): OwnLink {
  const send = ([command = '', ...args]: readonly string[]): Promise<unknown> => client.call(command, args)
  return {
    topology: 'single',
    canWait: true,
    send: (_key, args) => send(args),
    sendTogether: (_key, commands) => Promise.all(commands.map(send)),
    masters: async () => [{ name: 'the master', send }],
    duplicate: () => duplicated({ kind: 'ioredis', client }),
    close: () => client.disconnect(),
  }
}

function ioRedisClusterLink(client: IoRedisCluster): OwnLink {
  return {
    ...ioRedisLink(client),
    topology: 'cluster',
    canWait: false,
    duplicate: () => duplicated({ kind: 'ioredis-cluster', client }),
    masters: async () =>
      client.nodes('master').map((node, index) => ({
        name: addressOf(node) ?? `master ${index + 1}`,
        send: ([command = '', ...args]) => node.call(command, args),
      })),
  }
}

function nodeRedisLink(client: NodeRedis): OwnLink {
  const send = (args: readonly string[]): Promise<unknown> => client.sendCommand(args)
  return {
    topology: 'single',
    canWait: true,
    send: (_key, args) => send(args),
    sendTogether: (_key, commands) => Promise.all(commands.map(send)),
    masters: async () => [{ name: 'the master', send }],
    duplicate: () => duplicated({ kind: 'node-redis', client }),
    close: () => destroy(client),
  }
}

function nodeRedisSentinelLink(client: NodeRedisSentinel): OwnLink {
  const send = (args: readonly string[]): Promise<unknown> => client.sendCommand(false, args)
  return {
    topology: 'single',
    canWait: true,
    send: (_key, args) => send(args),
    sendTogether: (_key, commands) =>
      client.use((leased) => Promise.all(commands.map((args) => leased.sendCommand(false, args)))),
    masters: async () => [{ name: 'the master', send }],
    duplicate: () => duplicated({ kind: 'node-redis-sentinel', client }),
    close: () => destroy(client),
  }
}

function nodeRedisClusterLink(client: NodeRedisCluster): OwnLink {
  return {
    topology: 'cluster',
    canWait: true,
    send: (key, args) => client.sendCommand(key, false, args),
    sendTogether: (key, commands) =>
      Promise.all(commands.map((args) => client.sendCommand(key, false, args))),
    masters: async () =>
      client.masters.map((master) => ({
        name: master.address,
        send: async (args) => (await client.nodeClient(master)).sendCommand(args),
      })),
    duplicate: () => duplicated({ kind: 'node-redis-cluster', client }),
    close: () => destroy(client),
  }
}

/** Cuts the connections of a client, whatever state it is in: one that never connected throws, or rejects. */
function destroy(client: { destroy(): unknown }): void {
  const cut = async (): Promise<void> => {
    await client.destroy()
  }
  cut().catch(() => {})
}

function addressOf(node: IoRedis): string | undefined {
  const options: unknown = Reflect.get(node, 'options')
  if (!isObject(options)) return undefined
  const host: unknown = Reflect.get(options, 'host')
  const port: unknown = Reflect.get(options, 'port')
  return typeof host === 'string' && typeof port === 'number' ? `${host}:${port}` : undefined
}
