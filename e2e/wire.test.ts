import { createHash, randomBytes } from 'node:crypto'
import { setInterval } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { afterAllTests } from '../test/cleanups.js'
import { rawHttp, requestText } from '../test/raw-http.js'
import { attempt, dial, dialRefused, SocketProbe } from '../test/socket-probe.js'
import { type ChatProcess, logIn, post, startChat, takeTicket } from './chat-process.js'

const cleanUp = afterAllTests()
let chat: ChatProcess

beforeAll(async () => {
  chat = await startChat(cleanUp)
})

interface ChatEvent {
  readonly type: string
  readonly run_id: string
  readonly seq: number
  readonly text?: string
}

async function ask(socket: SocketProbe, text: string): Promise<ChatEvent[]> {
  socket.sendJson({ type: 'user_message', id: randomBytes(4).toString('hex'), text })
  const events: ChatEvent[] = []
  for (;;) {
    const event = (await socket.nextJson(20_000)) as ChatEvent
    events.push(event)
    if (event.type === 'agent_completed') return events
  }
}

const offer = (ticket: string): string[] => ['wsticket.v1', `wsticket.${ticket}`]

describe('The golden path over plain HTTP and a raw WebSocket', () => {
  it.each([
    ['12*(7+5)', '144'],
    ['What is a tenure fence?', 'replicates asynchronously'],
  ])('answers %s in five kinds of events', async (question, expected) => {
    const { access_token } = await logIn(chat, 'ada')
    const { ticket_id } = await takeTicket(chat, access_token)
    const socket = await dial(`${chat.ws}/ws`, { protocols: offer(ticket_id), origin: chat.http })
    expect(socket.protocol).toBe('wsticket.v1')
    const events = await ask(socket, question)
    const kinds = new Set(events.map(({ type }) => type))
    for (const kind of [
      'agent_started',
      'agent_thinking',
      'tool_executing',
      'tool_completed',
      'agent_completed',
    ]) {
      expect(kinds).toContain(kind)
    }
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index))
    expect(events.at(-1)?.text?.toLowerCase()).toContain(expected)
    const streamed = events.filter(({ type }) => type === 'text_delta').map(({ text }) => text)
    expect(streamed.join('')).toBe(events.at(-1)?.text)
  })

  it('connects by the URL that came with the ticket', async () => {
    const { access_token } = await logIn(chat, 'ada')
    const { websocket_url } = await takeTicket(chat, access_token)
    const socket = await dial(websocket_url)
    const events = await ask(socket, '2+2')
    expect(events.at(-1)?.text).toContain('4')
  })

  it('refuses a ticket that was used with 403, and with a close frame where the client can read one', async () => {
    const { access_token } = await logIn(chat, 'ada')
    const { ticket_id, ref } = await takeTicket(chat, access_token)
    await dial(`${chat.ws}/ws`, { protocols: offer(ticket_id) })
    for (const refused of [
      await dialRefused(`${chat.ws}/ws`, { protocols: offer(ticket_id) }),
      await dialRefused(`${chat.ws}/ws?ticket=${ticket_id}`),
    ]) {
      expect(refused.status).toBe(403)
      expect(refused.headers['content-type']).toBe('application/problem+json')
      expect(JSON.parse(refused.body)).toMatchObject({ code: 'ticket_used', status: 403, ref })
      expect(refused.body).not.toContain(ticket_id)
    }
    const told = await dial(`${chat.ws}/ws`, { protocols: [...offer(ticket_id), 'wsticket.refused'] })
    expect(told.protocol).toBe('wsticket.refused')
    expect(await told.end()).toEqual({ code: 3000, reason: 'ticket_used' })
    expect(told.waiting).toBe(0)
  })

  it('sends one close frame and not one other byte when it refuses over a socket', async () => {
    const key = randomBytes(16).toString('base64')
    const answer = await rawHttp({
      port: Number(new URL(chat.http).port),
      bytes: requestText(
        'GET /ws HTTP/1.1',
        'Host: localhost',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${key}`,
        `Sec-WebSocket-Protocol: wsticket.v1, wsticket.wst1_${'a'.repeat(56)}, wsticket.refused`,
      ),
      until: (text) => text.includes('ticket_unknown'),
    })
    expect(answer.status).toBe(101)
    expect(Object.fromEntries(answer.headers)).toEqual({
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': createHash('sha1')
        .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64'),
      'sec-websocket-protocol': 'wsticket.refused',
    })
    const reason = 'ticket_unknown'
    expect(Buffer.from(answer.body, 'latin1')).toEqual(
      Buffer.concat([Buffer.from([0x88, 2 + reason.length, 3000 >> 8, 3000 & 0xff]), Buffer.from(reason)]),
    )
  })

  it('refuses a foreign Origin with 403 and leaves the ticket good', async () => {
    const { access_token } = await logIn(chat, 'ada')
    const { ticket_id } = await takeTicket(chat, access_token)
    const refused = await dialRefused(`${chat.ws}/ws`, {
      protocols: [...offer(ticket_id), 'wsticket.refused'],
      origin: 'https://evil.example',
    })
    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'origin_refused' })
    await dial(`${chat.ws}/ws`, { protocols: offer(ticket_id), origin: chat.http })
    const page = await fetch(`${chat.http}/api/websocket/ticket`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', authorization: `Bearer ${access_token}` },
    })
    expect(page.status).toBe(403)
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('answers 101 to exactly one of 200 upgrades that bring one ticket at once', async () => {
    const { access_token } = await logIn(chat, 'ada')
    const { ticket_id } = await takeTicket(chat, access_token)
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        index % 2 === 0
          ? attempt(`${chat.ws}/ws`, { protocols: offer(ticket_id) })
          : attempt(`${chat.ws}/ws?ticket=${ticket_id}`),
      ),
    )
    expect(outcomes.filter((outcome) => outcome instanceof SocketProbe)).toHaveLength(1)
    const codes = outcomes.map((outcome) =>
      outcome instanceof SocketProbe ? '' : JSON.parse(outcome.body).code,
    )
    expect(codes.filter((code) => code === 'ticket_used')).toHaveLength(199)
  })

  it('never shows one user the events of another', async () => {
    const sockets = await Promise.all(
      (['ada', 'alan'] as const).map(async (name) => {
        const { access_token } = await logIn(chat, name)
        const { ticket_id } = await takeTicket(chat, access_token)
        return dial(`${chat.ws}/ws`, { protocols: offer(ticket_id) })
      }),
    )
    const [ada, alan] = sockets
    if (ada === undefined || alan === undefined) throw new Error('two sockets were dialled')
    const [ofAda, ofAlan] = await Promise.all([ask(ada, '1000+1'), ask(alan, '2000+2')])
    expect(new Set(ofAda.map(({ run_id }) => run_id)).size).toBe(1)
    expect(new Set(ofAlan.map(({ run_id }) => run_id)).size).toBe(1)
    expect(ofAda[0]?.run_id).not.toBe(ofAlan[0]?.run_id)
    expect(JSON.stringify(ofAda)).not.toContain('2002')
    expect(JSON.stringify(ofAlan)).not.toContain('1001')
    // Whatever was sent to the wrong one would have come before the answer to its own next question.
    expect((await ask(alan, '3000+3'))[0]?.seq).toBe(0)
    expect(ada.waiting).toBe(0)
  })
})

describe('Logout', () => {
  it('closes the sockets of that login with 3003, and its JWT gets no further ticket', async () => {
    const here = await logIn(chat, 'alan')
    const elsewhere = await logIn(chat, 'alan')
    const sockets = await Promise.all(
      [here, elsewhere].map(async ({ access_token }) =>
        dial(`${chat.ws}/ws`, { protocols: offer((await takeTicket(chat, access_token)).ticket_id) }),
      ),
    )
    const waiting = await takeTicket(chat, here.access_token)
    expect((await post(chat, '/auth/logout', {}, here.access_token)).status).toBeLessThan(300)
    expect(await sockets[0]?.end()).toEqual({ code: 3003, reason: 'session_revoked' })
    const late = await post(chat, '/api/websocket/ticket', {}, here.access_token)
    expect([late.status, (await late.json()).code]).toEqual([401, 'credential_revoked'])
    const refused = await dialRefused(`${chat.ws}/ws?ticket=${waiting.ticket_id}`)
    expect(JSON.parse(refused.body).code).toBe('ticket_revoked')
    expect((await post(chat, '/auth/refresh', { refresh_token: here.refresh_token })).status).toBe(401)
    // The other login lives on.
    const other = sockets[1]
    if (other === undefined) throw new Error('two sockets were dialled')
    expect((await ask(other, '1+1')).at(-1)?.text).toContain('2')
    other.close()
  })

  it('everywhere closes the sockets of every login of that user, and of no other', async () => {
    const logins = [await logIn(chat, 'alan'), await logIn(chat, 'alan')]
    const bystander = await logIn(chat, 'ada')
    const open = async (token: string): Promise<SocketProbe> =>
      dial(`${chat.ws}/ws`, { protocols: offer((await takeTicket(chat, token)).ticket_id) })
    const sockets = await Promise.all(logins.map(({ access_token }) => open(access_token)))
    const other = await open(bystander.access_token)
    const token = logins[0]?.access_token ?? ''
    expect((await post(chat, '/auth/logout', { everywhere: true }, token)).status).toBeLessThan(300)
    for (const socket of sockets)
      expect(await socket.end()).toEqual({ code: 3003, reason: 'session_revoked' })
    for (const login of logins) {
      expect((await post(chat, '/api/websocket/ticket', {}, login.access_token)).status).toBe(401)
      expect((await post(chat, '/auth/refresh', { refresh_token: login.refresh_token })).status).toBe(401)
    }
    expect((await ask(other, '1+1')).at(-1)?.text).toContain('2')
  })
})

describe('What the server prints', () => {
  /** A secret as it is, as a URL has it and as base64 has it, whatever stands before it. */
  const forms = (secret: string): string[] => [
    secret,
    encodeURIComponent(secret),
    ...[0, 1, 2].map((shift) =>
      Buffer.from(' '.repeat(shift) + secret)
        .toString('base64')
        .slice(4, -4),
    ),
  ]
  const leaks = (text: string, secrets: readonly string[]): string[] =>
    secrets.filter((secret) => forms(secret).some((form) => text.includes(form)))

  it('holds none of the tickets and tokens that the tests before have used', async () => {
    const { access_token } = await logIn(chat, 'ada')
    const { ticket_id } = await takeTicket(chat, access_token)
    // Where no ticket belongs: in a path, in an Origin, in a subprotocol without the one beside it.
    await fetch(`${chat.http}/api/websocket/ticket/${ticket_id}/validate`)
    await fetch(`${chat.http}/nowhere/${ticket_id}?token=${access_token}`)
    await dialRefused(`${chat.ws}/ws`, { origin: `https://${ticket_id}.example` })
    await dialRefused(`${chat.ws}/ws`, { protocols: [`wsticket.${ticket_id}`] })
    await post(
      chat,
      '/api/websocket/ticket',
      { audience: ticket_id, [access_token.slice(0, 60)]: 1 },
      access_token,
    )
    expect(chat.secrets.length).toBeGreaterThan(10)
    expect(chat.output()).toContain('ticket.redeemed')
    expect(leaks(chat.output(), chat.secrets)).toEqual([])
  })

  it('is searched by a search that finds what is there', () => {
    const secret = `wst1_${randomBytes(42).toString('base64url')}`
    for (const printed of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(`GET /?t=${secret}`).toString('base64'),
    ]) {
      expect(leaks(`{"line":"${printed}"}`, [secret])).toEqual([secret])
    }
  })
})

