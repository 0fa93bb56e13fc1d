/** @type {Record<'none' | 'rdb' | 'aof', readonly string[]>} */
const PERSISTENCE = {
  none: ['--save', '', '--appendonly', 'no'],
  rdb: ['--save', '3600 1', '--appendonly', 'no'],
  aof: ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
}
/** Those that come for a first full copy are served at once, and not after the five seconds that wait for others. */
const QUICK_SYNC = ['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0']

/**
 * What a Redis is started with.
 *
 * @param {{ port: number, publicPort: number, publicBusPort: number, folder: string }} place
 * @param {import('./redis-server.mjs').RedisServerOptions} options
 * @returns {readonly string[]}
 */
export function directives({ port, publicPort, publicBusPort, folder }, options) {
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no'],
    ...(options.sentinel ? [] : [...QUICK_SYNC, ...PERSISTENCE[options.persistence ?? 'none']]),
    ...(options.proxied ? announcement(publicPort, publicBusPort) : []),
    ...(options.args ?? []),
  ]
}

/**
 * Tells a node to name its proxies, where it would name itself.
 *
 * @param {number} port
 * @param {number} busPort
 */
function announcement(port, busPort) {
  return [
    ...['--replica-announce-ip', '127.0.0.1', '--replica-announce-port', String(port)],
    ...['--cluster-announce-ip', '127.0.0.1', '--cluster-announce-port', String(port)],
    ...['--cluster-announce-bus-port', String(busPort)],
  ]
}
