import { describe, expect, it } from 'vitest'
import { anyNumber, anyString, containing } from '../../test/helpers.js'
import type { Agent, RunRequest } from '../agent/agent.js'
import type { AgentEvent } from '../agent/events.js'
import { type ChatOptions, type ChatSocket, serveChat } from './chat-connection.js'

const PRINCIPAL = { subject: 'user-1', email: 'u@example.com', permissions: ['chat:read', 'chat:write'] }

class FakeSocket implements ChatSocket {
  bufferedAmount = 0
  readonly sent: Record<string, unknown>[] = []
  closedWith: [number, string] | undefined
  failing = false
  #message: ((data: unknown, isBinary: boolean) => void) | undefined
  #close: (() => void) | undefined

  send(data: string): void {
    if (this.failing) throw new Error('socket is broken')
    const parsed: unknown = JSON.parse(data)
    this.sent.push({ ...(parsed as Record<string, unknown>) })
  }

  on(event: string, listener: (data: unknown, isBinary: boolean) => void): void {
    if (event === 'message') this.#message = listener
    else this.#close = () => listener(undefined, false)
  }

  close(code: number, reason: string): void {
    this.closedWith = [code, reason]
    this.#close?.()
  }

  receive(data: unknown, isBinary = false): void {
    this.#message?.(data, isBinary)
  }

  say(id: string, text: string): void {
    this.receive(Buffer.from(JSON.stringify({ type: 'user_message', id, text })))
  }

  leave(): void {
    this.#close?.()
  }

  types(): string[] {
    return this.sent.map(({ type, message_id, text }) =>
      [type, message_id ?? text].filter((part) => typeof part === 'string').join(' '),
    )
  }
}

/** Answers when it is told to. */
class SlowAgent implements Agent {
  readonly name = 'slow'
  readonly requests: RunRequest[] = []
  readonly #gates: (() => void)[] = []
  error: AgentEvent | undefined

  async *run(request: RunRequest): AsyncGenerator<AgentEvent, void> {
    this.requests.push(request)
    const stamp = { run_id: `run-${this.requests.length}`, at: 1 }
    yield { type: 'agent_started', ...stamp, seq: 0, message_id: request.messageId }
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    this.#gates.push(open)
    request.signal?.addEventListener('abort', open)
    await gate
    request.signal?.removeEventListener('abort', open)
    if (request.signal?.aborted === true) {
      yield {
        type: 'agent_completed',
        ...stamp,
        seq: 1,
        text: '',
        ms: 1,
        error: { code: 'run_stopped', detail: 'd' },
      }
      return
    }
    if (request.text === 'throw') throw new Error('broken agent')
    const error = request.text === 'fail' ? { error: { code: 'run_failed', detail: 'd' } as const } : {}
    yield { type: 'agent_completed', ...stamp, seq: 1, text: `re: ${request.text}`, ms: 1, ...error }
  }

