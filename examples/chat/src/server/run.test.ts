import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { anonymousProtocols, jwtProtocols, ticketProtocols } from '@wsticket/protocol'
import { serverLimits } from '@wsticket/server/node-http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { jsonOf, listen, textOf } from '../../test/helpers.js'
import {
  DOCUMENTS,
  post,
  type RunningChat,
  type SignedIn,
  signIn,
  startChat,
  tryStartChat,
} from '../../test/running-chat.js'
import { PasswordHasher } from '../auth/passwords.js'
import { startChatServer } from './chat-server.js'
import { readConfig } from './config.js'
import { createLogger } from './logger.js'
import { run } from './run.js'

class Page {
  readonly events: Record<string, unknown>[] = []
  readonly closed: Promise<[number, string]>
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const event: unknown = JSON.parse(data.toString())
      this.events.push({ ...(event as Record<string, unknown>) })
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve([code, reason.toString()]))
    })
  }

  static async open(url: string, options: { origin?: string; protocols?: string[] } = {}): Promise<Page> {
    const { origin, protocols = [] } = options
    const socket = new WebSocket(url, protocols, origin === undefined ? {} : { origin })
    const page = new Page(socket)
    await new Promise<void>((resolve, reject) => {
      socket.on('open', resolve)
      socket.on('error', reject)
    })
    return page
  }

  async ask(id: string, text: string): Promise<Record<string, unknown>> {
    this.#socket.send(JSON.stringify({ type: 'user_message', id, text }))
    const answer = (): Record<string, unknown> | undefined =>
      this.events.find((event) => event.type === 'agent_completed')
    await expect.poll(answer, { timeout: 4000 }).toBeDefined()
    return answer() ?? {}
  }

  leave(): void {
    this.#socket.close()
  }
}

async function connect(chat: RunningChat, bearer: SignedIn['bearer']): Promise<Page> {
  const ticket = await jsonOf(await post(`${chat.address}/api/websocket/ticket`, {}, bearer))
  // The way of the SDK. It once broke on Node's lazily read headers, where the way by the URL still worked.
  const protocols = ticketProtocols(textOf(ticket, 'ticket_id'), { refusals: true })
  const page = await Page.open(`${chat.address.replace('http', 'ws')}/ws`, { protocols })
  onTestFinished(() => page.leave())
  return page
}