describe('A credential that expires', () => {
  it('ends its socket with 3008, while a session that was renewed lives on', async () => {
    const short = await startChat(cleanUp, { AUTH_TOKEN_TTL: '2' })
    const open = async (): Promise<{ socket: SocketProbe; ref: string; refresh: string }> => {
      const login = await logIn(short, 'ada')
      const { ticket_id, ref } = await takeTicket(short, login.access_token)
      const socket = await dial(`${short.ws}/ws`, { protocols: offer(ticket_id) })
      return { socket, ref, refresh: login.refresh_token }
    }
    const left = await open()
    const renewed = await open()
    const renewOnce = async (refreshToken: string): Promise<string> => {
      const fresh = (await (await post(short, '/auth/refresh', { refresh_token: refreshToken })).json()) as {
        access_token: string
        refresh_token: string
      }
      const answer = await post(short, `/api/websocket/session/${renewed.ref}/renew`, {}, fresh.access_token)
      expect(answer.status).toBe(200)
      return fresh.refresh_token
    }
    const over = new AbortController()
    const end = left.socket.end(15_000).finally(() => over.abort())
    let refresh = await renewOnce(renewed.refresh)
    // As a client does: anew before each token ends, for as long as the other socket lives on its first one.
    try {
      for await (const _tick of setInterval(1000, undefined, { signal: over.signal }))
        refresh = await renewOnce(refresh)
    } catch (error) {
      if (!over.signal.aborted) throw error
    }
    expect(await end).toEqual({ code: 3008, reason: 'session_expired' })
    expect((await ask(renewed.socket, '6*7')).at(-1)?.text).toContain('42')
  })
})