  async answer(): Promise<void> {
    this.#gates.shift()?.()
    await settled()
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

function connect(
  more: Partial<ChatOptions> = {},
  principal = PRINCIPAL,
): {
  socket: FakeSocket
  agent: SlowAgent
  session: { principal: typeof PRINCIPAL; signal: AbortSignal }
  errors: unknown[]
  revoke: () => void
} {
  const socket = new FakeSocket()
  const agent = new SlowAgent()
  const over = new AbortController()
  const session = { principal, signal: over.signal }
  const errors: unknown[] = []
  serveChat(socket, session, { agent, onError: (error) => errors.push(error), now: () => 1500, ...more })
  return { socket, agent, session, errors, revoke: () => over.abort('session_revoked') }
}

describe('a socket', () => {
  it('is told first of all which node holds it, if that has a name', () => {
    expect(connect({ node: 'node-2' }).socket.sent).toEqual([{ type: 'connected', at: 1.5, node: 'node-2' }])
    expect(connect().socket.sent).toEqual([])
  })

  it('is told nothing when its session is over already', () => {
    const socket = new FakeSocket()
    const session = { principal: PRINCIPAL, signal: AbortSignal.abort('session_revoked') }
    serveChat(socket, session, { agent: new SlowAgent(), node: 'node-2' })
    expect(socket.sent).toEqual([])
  })
})

describe('a message', () => {
  it('is answered by the events of its run', async () => {
    const { socket, agent } = connect()
    socket.say('a', 'hello')
    await settled()
    await agent.answer()
    expect(socket.types()).toEqual(['agent_started a', 'agent_completed re: hello'])
  })

  it('may come as any kind of text that a socket gives', async () => {
    const { socket, agent } = connect()
    const json = JSON.stringify({ type: 'user_message', id: 'x', text: 'grüße' })
    const bytes = Buffer.from(json)
    for (const data of [
      json,
      bytes,
      new Uint8Array(bytes).buffer,
      [bytes.subarray(0, 45), bytes.subarray(45)],
    ]) {
      socket.receive(data)
      await settled()
      await agent.answer()
    }
    expect(agent.requests.map((request) => request.text)).toEqual(['grüße', 'grüße', 'grüße', 'grüße'])
    socket.receive({ odd: true })
    expect(socket.sent.at(-1)).toMatchObject({ code: 'message_invalid' })
  })

  it('waits for the one before it, and the queue has an end', async () => {
    const { socket, agent } = connect()
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) socket.say(id, id)
    await settled()
    expect(agent.requests).toHaveLength(1)
    expect(socket.types()).toEqual(['error f', 'agent_started a'])
    expect(socket.sent[0]).toEqual({
      type: 'error',
      at: 1.5,
      code: 'queue_full',
      detail: anyString,
      message_id: 'f',
    })
    for (let turn = 0; turn < 5; turn += 1) await agent.answer()
    expect(agent.requests.map((request) => request.messageId)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(socket.types().slice(1)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].flatMap((id) => [`agent_started ${id}`, `agent_completed re: ${id}`]),
    )
  })

  it('comes with what was said before, but for what failed', async () => {
    const { socket, agent } = connect()
    for (const text of ['one', 'fail', 'two', 'three']) socket.say(text, text)
    await settled()
    for (let turn = 0; turn < 4; turn += 1) await agent.answer()
    expect(agent.requests.at(-1)?.history?.map((turn) => `${turn.role}: ${turn.text}`)).toEqual([
      'user: one',
      'assistant: re: one',
      'user: two',
      'assistant: re: two',
    ])
  })

  it('comes with no endless history', async () => {
    const { socket, agent } = connect()
    for (let turn = 0; turn < 10; turn += 1) {
      socket.say(`${turn}`, `${turn}`)
      await settled()
      await agent.answer()
    }
    expect(agent.requests.at(-1)?.history).toHaveLength(12)
    for (let turn = 0; turn < 3; turn += 1) {
      socket.say('long', 'x'.repeat(8000))
      await settled()
      await agent.answer()
    }
    const size = agent.requests.at(-1)?.history?.reduce((sum, turn) => sum + turn.text.length, 0)
    expect(size).toBeLessThanOrEqual(16 * 1024)
  })
})

describe('what cannot be answered', () => {
  const message = (more: object): string =>
    JSON.stringify({ type: 'user_message', id: 'm', text: 't', ...more })
  it.each([
    ['bad JSON', '{"type":', 'message_invalid', 'not valid JSON'],
    ['no object', '7', 'message_invalid', 'JSON object'],
    ['an unknown type', message({ type: 'ping' }), 'message_invalid', 'user_message'],
    ['an unknown field', message({ user: 'somebody else' }), 'message_invalid', 'Unknown field "user"'],
    ['no text', message({ text: undefined }), 'message_invalid', 'text'],
    ['an empty text', message({ text: ' \n' }), 'message_invalid', 'must not be empty'],
    ['no id', message({ id: undefined }), 'message_invalid', 'id'],
    ['too long an id', message({ id: 'x'.repeat(129) }), 'message_invalid', 'id'],
    ['too long a text', message({ text: 'é'.repeat(4097) }), 'message_too_large', '8192 bytes'],
    ['too long a frame', ' '.repeat(60_000), 'message_too_large', '8192 bytes'],
  ])('%s gets an error, and the connection lives on', async (_name, frame, code, detail) => {
    const { socket, agent } = connect()
    socket.receive(frame)
    expect(socket.sent).toEqual([
      expect.objectContaining({ type: 'error', at: anyNumber, code, detail: containing(detail) }),
    ])
    socket.say('next', 'hello')
    await settled()
    await agent.answer()
    expect(socket.types().at(-1)).toBe('agent_completed re: hello')
    expect(socket.closedWith).toBeUndefined()
  })

  it('names the message if its id could be read', () => {
    const { socket } = connect()
    socket.receive(message({ more: 1 }))
    socket.receive('{"id":7}')
    expect(socket.sent.map((error) => error.message_id)).toEqual(['m', undefined])
  })

  it('may have just the largest text', async () => {
    const { socket, agent } = connect()
    socket.say('m', 'é'.repeat(4096))
    await settled()
    expect(agent.requests).toHaveLength(1)
  })

  it('is a binary frame', () => {
    const { socket } = connect()
    socket.receive(Buffer.from(message({})), true)
    expect(socket.sent[0]).toMatchObject({ code: 'message_binary' })
  })

  it('is a message without the permission, from the moment it was taken away', async () => {
    const { socket, agent, session } = connect()
    socket.say('a', 'hello')
    await settled()
    await agent.answer()
    session.principal = { ...PRINCIPAL, permissions: ['chat:read'] }
    socket.say('b', 'hello')
    expect(socket.sent.at(-1)).toMatchObject({
      code: 'permission_missing',
      message_id: 'b',
      detail: containing('chat:write'),
    })
    expect(agent.requests).toHaveLength(1)
  })
})

describe('the end', () => {
  it('stops the run, forgets the queue and sends nothing more', async () => {
    const { socket, agent } = connect()
    socket.say('a', 'one')
    socket.say('b', 'two')
    await settled()
    socket.leave()
    await settled()
    expect(agent.requests.map((request) => request.signal?.aborted)).toEqual([true])
    expect(socket.types()).toEqual(['agent_started a'])
  })

  // Messages that were queued before a logout once ran after it: only the socket's close ended the work.
  it('comes with a logout, before the socket is closed', async () => {
    const { socket, agent, revoke } = connect()
    socket.say('a', 'one')
    socket.say('b', 'two')
    await settled()
    revoke()
    socket.say('c', 'three')
    socket.receive('garbage')
    await settled()
    expect(agent.requests.map(({ messageId, signal }) => [messageId, signal?.aborted])).toEqual([['a', true]])
    expect(socket.types()).toEqual(['agent_started a'])
    expect(socket.closedWith).toBeUndefined()
  })

  it('is there from the start if the session was over already', async () => {
    const socket = new FakeSocket()
    const agent = new SlowAgent()
    serveChat(socket, { principal: PRINCIPAL, signal: AbortSignal.abort() }, { agent })
    socket.say('a', 'one')
    await settled()
    expect([agent.requests, socket.sent]).toEqual([[], []])
  })

  it('does not come from an agent or a socket that breaks', async () => {
    const { socket, agent, errors } = connect()
    socket.say('a', 'throw')
    await settled()
    await agent.answer()
    socket.failing = true
    socket.say('b', 'hello')
    await settled()
    await agent.answer()
    socket.failing = false
    socket.say('c', 'hello')
    await settled()
    await agent.answer()
    expect(socket.types().slice(-2)).toEqual(['agent_started c', 'agent_completed re: hello'])
    expect(errors.length).toBeGreaterThanOrEqual(2)
  })
})

describe('a slow reader', () => {
  it('holds the run up until it has read', async () => {
    const { socket, agent } = connect({
      sleep: async () => {
        slept += 1
        if (slept === 3) socket.bufferedAmount = 0
      },
    })
    let slept = 0
    socket.bufferedAmount = 1024 * 1024
    socket.say('a', 'hello')
    await settled()
    await agent.answer()
    await settled()
    expect(slept).toBe(3)
    expect(socket.types()).toEqual(['agent_started a', 'agent_completed re: hello'])
  })

  it('that never reads is let go', async () => {
    const { socket, agent } = connect({ sleep: async () => undefined })
    socket.bufferedAmount = 1024 * 1024
    socket.say('a', 'hello')
    await expect.poll(() => socket.closedWith).toEqual([1013, 'slow consumer'])
    await settled()
    expect(socket.sent).toEqual([])
    expect(agent.requests).toHaveLength(1)
  })

  it('that leaves is not waited for', async () => {
    const { socket } = connect()
    socket.bufferedAmount = 1024 * 1024
    socket.say('a', 'hello')
    await settled()
    socket.leave()
    await settled()
    expect(socket.sent).toEqual([])
    expect(socket.closedWith).toBeUndefined()
  })

  it('gets no pile of complaints', () => {
    const { socket } = connect()
    socket.bufferedAmount = 1024 * 1024
    for (let turn = 0; turn < 100; turn += 1) socket.receive('garbage')
    expect(socket.sent).toEqual([])
  })
})

describe('a flood', () => {
  it('is told so once and closed if it goes on, whatever its frames are', () => {
    for (const frame of ['garbage', JSON.stringify({ type: 'user_message', id: 'a', text: 'x' })]) {
      const { socket } = connect()
      for (let turn = 0; turn < 31; turn += 1) socket.receive(frame)
      const limited = socket.sent.filter(({ code }) => code === 'rate_limited')
      expect(limited).toEqual([
        { type: 'error', at: 1.5, code: 'rate_limited', detail: containing('Wait 1 s') },
      ])
      expect(socket.closedWith).toBeUndefined()
      const sent = socket.sent.length
      for (let turn = 0; turn < 50; turn += 1) socket.receive(frame, turn % 2 === 0)
      expect(socket.closedWith).toEqual([1013, 'rate_limited;retry_after=1'])
      expect(socket.sent).toHaveLength(sent)
    }
  })

  it('that heeds the warning goes on, two a second', () => {
    let now = 1500
    const { socket } = connect({ now: () => now })
    for (let turn = 0; turn < 31; turn += 1) socket.receive('garbage')
    for (let turn = 0; turn < 100; turn += 1) {
      now += 500
      socket.receive('garbage')
    }
    expect(socket.sent.filter(({ code }) => code === 'rate_limited')).toHaveLength(1)
    socket.receive('garbage')
    expect(socket.sent.at(-1)).toMatchObject({ code: 'rate_limited' })
    expect(socket.closedWith).toBeUndefined()
  })

  it('stops the run that is under way', async () => {
    const { socket, agent } = connect()
    socket.say('a', 'one')
    await settled()
    for (let turn = 0; turn < 31; turn += 1) socket.receive('garbage')
    expect(agent.requests.map(({ signal }) => signal?.aborted)).toEqual([true])
  })
})

it('keeps connections apart', async () => {
  const [one, two] = [connect(), connect({}, { ...PRINCIPAL, subject: 'user-2' })]
  one.socket.say('a', 'mine')
  two.socket.say('b', 'yours')
  await settled()
  await one.agent.answer()
  await two.agent.answer()
  expect(JSON.stringify(one.socket.sent)).not.toContain('yours')
  expect(JSON.stringify(two.socket.sent)).not.toContain('mine')
})

it('works with its own defaults', async () => {
  const socket = new FakeSocket()
  const agent = new SlowAgent()
  serveChat(socket, { principal: PRINCIPAL, signal: new AbortController().signal }, { agent })
  socket.bufferedAmount = 1024 * 1024
  socket.say('a', 'throw')
  socket.receive('garbage')
  await settled()
  socket.bufferedAmount = 0
  await expect.poll(() => socket.types()).toEqual(['agent_started a'])
  await agent.answer()
  socket.receive('garbage')
  expect(socket.sent.at(-1)).toMatchObject({ type: 'error', at: anyNumber })
})