describe('the chat', () => {
  it('goes from login to answer, and each user sees the own ones only', async () => {
    const chat = await startChat()
    const [ada, alan] = [await signIn(chat, 'ada'), await signIn(chat, 'alan')]
    const [adas, alans] = [await connect(chat, ada.bearer), await connect(chat, alan.bearer)]
    expect(await adas.ask('one', '12*(7+5)')).toMatchObject({
      type: 'agent_completed',
      text: '12*(7+5) = 144',
    })
    expect(alans.events).toEqual([])
    expect(await alans.ask('two', 'What is a tenure fence?')).toMatchObject({
      text: expect.stringContaining('only the process that issued a ticket') as unknown,
    })
    // Not the bare 144: a time or an id holds that by chance.
    expect(JSON.stringify(alans.events)).not.toContain('12*(7+5)')
    expect(adas.events.map((event) => event.seq)).toEqual(adas.events.map((_, index) => index))
  })

  it('prints its address once, and no secret ever', async () => {
    const chat = await startChat()
    const { access, refresh, bearer } = await signIn(chat, 'ada')
    const ticket = await jsonOf(await post(`${chat.address}/auth/ticket`, {}, bearer))
    const page = await Page.open(textOf(ticket, 'websocket_url'))
    await page.ask('one', 'hello')
    page.leave()
    await post(`${chat.address}/auth/refresh`, { refresh_token: refresh })
    await post(`${chat.address}/auth/refresh`, { refresh_token: refresh })
    expect(chat.printed).toEqual([`wsticket chat: ${chat.address}`])
    expect(chat.logged()).not.toContain(chat.address)
    expect(chat.logged()).toContain('"event":"refresh.reused"')
    for (const secret of [access, refresh, textOf(ticket, 'ticket_id'), 'ada-demo', 'ada@example.com']) {
      expect(chat.logged()).not.toContain(secret)
    }
  })

  it('closes the sockets of a login that logs out, and of no other', async () => {
    const chat = await startChat()
    const [here, there] = [await signIn(chat, 'ada'), await signIn(chat, 'ada')]
    const [mine, other] = [await connect(chat, here.bearer), await connect(chat, there.bearer)]
    expect((await post(`${chat.address}/auth/logout`, {}, here.bearer)).status).toBe(200)
    expect(await mine.closed).toEqual([3003, 'session_revoked'])
    expect((await post(`${chat.address}/auth/ticket`, {}, here.bearer)).status).toBe(401)
    expect(await other.ask('one', '1+1')).toMatchObject({ text: '1+1 = 2' })
    await post(`${chat.address}/auth/logout`, { everywhere: true }, there.bearer)
    expect(await other.closed).toEqual([3003, 'session_revoked'])
    const again = await signIn(chat, 'ada')
    expect((await post(`${chat.address}/auth/ticket`, {}, again.bearer)).status).toBe(201)
  })

  // The ticket routes' logout once ended tickets and sockets only: a refresh token made new ones.
  it('ends refresh tokens by the logout of the ticket routes too, of one login or of all', async () => {
    const chat = await startChat()
    const logins = [await signIn(chat, 'ada'), await signIn(chat, 'ada'), await signIn(chat, 'ada')] as const
    const alan = await signIn(chat, 'alan')
    const refresh = async (token: string): Promise<Response> =>
      await post(`${chat.address}/auth/refresh`, { refresh_token: token })
    const logout = `${chat.address}/api/websocket/logout`
    expect((await post(logout, {}, logins[0].bearer)).status).toBe(200)
    expect((await refresh(logins[0].refresh)).status).toBe(401)
    const still = await refresh(logins[1].refresh)
    expect(still.status).toBe(200)
    const renewed = textOf(await jsonOf(still), 'refresh_token')
    expect((await post(logout, { everywhere: true }, logins[1].bearer)).status).toBe(200)
    expect((await refresh(renewed)).status).toBe(401)
    expect((await refresh(logins[2].refresh)).status).toBe(401)
    expect((await refresh(alan.refresh)).status).toBe(200)
    const again = await signIn(chat, 'ada')
    expect((await post(`${chat.address}/auth/ticket`, {}, again.bearer)).status).toBe(201)
  })

  it('closes the sockets of a login whose refresh token was stolen', async () => {
    const chat = await startChat()
    const { refresh, bearer } = await signIn(chat, 'ada')
    const page = await connect(chat, bearer)
    await post(`${chat.address}/auth/refresh`, { refresh_token: refresh })
    expect((await post(`${chat.address}/auth/refresh`, { refresh_token: refresh })).status).toBe(401)
    expect(await page.closed).toEqual([3003, 'session_revoked'])
  })

  it('allows its own origins and no others, for both halves', async () => {
    const chat = await startChat()
    const { bearer } = await signIn(chat, 'ada')
    const url = textOf(await jsonOf(await post(`${chat.address}/auth/ticket`, {}, bearer)), 'websocket_url')
    await expect(Page.open(url, { origin: 'https://evil.example' })).rejects.toThrow('403')
    const local = chat.address.replace('localhost', '127.0.0.1')
    const page = await Page.open(url, { origin: local })
    page.leave()
    const evil = { origin: 'https://evil.example' }
    const login = { email: 'ada@example.com', password: 'ada-demo' }
    expect((await post(`${chat.address}/auth/login`, login, evil)).status).toBe(403)
    expect((await post(`${chat.address}/auth/ticket`, {}, { ...bearer, ...evil })).status).toBe(403)
    expect((await post(`${chat.address}/auth/login`, login, { origin: local })).status).toBe(200)
  })

  it('takes its times and origins from the environment', async () => {
    const chat = await startChat({
      TICKET_DEFAULT_TTL: '40',
      TICKET_MAX_TTL: '50',
      AUTH_TOKEN_TTL: '60',
      ALLOWED_ORIGINS: 'https://app.example.com',
    })
    const { bearer } = await signIn(chat, 'ada')
    const ticket = await jsonOf(await post(`${chat.address}/auth/ticket`, {}, bearer))
    expect(ticket.ttl_seconds).toBe(40)
    const login = { email: 'ada@example.com', password: 'ada-demo' }
    const headers = { origin: 'https://app.example.com' }
    expect((await jsonOf(await post(`${chat.address}/auth/login`, login, headers))).expires_in).toBe(60)
    expect((await post(`${chat.address}/auth/login`, login, { origin: chat.address })).status).toBe(403)
  })

  it('opens legacy pathways to those who name them, and tells each use', async () => {
    const closed = await startChat()
    const { access } = await signIn(closed, 'ada')
    const dialed = (chat: RunningChat, protocols: string[]): Promise<Page> =>
      Page.open(`${chat.address.replace('http', 'ws')}/ws`, { protocols })
    await expect(dialed(closed, jwtProtocols(access))).rejects.toThrow('403')
    await expect(dialed(closed, [...anonymousProtocols])).rejects.toThrow('401')

    const chat = await startChat({ LEGACY_PATHWAYS: 'jwt_subprotocol,anonymous' })
    const ada = await signIn(chat, 'ada')
    for (const protocols of [jwtProtocols(ada.access), [...anonymousProtocols]]) {
      const page = await dialed(chat, protocols)
      expect(await page.ask('one', '1+1')).toMatchObject({ text: '1+1 = 2' })
      page.leave()
    }
    expect(chat.logged()).toContain('"pathway":"jwt_subprotocol"')
    expect(chat.logged()).toContain('"pathway":"anonymous"')
    expect(chat.logged()).not.toContain(ada.access)
  })

  it('answers the rest with the page, under headers for everything', async () => {
    const chat = await startChat()
    expect((await fetch(chat.address)).status).toBe(503)
    expect((await jsonOf(await fetch(`${chat.address}/openapi.json`))).openapi).toMatch(/^3\.1/)
    expect((await fetch(`${chat.address}/docs`)).status).toBe(200)
    const status = await fetch(`${chat.address}/api/websocket/tickets/status`)
    expect([status.status, status.headers.get('x-frame-options')]).toEqual([200, 'DENY'])
  })

  it('tells its sockets to come back later when it stops', async () => {
    const chat = await startChat()
    const page = await connect(chat, (await signIn(chat, 'ada')).bearer)
    const stopped = chat.stop()
    expect((await page.closed)[0]).toBe(1012)
    await stopped
    await expect(fetch(chat.address)).rejects.toThrow('fetch failed')
  })

  it('asks the model that it is given', async () => {
    const model = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end('data: {"choices":[{"delta":{"content":"I am a model."}}]}\n\ndata: [DONE]\n\n')
    })
    const port = await listen(model)
    onTestFinished(() => {
      model.closeAllConnections()
      model.close()
    })
    const chat = await startChat({
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      OPENAI_API_KEY: 'sk-canary',
      OPENAI_MODEL: 'small',
    })
    const page = await connect(chat, (await signIn(chat, 'ada')).bearer)
    expect(await page.ask('one', 'hello')).toMatchObject({ text: 'I am a model.' })
    expect(chat.logged()).toContain('model small')
    expect(chat.logged()).not.toContain('canary')
  })

  it('shows a ticket to its owner only in production, else to whoever has it', async () => {
    for (const [mode, anonymous] of [
      ['production', 401],
      ['development', 200],
    ] as const) {
      const chat = await startChat({ NODE_ENV: mode })
      const { bearer } = await signIn(chat, 'ada')
      const ticket = await jsonOf(await post(`${chat.address}/auth/ticket`, {}, bearer))
      const validate = `${chat.address}/api/websocket/ticket/${textOf(ticket, 'ref')}/validate`
      expect((await fetch(validate)).status).toBe(anonymous)
      expect((await fetch(validate, { headers: bearer })).status).toBe(200)
    }
  })

  it('has the limits that the ticket routes ask for', async () => {
    const chat = await startChat()
    // The only way from outside to the server object, which has the times.
    const seen: unknown[] = []
    const see = (message: unknown): unknown => seen.push(message)
    subscribe('http.server.request.start', see)
    onTestFinished(() => {
      unsubscribe('http.server.request.start', see)
    })
    const ask = async (bytes: number): Promise<number> =>
      (await fetch(`${chat.address}/auth/jwks.json`, { headers: { 'x-long': 'x'.repeat(bytes) } })).status
    expect([await ask(15_000), await ask(17_000)]).toEqual([200, 431])
    const { headersTimeout, requestTimeout } = serverLimits
    expect(headersTimeout).toBe(10_000)
    expect(seen[0]).toMatchObject({ server: { headersTimeout, requestTimeout } })
  })

  it('warns in production of its published passwords, and of a half-configured model', async () => {
    const chat = await startChat({ NODE_ENV: 'production', OPENAI_MODEL: 'small' })
    expect(chat.logged()).toContain('published passwords')
    expect(chat.logged()).toContain('OPENAI_BASE_URL and OPENAI_API_KEY are not set')
  })
})

