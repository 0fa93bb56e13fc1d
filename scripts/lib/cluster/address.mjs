import { createServer } from 'node:net'
import { errorCode } from '../error-code.mjs'

/**
 * Where the whole cluster is reached.
 *
 * @typedef {{ host: string, port: number }} Address
 */

const DEFAULT_PORT = 8080
// The demo's passwords are published: other machines reach it only when somebody asks for that.
const DEFAULT_HOST = '127.0.0.1'
const HIGHEST_PORT = 65_535
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:]{2,45})$/

/**
 * Reads `PORT` and `HOST`, as the chat itself does.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Address}
 */
export function readAddress(env) {
  const port = env.PORT?.trim() || String(DEFAULT_PORT)
  if (!/^\d{1,5}$/.test(port) || Number(port) > HIGHEST_PORT) {
    throw new Error(
      `wsticket: PORT is ${JSON.stringify(port.slice(0, 80))}; it must be a port from 0 to ${HIGHEST_PORT}. Example: ${DEFAULT_PORT}`,
    )
  }
  const host = env.HOST?.trim() || DEFAULT_HOST
  if (!HOST.test(host)) {
    throw new Error(
      `wsticket: HOST is ${JSON.stringify(host.slice(0, 80))}; it must be a host name or an address, without a port. Example: ${DEFAULT_HOST}`,
    )
  }
  return { host, port: Number(port) }
}

/**
 * Makes sure that the address can be had before anything is started for it; port 0 becomes a free one.
 *
 * @param {Address} address
 * @returns {Promise<Address>}
 */
export async function takeAddress({ host, port }) {
  const server = createServer()
  try {
    return { host, port: await listenOn(server, { host, port }) }
  } catch (error) {
    throw new Error(addressComplaint(errorCode(error), { host, port }) ?? `wsticket: ${String(error)}`, {
      cause: error,
    })
  } finally {
    server.close()
  }
}

/**
 * Says why an address cannot be had, in the words that the chat has for it.
 *
 * @param {string | undefined} code as Node names it
 * @param {Address} address
 * @returns {string | undefined}
 */
export function addressComplaint(code, { host, port }) {
  switch (code) {
    case 'EADDRINUSE': {
      const other = port === HIGHEST_PORT ? DEFAULT_PORT : port + 1
      return `wsticket: port ${port} on ${host} is taken by another program. Choose another one, for example PORT=${other}, or PORT=0 for any free one.`
    }
    case 'EACCES':
      return `wsticket: port ${port} on ${host} may not be used by this user. Choose one above 1023, for example PORT=${DEFAULT_PORT}.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `wsticket: HOST is ${JSON.stringify(host)}, which is no address of this machine. Example: ${DEFAULT_HOST}`
    default:
      return undefined
  }
}

/**
 * The origins that pages of this address have: what `ALLOWED_ORIGINS` says, else this machine's own.
 *
 * @param {Address} address
 * @param {NodeJS.ProcessEnv} env
 * @returns {readonly string[]}
 */
export function originsOf({ port }, env) {
  const chosen = env.ALLOWED_ORIGINS?.trim()
  if (chosen) return chosen.split(',').map((origin) => origin.trim())
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`].map((url) => new URL(url).origin)
}

/**
 * What people type into a browser: a server that listens everywhere listens on localhost too.
 *
 * @param {Address} address
 * @returns {string}
 */
export function shownAddress({ host, port }) {
  if (['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host)) return `http://localhost:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * @param {import('node:net').Server} server
 * @param {Address} address
 * @returns {Promise<number>}
 */
function listenOn(server, { host, port }) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
    })
  })
}
