import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that systems hand out for port 0 (from 32768 on), so that nobody gets the port of a server that is down
 * for a moment and will come back. The upper end leaves room for the port of a cluster's bus.
 */
const FIRST = 10_000
const END = 22_000
/** Where Redis listens for the other nodes of its cluster, counted from its port. */
export const BUS_OFFSET = 10_000
const TRIES = 200

/** Ports that this process gave away: what they are for may not listen yet. @type {Set<number>} */
const given = new Set()

/**
 * Finds a port of 127.0.0.1 on which nobody listens, and whose bus port is free, too. Another process may find the same
 * one at the same time: who listens on it has to try again with another.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST))
    if (given.has(port)) continue
    given.add(port)
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port
    given.delete(port)
  }
  throw new Error(`wsticket: no port from ${FIRST} to ${END} is free on 127.0.0.1; end what listens there.`)
}

/**
 * Gives a port back that is not needed any more.
 *
 * @param {number} port
 */
export function returnPort(port) {
  given.delete(port)
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
