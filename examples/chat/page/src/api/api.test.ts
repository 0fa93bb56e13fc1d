import { describe, expect, it } from 'vitest'
import { type Ask, callServer, type Fetch } from './http.js'
import { closeSession, listSessions } from './sessions.js'

const answering =
  (status: number, body: string): Fetch =>
  async () =>
    new Response(body, { status })
/** Asks as somebody who is signed in. */
const asking =
  (fetch: Fetch): Ask =>
  (call) =>
    callServer(fetch, { ...call, accessToken: 'jwt' })
const session = { session_id: 's1', opened_at: 5, expires_at: 9, sockets: 1, audience: '/ws' }

describe('callServer', () => {
  const call = { method: 'GET', path: '/x' } as const

  it('gives what came, or the code of the refusal with its delay', async () => {
    expect(await callServer(answering(200, '{"a":1}'), call)).toEqual({ ok: true, value: { a: 1 } })
    const body = JSON.stringify({ title: 'No', status: 429, code: 'rate_limited', retry_after: 4 })
    expect(await callServer(answering(429, body), call)).toEqual({
      ok: false,
      code: 'rate_limited',
      retryAfterSeconds: 4,
    })
  })

  it('tells a server that is not there from an answer that is not ours', async () => {
    const offline: Fetch = () => Promise.reject(new TypeError('no network'))
    expect(await callServer(offline, call)).toEqual({ ok: false, code: 'network_unreachable' })
    expect(await callServer(answering(502, '<h1>Bad gateway</h1>'), call)).toMatchObject({
      code: 'network_unreachable',
    })
    expect(await callServer(answering(404, 'nothing'), call)).toMatchObject({ code: 'response_invalid' })
  })

  it('sends the token as a header, the body as JSON and no cookies', async () => {
    let sent: RequestInit = {}
    const fetch: Fetch = async (_url, init) => {
      sent = init
      return new Response('{}')
    }
    await callServer(fetch, { method: 'POST', path: '/x', accessToken: 'jwt', body: { a: 1 } })
    expect(sent).toMatchObject({
      headers: { authorization: 'Bearer jwt', 'content-type': 'application/json' },
      body: '{"a":1}',
      credentials: 'omit',
    })
  })
})

describe('sessions', () => {
  it('are listed with the newest first', async () => {
    const body = JSON.stringify({ sessions: [session, { ...session, session_id: 's2', opened_at: 7 }] })
    const answer = await listSessions(asking(answering(200, body)))
    expect(answer.ok && answer.value.map((each) => each.session_id)).toEqual(['s2', 's1'])
  })

  it('are not taken in another shape', async () => {
    for (const body of [
      '{}',
      '{"sessions":{}}',
      JSON.stringify({ sessions: [{ ...session, sockets: '1' }] }),
    ]) {
      expect(await listSessions(asking(answering(200, body)))).toMatchObject({ code: 'response_invalid' })
    }
  })

  it('are closed by their ref', async () => {
    let asked = ''
    const fetch: Fetch = async (url, init) => {
      asked = `${init.method} ${url}`
      return new Response('{"closed":true}')
    }
    await closeSession(asking(fetch), '7f/x')
    expect(asked).toBe('DELETE /api/websocket/session/7f%2Fx')
  })

  it('are closed as well if they ended meanwhile, and not if the server refuses', async () => {
    const refusing = (status: number, code: string): Ask =>
      asking(answering(status, JSON.stringify({ title: 'No', status, code })))
    expect(await closeSession(refusing(404, 'not_found'), 'x')).toMatchObject({ ok: true })
    expect(await closeSession(refusing(503, 'store_unavailable'), 'x')).toEqual({
      ok: false,
      code: 'store_unavailable',
    })
  })
})
