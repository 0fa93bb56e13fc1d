import { randomUUID } from 'node:crypto'

/**
 * What is seen. `stop` waits for the commands that were answered before it, and gives all the lines.
 *
 * @typedef {{ lines: readonly string[], stop: () => Promise<readonly string[]> }} Monitor
 */

/**
 * Watches each command that a Redis runs, by `MONITOR`.
 *
 * @param {import('./redis-server.mjs').RedisServer} redis
 * @returns {Promise<Monitor>}
 */
export async function watchCommands(redis) {
  const connection = await redis.connect()
  const mark = randomUUID()
  /** @type {string[]} */
  const lines = []
  /** @type {(() => void) | undefined} */
  let onMark
  connection.onExtra = (reply) => {
    const line = String(reply)
    if (line.includes(mark)) onMark?.()
    else lines.push(line)
  }
  await connection.command(['MONITOR'])
  const stop = async () => {
    /** @type {Promise<void>} */
    const marked = new Promise((resolve) => {
      onMark = resolve
    })
    // What comes before this one in the stream has come, once it is there.
    await redis.command('ECHO', mark)
    await marked
    connection.close()
    return lines
  }
  return { lines, stop }
}
