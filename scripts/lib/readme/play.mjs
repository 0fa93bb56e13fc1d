import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { ISSUER } from './world.mjs'

/** So long an example may take until it does what it is for. */
const PATIENCE_MS = 20_000
const KEY_ID = 'readme'

/**
 * Runs the README's server and its client, each in a process of its own, and waits until the client shows a message.
 *
 * @param {{ server: string, client: string, subject: string }} examples paths of the two modules
 * @returns {Promise<unknown>} what the client showed
 */
export async function play({ server, client, subject }) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'ES256' }] }
  const issuer = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(jwks))
  })
  issuer.listen(0, '127.0.0.1')
  await once(issuer, 'listening')
  const token = await new SignJWT({ sid: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid: KEY_ID })
    .setIssuer(ISSUER)
    .setAudience('chat')
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)

  const serving = enter(server, { role: 'server', issuer: `http://127.0.0.1:${portOf(issuer.address())}` })
  try {
    const port = portOf(await serving.heard('listening'))
    const visiting = enter(client, { role: 'client', api: `127.0.0.1:${port}`, token })
    try {
      return await visiting.heard('shown')
    } finally {
      visiting.end()
    }
  } finally {
    serving.end()
    issuer.close()
    issuer.closeAllConnections()
  }
}

/**
 * Starts one example.
 *
 * @param {string} module
 * @param {import('./world.mjs').World} world
 */
function enter(module, world) {
  const child = fork(module, {
    execArgv: ['--import', fileURLToPath(new URL('world.mjs', import.meta.url))],
    env: { ...process.env, NODE_ENV: 'production', WORLD: JSON.stringify(world) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text
    })
  }
  return {
    /**
     * Resolves with the first message that has this key.
     *
     * @param {string} key
     * @returns {Promise<unknown>}
     */
    heard: (key) =>
      new Promise((resolve, reject) => {
        const fail = (/** @type {string} */ why) =>
          reject(new Error(`wsticket: the README's ${world.role} ${why} (waiting for "${key}").\n${output}`))
        const late = setTimeout(() => fail(`did nothing for ${PATIENCE_MS / 1000} s`), PATIENCE_MS)
        child.once('exit', (code) => fail(`ended with ${code}`))
        child.once('exit', () => clearTimeout(late))
        child.on('message', (message) => {
          if (typeof message !== 'object' || message === null || !(key in message)) return
          clearTimeout(late)
          resolve(/** @type {Record<string, unknown>} */ (message)[key])
        })
      }),
    end: () => child.kill('SIGKILL'),
  }
}

/** @param {unknown} address */
function portOf(address) {
  if (typeof address !== 'object' || address === null || !('port' in address))
    throw new Error('wsticket: no port')
  return Number(address.port)
}
