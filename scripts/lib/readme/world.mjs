/**
 * The world that the README's examples run in. Their code is run as it is printed; what they name and nobody here owns
 * is led elsewhere, and this file is the whole list of it:
 *
 * | the README says | what it gets |
 * |---|---|
 * | `https://id.example.com/…` | the test's own issuer on 127.0.0.1 |
 * | `https://api.example.com/…`, `wss://api.example.com/…` | the README's server on 127.0.0.1 |
 * | `.listen(8080)` | a free port |
 * | a browser page of `https://app.example.com` | `fetch` and `WebSocket` that send this Origin |
 * | `auth.accessToken()` | a JWT of that issuer |
 * | `show(data)`, `banner(to, cause)` | are told to the test |
 *
 * Loaded by `node --import` in front of an example, which runs as a child process; the addresses come in as WORLD.
 */
import { Server } from 'node:net'
import { WebSocket } from 'ws'

export const ISSUER = 'https://id.example.com'
export const API = 'api.example.com'
export const PAGE = 'https://app.example.com'
export const PORT = 8080

/** @typedef {{ role: 'server', issuer: string } | { role: 'client', api: string, token: string }} World */

if (process.env.WORLD !== undefined) enter(/** @type {World} */ (JSON.parse(process.env.WORLD)))

/** @param {World} world */
function enter(world) {
  if (world.role === 'server') {
    leadFetch((url) => url.replace(ISSUER, world.issuer), {})
    takeFreePort()
    return
  }
  const { api, token } = world
  leadFetch((url) => url.replace(`https://${API}`, `http://${api}`), { Origin: PAGE })
  Object.assign(globalThis, {
    WebSocket: class extends WebSocket {
      /**
       * @param {string | URL} url
       * @param {string | string[]} [protocols]
       */
      constructor(url, protocols = []) {
        super(String(url).replace(`wss://${API}`, `ws://${api}`), protocols, { origin: PAGE })
      }
    },
    auth: { accessToken: async () => token },
    show: (/** @type {unknown} */ data) => process.send?.({ shown: data }),
    banner: (/** @type {{ name?: string }} */ to) => process.send?.({ banner: to.name }),
  })
}

/**
 * @param {(url: string) => string} lead
 * @param {Record<string, string>} extra
 */
function leadFetch(lead, extra) {
  const original = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
    return original(lead(input instanceof Request ? input.url : String(input)), { ...init, headers })
  }
}

/** The port of the README may be taken here. */
function takeFreePort() {
  // oxlint-disable-next-line typescript/unbound-method -- called below on the server that it is called on
  const listen = Server.prototype.listen
  /** @param {unknown[]} args */
  function listenElsewhere(...args) {
    if (args[0] === PORT) args[0] = 0
    // @ts-expect-error: one of many overloads, whichever the example took
    const server = listen.apply(this, args)
    server.once('listening', () => process.send?.({ listening: server.address() }))
    return server
  }
  Server.prototype.listen = listenElsewhere
}
