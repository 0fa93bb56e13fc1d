import { createServer } from 'node:http'
import { SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../test/browsers.js'
import { afterAllTests } from '../test/cleanups.js'
import { listen } from '../test/listen.js'
import { dial, dialRefused } from '../test/socket-probe.js'
import { type ChatProcess, logIn, post, startChat, takeTicket } from './chat-process.js'

const cleanUp = afterAllTests()
let chat: ChatProcess
let token: string

beforeAll(async () => {
  chat = await startChat(cleanUp)
  token = (await logIn(chat, 'ada')).access_token
})

/** What a body, or something that is none, is answered with. */
async function ask(body: string, headers: Record<string, string> = {}): Promise<unknown[]> {
  const answer = await fetch(`${chat.http}/api/websocket/ticket`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body,
  })
  const problem = (await answer.json()) as { code: string; detail?: string }
  return [answer.status, problem.code, problem.detail]
}

describe('A bad request for a ticket', () => {
  it.each([
    ['no JSON', '{"ttl', [400, 'request_invalid', 'the body is not valid JSON']],
    ['an unknown field', '{"ttl":60}', [400, 'request_invalid', 'unknown field: ttl']],
    [
      'too short a life',
      '{"ttl_seconds":29}',
      [400, 'request_invalid', expect.stringContaining('from 30 to 3600')],
    ],
    [
      'too long a life',
      '{"ttl_seconds":3601}',
      [400, 'request_invalid', expect.stringContaining('from 30 to 3600')],
    ],
    [
      'too much metadata',
      JSON.stringify({ metadata: { a: 'x'.repeat(2048) } }),
      [400, 'request_invalid', expect.stringContaining('2048 bytes')],
    ],
    [
      'too large a body',
      JSON.stringify({ metadata: { a: 'x'.repeat(9000) } }),
      [413, 'request_invalid', expect.stringContaining('8192 bytes')],
    ],
    [
      'more than the JWT grants',
      '{"permissions":["admin"]}',
      [403, 'permissions_exceeded', expect.stringContaining('subset')],
    ],
    [
      'a route that is none',
      '{"audience":"/other"}',
      [400, 'request_invalid', expect.stringContaining('/ws')],
    ],
  ])('is told what is wrong: %s', async (_what, body, expected) => {
    expect(await ask(body)).toEqual(expected)
  })

  it('loses nothing: the next good one is answered, and so is a socket', async () => {
    const { ticket_id } = await takeTicket(chat, token)
    await dial(`${chat.ws}/ws?ticket=${ticket_id}`)
  })

  it.each([
    ['nothing', async () => ''],
    ['no JWT', async () => 'Bearer garbage'],
    [
      'alg none',
      async () => `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`,
    ],
    [
      'a payload of its own',
      async () =>
        `Bearer ${token.split('.')[0]}.${Buffer.from('{"sub":"alan"}').toString('base64url')}.${token.split('.')[2]}`,
    ],
    [
      'the public key as a shared secret',
      async () => {
        const jwks = await (await fetch(`${chat.http}/auth/jwks.json`)).text()
        const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
        return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(jwks))}`
      },
    ],
  ])('is 401 with %s for a credential', async (_what, authorization) => {
    const [status, code] = await ask('{}', { authorization: await authorization() })
    expect([status, code]).toEqual([401, expect.stringMatching(/^credential_(missing|invalid)$/)])
  })
})

describe('A bad upgrade', () => {
  it('tells garbage, a forged ticket, none at all and two different ones apart', async () => {
    const code = async (query: string): Promise<unknown[]> => {
      const { status, body } = await dialRefused(`${chat.ws}/ws${query}`)
      return [status, JSON.parse(body).code]
    }
    const [one, two] = await Promise.all([takeTicket(chat, token), takeTicket(chat, token)])
    expect(await code('?ticket=wst1_garbage')).toEqual([403, 'ticket_unknown'])
    expect(await code(`?ticket=wst1_7f${'a'.repeat(54)}`)).toEqual([403, 'ticket_unknown'])
    expect(await code('?ticket=concert')).toEqual([401, 'credential_missing'])
    expect(await code('')).toEqual([401, 'credential_missing'])
    expect(await code(`?ticket=${one.ticket_id}&ticket=${two.ticket_id}`)).toEqual([
      403,
      'credential_ambiguous',
    ])
    // Neither was burned, and the same one twice is one.
    await dial(`${chat.ws}/ws?ticket=${one.ticket_id}&auth_ticket=${one.ticket_id}`)
    await dial(`${chat.ws}/ws?ticket=${two.ticket_id}`)
  })
})

it('A page of a foreign origin gets no ticket and no socket in a real browser, even with a good JWT and ticket', async () => {
  const foreign = await listen(
    createServer(
      (_request, response) => void response.setHeader('content-type', 'text/html').end('<p>foreign</p>'),
    ),
    cleanUp,
  )
  const { ticket_id } = await takeTicket(chat, token)
  const page = await (await launchChromium(cleanUp)).newPage()
  await page.goto(foreign.http)
  const seen = await page.evaluate(
    async ({ http, ws, jwt, ticket }) => {
      const answer = await fetch(`${http}/api/websocket/ticket`, {
        method: 'POST',
        headers: { authorization: `Bearer ${jwt}` },
      }).then(
        () => 'read',
        () => 'blocked',
      )
      const socket = await new Promise((resolve) => {
        const tried = new WebSocket(`${ws}/ws`, ['wsticket.v1', `wsticket.${ticket}`, 'wsticket.refused'])
        tried.onopen = () => resolve('open')
        tried.onclose = ({ code }) => resolve(code)
      })
      return [answer, socket]
    },
    { http: chat.http, ws: chat.ws, jwt: token, ticket: ticket_id },
  )
  expect(seen).toEqual(['blocked', 1006])
  // It was not burned: the page that it belongs to still gets in.
  await dial(`${chat.ws}/ws?ticket=${ticket_id}`, { origin: chat.http })
  expect((await post(chat, '/api/websocket/ticket', {}, token)).status).toBe(201)
})
