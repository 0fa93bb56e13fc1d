import { createServer } from 'node:http'

/**
 * What a page may do to the cluster.
 *
 * @typedef {'kill-node' | 'drain-node' | 'fail-over'} Action
 */

/**
 * `state` is told as JSON. `act` resolves as soon as it has begun, with `undefined` or with why it cannot.
 *
 * @typedef {{
 *   origins: readonly string[],
 *   state: () => Promise<unknown>,
 *   act: (action: Action, target: string) => Promise<string | undefined>,
 *   say: (line: string) => void,
 * }} ControlOptions
 */

/** @type {readonly Action[]} */
const ACTIONS = ['kill-node', 'drain-node', 'fail-over']
const BODY_MAX_BYTES = 1024

/**
 * Makes the server behind the buttons of the page: `GET /cluster/state` and `POST /cluster/actions`. It ends processes
 * for whoever asks, so it asks who that is: only pages of the cluster's own address may, which a browser says by
 * `Origin`, and by `Host` where it sends no `Origin`.
 *
 * @param {ControlOptions} options
 * @returns {import('node:http').Server} to listen where only the balancer reaches it
 */
export function createControlServer(options) {
  const hosts = options.origins.map((origin) => new URL(origin).host)
  return createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answer(request, hosts, options).then(
      ({ status, body, headers }) => send(response, status, body, headers),
      (/** @type {unknown} */ error) => {
        options.say(`The cluster could not be asked: ${String(error)}`)
        send(response, 500, problem(500, 'The cluster could not be asked; its terminal says why.'))
      },
    )
  })
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {readonly string[]} hosts
 * @param {ControlOptions} options
 * @returns {Promise<{ status: number, body: unknown, headers?: Record<string, string> }>}
 */
async function answer(request, hosts, options) {
  const { method, headers } = request
  const path = (request.url ?? '').split('?', 1)[0]
  // A foreign page whose name was made to lead here has another one in `Host`.
  if (!hosts.includes(headers.host ?? '')) return refuse(421, `This answers for ${hosts.join(' and ')} only.`)
  if (path === '/cluster/state') {
    if (method !== 'GET') return refuse(405, 'This takes GET.', { allow: 'GET' })
    return { status: 200, body: await options.state() }
  }
  if (path !== '/cluster/actions') return refuse(404, 'There is nothing here.')
  if (method !== 'POST') return refuse(405, 'This takes POST.', { allow: 'POST' })
  const { origin } = headers
  if (origin === undefined || !options.origins.includes(origin) || new URL(origin).host !== headers.host) {
    return refuse(403, 'Only pages of this very address may do this.')
  }
  if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '')) {
    return refuse(415, 'The body must be application/json.')
  }
  const text = await readBody(request)
  if (text === undefined) return refuse(413, `The body may have ${BODY_MAX_BYTES} bytes at most.`)
  const order = readOrder(text)
  if (order === undefined) {
    return refuse(
      400,
      `The body must be {"action": ${ACTIONS.map((each) => `"${each}"`).join(' | ')}, "target"}.`,
    )
  }
  const because = await options.act(order.action, order.target)
  if (because !== undefined) return refuse(409, because)
  return { status: 200, body: await options.state() }
}

/**
 * @param {string} text
 * @returns {{ action: Action, target: string } | undefined}
 */
function readOrder(text) {
  /** @type {unknown} */
  let body
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof body !== 'object' || body === null || !('action' in body) || !('target' in body))
    return undefined
  const action = ACTIONS.find((each) => each === body.action)
  if (action === undefined || typeof body.target !== 'string') return undefined
  return { action, target: body.target }
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<string | undefined>} `undefined` if there is too much of it
 */
async function readBody(request) {
  let text = ''
  request.setEncoding('utf8')
  for await (const piece of request) {
    text += String(piece)
    if (text.length > BODY_MAX_BYTES) return undefined
  }
  return text
}

/**
 * @param {number} status
 * @param {string} detail
 * @param {Record<string, string>} [headers]
 */
function refuse(status, detail, headers) {
  return { status, body: problem(status, detail), ...(headers && { headers }) }
}

/**
 * @param {number} status
 * @param {string} detail
 */
function problem(status, detail) {
  return { status, detail }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 */
function send(response, status, body, headers) {
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // What was not read of the body is nothing that the next answer should wait for.
    ...(status >= 400 && { connection: 'close' }),
    ...headers,
  })
  response.end(JSON.stringify(body))
}
