import { createServer } from 'node:http'
import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { FOREIGN, ORIGIN, type Rig, type RigOptions, rig } from '../../test/rig.js'
import { fetchRoutes } from './fetch.js'
import { ticketRoutes } from './node-http.js'

/** Sends a request to the routes of a rig; the path of nobody is 404. */
type Send = (path: string, init?: RequestInit) => Promise<Response>

const bindings: readonly (readonly [string, (of: Rig) => Promise<Send>])[] = [
  [
    'node:http',
    async (of) => {
      const { http } = await listen(createServer(ticketRoutes(of.wsticket)))
      return (path, init) => fetch(`${http}${path}`, init)
    },
  ],
  [
    'fetch',
    async (of) => {
      const routes = fetchRoutes(of.wsticket, { peer: () => '127.0.0.1' })
      return async (path, init) =>
        (await routes(new Request(`http://127.0.0.1:8080${path}`, init))) ?? new Response('', { status: 404 })
    },
  ],
]

describe.each(bindings)('the routes over %s', (_name, bind) => {
  async function start(
    options: RigOptions = {},
  ): Promise<{ of: Rig; send: Send; bearer: (subject: string) => Record<string, string> }> {
    const of = rig(options)
    const bearer = (subject: string): Record<string, string> => ({
      authorization: `Bearer ${of.tokenOf(subject)}`,
    })
    return { of, send: await bind(of), bearer }
  }

  it('issue a ticket, with its address, to dial at this very host', async () => {
    const { of, send, bearer } = await start()
    const answer = await send(PATHS.ticket, {
      method: 'POST',
      headers: { ...bearer('ada'), 'content-type': 'application/json', origin: ORIGIN },
      body: '{"ttl_seconds":60}',
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(await answer.json()).toMatchObject({
      ttl_seconds: 60,
      websocket_url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/\?ticket=wst1_/),
    })
    expect(of.take('ticket.issued')).toMatchObject([{ subject: 'ada', address: '127.0.0.1' }])
  })

  it('take no body for an empty one', async () => {
    const { send, bearer } = await start()
    expect(await send(PATHS.ticket, { method: 'POST', headers: bearer('ada') })).toMatchObject({
      status: 201,
    })
  })

  it('refuse with a problem document', async () => {
    const { send } = await start()
    const answer = await send(PATHS.ticket, { method: 'POST' })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(await answer.json()).toMatchObject({ code: 'credential_missing', status: 401 })
  })

  it.each([8193, 100_000, 5_000_000])(
    'refuse a body of %i bytes with 413, and the answer gets through',
    async (size) => {
      const { send, bearer } = await start()
      const headers = { ...bearer('ada'), 'content-type': 'application/json' }
      const answer = await send(PATHS.ticket, { method: 'POST', headers, body: 'x'.repeat(size) })
      expect(answer.status).toBe(413)
      expect(await answer.json()).toMatchObject({ code: 'request_invalid' })
    },
  )

  it('read a body in UTF-8, with or without its mark', async () => {
    const { of, send, bearer } = await start()
    const headers = { ...bearer('ada'), 'content-type': 'application/json' }
    const answer = await send(PATHS.ticket, {
      method: 'POST',
      headers,
      body: '\ufeff{"metadata":{"name":"Zoë 🎟"}}',
    })
    const { ref } = (await answer.json()) as { readonly ref: string }
    expect(await of.wsticket.inspect(ref)).toMatchObject({ record: { metadata: { name: 'Zoë 🎟' } } })
  })

  it('answer a preflight with nothing but headers', async () => {
    const { send } = await start()
    const answer = await send(PATHS.ticket, { method: 'OPTIONS', headers: { origin: ORIGIN } })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    expect(answer.headers.get('content-length')).toBeNull()
    expect(await answer.text()).toBe('')
  })

  it('refuse a foreign origin', async () => {
    const { send, bearer } = await start()
    const headers = { ...bearer('ada'), origin: FOREIGN }
    expect(await send(PATHS.ticket, { method: 'POST', headers })).toMatchObject({ status: 403 })
  })

  it('take a ref out of the path, and a query beside it', async () => {
    const { of, send, bearer } = await start({ validate: 'public' })
    const { ref } = await of.ticketOf('ada')
    const answer = await send(`${PATHS.validate.replace('{ref}', ref)}?x=1`)
    expect(await answer.json()).toMatchObject({ valid: true })
    expect(
      await send(PATHS.ticketByRef.replace('{ref}', ref), { method: 'DELETE', headers: bearer('ada') }),
    ).toMatchObject({
      status: 200,
    })
  })

  it('answer 405 with Allow, and 404 for a path of nobody', async () => {
    const { send } = await start()
    const answer = await send(PATHS.ticket)
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST, OPTIONS')
    expect(await send('/elsewhere')).toMatchObject({ status: 404 })
    expect(await send('//api/websocket/config')).toMatchObject({ status: 404 })
  })

  it('answer HEAD like any method that is not there, without a body', async () => {
    const { send } = await start()
    expect(await send(PATHS.config, { method: 'HEAD' })).toMatchObject({ status: 405 })
  })

  it('give the binding cookie', async () => {
    const { send, bearer } = await start({ bind: { cookie: true } })
    const answer = await send(PATHS.ticket, { method: 'POST', headers: bearer('ada') })
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-wsticket=/)
  })
})
