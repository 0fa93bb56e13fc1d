/** @typedef {import('../messages.js').RedisTarget} RedisTarget */

const HOST = '127.0.0.1'
/** Who lost a server looks for it this often: a run of the lab is over within minutes. */
const RETRY_MS = 50

/**
 * A client as one would make it, but for the pauses between its attempts to connect.
 *
 * @typedef {object} Connected
 * @property {import('@wsticket/server/redis').RedisClient} client
 * @property {(key: string, args: readonly string[]) => Promise<unknown>} send a command about one key
 * @property {() => void} close
 */

/**
 * Connects.
 *
 * @param {import('../messages.js').ClientName} library
 * @param {RedisTarget} target
 * @returns {Promise<Connected>}
 */
export async function connect(library, target) {
  return library === 'ioredis' ? withIoredis(target) : withNodeRedis(target)
}

/** @param {RedisTarget} target */
async function withIoredis(target) {
  const client = await ioredis(target)
  client.on('error', () => undefined)
  return {
    client,
    send: (/** @type {string} */ _key, /** @type {readonly string[]} */ [command = '', ...args]) =>
      client.call(command, args),
    close: () => client.disconnect(),
  }
}

/** @param {RedisTarget} target */
async function ioredis(target) {
  // A process that has no use for the other library starts in half the time.
  const { Cluster, Redis } = await import('ioredis')
  const retryStrategy = () => RETRY_MS
  switch (target.kind) {
    case 'single':
      return new Redis({ host: HOST, port: target.port, retryStrategy })
    case 'sentinel':
      return new Redis({
        name: target.name,
        sentinels: addresses(target.ports),
        retryStrategy,
        sentinelRetryStrategy: retryStrategy,
      })
    case 'cluster':
      return new Cluster(addresses(target.ports), { clusterRetryStrategy: retryStrategy })
  }
}

/** @param {RedisTarget} target */
async function withNodeRedis(target) {
  const { createClient, createCluster, createSentinel } = await import('redis')
  const reconnectStrategy = () => RETRY_MS
  if (target.kind === 'sentinel') {
    const client = createSentinel({
      name: target.name,
      sentinelRootNodes: addresses(target.ports),
      nodeClientOptions: { socket: { reconnectStrategy } },
    })
    client.on('error', () => undefined)
    await client.connect()
    return {
      client,
      send: (/** @type {string} */ _key, /** @type {readonly string[]} */ args) =>
        client.sendCommand(false, [...args]),
      close: () => client.destroy(),
    }
  }
  if (target.kind === 'cluster') {
    const client = createCluster({
      rootNodes: target.ports.map((port) => ({ socket: { host: HOST, port } })),
      defaults: { socket: { reconnectStrategy } },
    })
    client.on('error', () => undefined)
    await client.connect()
    return {
      client,
      send: (/** @type {string} */ key, /** @type {readonly string[]} */ args) =>
        client.sendCommand(key, false, [...args]),
      close: () => client.destroy(),
    }
  }
  const client = createClient({ socket: { host: HOST, port: target.port, reconnectStrategy } })
  client.on('error', () => undefined)
  await client.connect()
  return {
    client,
    send: (/** @type {string} */ _key, /** @type {readonly string[]} */ args) =>
      client.sendCommand([...args]),
    close: () => client.destroy(),
  }
}

/** @param {readonly number[]} ports */
function addresses(ports) {
  return ports.map((port) => ({ host: HOST, port }))
}