describe('what cannot start', () => {
  it('says every wrong variable and starts nothing', async () => {
    const { server, printed, complaints, logged } = await tryStartChat({
      PORT: 'x',
      TICKET_DEFAULT_TTL: '5m',
    })
    expect(server).toBeUndefined()
    expect(printed).toEqual([])
    expect(logged).toEqual([])
    expect(complaints).toEqual([
      'wsticket: PORT is "x"; it must be a port from 0 to 65535. Example: 8080',
      'wsticket: TICKET_DEFAULT_TTL is "5m"; it must be a whole number of seconds from 30 to 3600. Example: 300',
    ])
  })

  it('says that the port is taken', async () => {
    const other = createServer()
    const port = await listen(other)
    onTestFinished(() => {
      other.close()
    })
    const { server, complaints } = await tryStartChat({ PORT: String(port) })
    expect(server).toBeUndefined()
    expect(complaints).toEqual([
      expect.stringMatching(`^wsticket: port ${port} on 127.0.0.1 is taken by another program`) as unknown,
    ])
  })

  it('says that HOST is not of this machine', async () => {
    const { complaints } = await tryStartChat({ HOST: '192.0.2.1' })
    expect(complaints).toEqual([
      expect.stringMatching(/^wsticket: HOST is "192\.0\.2\.1", which is no address/) as unknown,
    ])
  })

  // It once kept the port, without anything that answers there, and the process could not end.
  it('leaves no port open when something fails after it was taken', async () => {
    const listening = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
    const before = listening()
    const read = readConfig({ NODE_ENV: 'test', PORT: '0' })
    if (!read.ok) throw new Error(read.problems.join())
    const starting = startChatServer({
      config: { ...read.config, allowedOrigins: ['app.example.com'] },
      documents: DOCUMENTS,
      page: '/nowhere',
      log: createLogger('silent'),
      hasher: new PasswordHasher({ cost: { N: 2, r: 1, p: 1 } }),
    })
    await expect(starting).rejects.toThrow('is not an origin')
    expect(listening()).toBe(before)
  })

  it('says what else is wrong', async () => {
    const complaints: string[] = []
    const server = await run({
      environment: { NODE_ENV: 'test', PORT: '0' },
      documents: '/nowhere',
      page: '/nowhere',
      print: () => undefined,
      complain: (line) => complaints.push(line),
    })
    expect(server).toBeUndefined()
    expect(complaints[0]).toMatch(/^wsticket: the chat could not start: ENOENT/)
  })
})
