import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, completed, streamedText } from '../../test/collect.js'
import { listen } from '../../test/helpers.js'
import { createAgent } from './agent.js'
import type { AgentEvent } from './events.js'
import { createLibrary } from './library.js'
import { type ModelBrainOptions, modelBrain } from './model-brain.js'
import { splitIntoPassages } from './passages.js'
import { createToolbox } from './tools.js'

const KEY = 'sk-canary-key-123'
const toolbox = createToolbox({
  library: createLibrary(splitIntoPassages('docs/a.md', '# Fence\n\nA fence stands.')),
})

interface Asked {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: {
    messages: { role: string; content: string; tool_call_id?: string }[]
    tools?: unknown[]
    stream: boolean
    model: string
  }
}
type Answer = (response: ServerResponse, request: IncomingMessage) => void

let server: Server
let baseUrl: string
let asked: Asked[]
let answers: Answer[]

beforeEach(async () => {
  asked = []
  answers = []
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Asked['body']
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization, body })
      const answer = answers.shift()
      if (answer === undefined) response.writeHead(500).end()
      else answer(response, request)
    })
  })
  baseUrl = `http://127.0.0.1:${await listen(server)}/v1`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Answers with an event stream, cut into pieces of so many bytes. */
function stream(events: readonly unknown[], options: { cut?: number; end?: boolean } = {}): Answer {
  return (response) => {
    const text = events
      .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\r\n\r\n`)
      .join('')
    const bytes = Buffer.from(text)
    const size = options.cut ?? bytes.length
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const next = (at: number): void => {
      if (at < bytes.length)
        response.write(bytes.subarray(at, at + size), () => setImmediate(next, at + size))
      else if (options.end !== false) response.end()
    }
    next(0)
  }
}

const delta = (part: unknown, finish: string | null = null): unknown => ({
  choices: [{ index: 0, delta: part, finish_reason: finish }],
})
const say = (content: string): unknown => delta({ content })
const calls = (...fragments: unknown[]): unknown => delta({ tool_calls: fragments })

async function ask(
  more: Partial<ModelBrainOptions> & { signal?: AbortSignal; onEvent?: (event: AgentEvent) => void } = {},
): Promise<AgentEvent[]> {
  const { signal, onEvent, ...options } = more
  const endpoint = { baseUrl, apiKey: KEY, model: 'small-model' }
  const agent = createAgent({ brain: modelBrain({ endpoint, toolbox, ...options }) })
  const history = [
    { role: 'user', text: 'earlier' },
    { role: 'assistant', text: 'before' },
  ] as const
  const events: AgentEvent[] = []
  for await (const event of agent.run({
    messageId: 'm',
    text: 'What is a fence?',
    history,
    ...(signal && { signal }),
  })) {
    events.push(event)
    onEvent?.(event)
  }
  expect(JSON.stringify(events)).not.toContain(KEY)
  expect(streamedText(events)).toBe(completed(events).text)
  return events
}

describe('a model', () => {
  it('streams its answer, wherever the bytes are cut', async () => {
    for (const cut of [1, 3, 7, 10_000]) {
      answers = [
        stream(
          [
            delta({ role: 'assistant', content: '' }),
            say('Grüße '),
            say('💥 von hier'),
            delta({}, 'stop'),
            { choices: [], usage: {} },
            '[DONE]',
          ],
          { cut },
        ),
      ]
      const events = await ask()
      expect(completed(events)).toMatchObject({ text: 'Grüße 💥 von hier' })
      expect(completed(events)).not.toHaveProperty('error')
    }
  })

  it('is asked with the key, the history and the tools', async () => {
    answers = [stream([say('ok')])]
    await ask()
    expect(asked[0]).toMatchObject({
      path: '/v1/chat/completions',
      authorization: `Bearer ${KEY}`,
      body: {
        model: 'small-model',
        stream: true,
        messages: [
          { role: 'system' },
          { role: 'user', content: 'earlier' },
          { role: 'assistant', content: 'before' },
          { role: 'user', content: 'What is a fence?' },
        ],
      },
    })
    expect(asked[0]?.body.tools).toHaveLength(3)
    expect(JSON.stringify(asked[0]?.body)).not.toContain(KEY)
  })

  it('uses the tools, whose calls come in fragments, and gets what they found', async () => {
    answers = [
      stream(
        [
          say('Let me see.'),
          calls({
            index: 0,
            id: 'c1',
            type: 'function',
            function: { name: 'search_documents', arguments: '' },
          }),
          calls({ index: 0, function: { arguments: '{"que' } }),
          calls({ index: 1, id: 'c2', function: { name: 'calculate', arguments: '{"expression":"6*' } }),
          calls(
            { index: 0, function: { arguments: 'ry":"fence"}' } },
            { index: 1, function: { arguments: '7"}' } },
          ),
          delta({}, 'tool_calls'),
          '[DONE]',
        ],
        { cut: 5 },
      ),
      stream([say('It stands, 42.'), '[DONE]']),
    ]
    const events = await ask()
    expect(completed(events)).toMatchObject({
      text: 'Let me see.\n\nIt stands, 42.',
      sources: [{ title: 'Fence', file: 'docs/a.md', anchor: 'fence' }],
    })
    expect(events.filter((event) => event.type === 'tool_executing')).toMatchObject([
      { call_id: 'call_1', tool: 'search_documents', input: { query: 'fence' } },
      { call_id: 'call_2', tool: 'calculate', input: { expression: '6*7' } },
    ])
    expect(asked[1]?.body.messages.slice(-3)).toMatchObject([
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [{ id: 'c1', type: 'function' }, { id: 'c2' }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Fence (docs/a.md): A fence stands.' },
      { role: 'tool', tool_call_id: 'c2', content: '42' },
    ])
  })

  it('that calls tools wrongly is told so and may try again', async () => {
    answers = [
      stream([
        calls(
          { function: { name: 'calculate', arguments: 'not json' } },
          { function: { name: 'rm', arguments: '' } },
        ),
      ]),
      stream([say('Sorry.')]),
    ]
    const events = await ask()
    expect(events.filter((event) => event.type === 'tool_completed')).toMatchObject([
      { ok: false },
      { ok: false },
    ])
    expect(asked[1]?.body.messages.at(-1)).toMatchObject({ role: 'tool', tool_call_id: 'call_1' })
    expect(completed(events).text).toBe('Sorry.')
  })

  it('must answer in the sixth round, without tools', async () => {
    const again = calls({
      index: 0,
      id: 'c',
      function: { name: 'calculate', arguments: '{"expression":"1+1"}' },
    })
    answers = Array.from({ length: 6 }, () => stream([again]))
    const events = await ask()
    expect(completed(events).error?.code).toBe('model_answer_invalid')
    expect(asked).toHaveLength(6)
    expect(asked[4]?.body.tools).toHaveLength(3)
    expect(asked[5]?.body.tools).toBeUndefined()
  })

  it('that does not stream is understood too', async () => {
    answers = [
      (response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(
          JSON.stringify({
            choices: [{ message: { role: 'assistant', content: 'Whole.' }, finish_reason: 'stop' }],
          }),
        ),
    ]
    expect(completed(await ask()).text).toBe('Whole.')
  })
})

describe('trouble', () => {
  it.each([
    [401, 'model_refused'],
    [403, 'model_refused'],
    [404, 'model_refused'],
    [400, 'model_refused'],
    [307, 'model_refused'],
    [429, 'model_busy'],
    [500, 'model_unreachable'],
    [503, 'model_unreachable'],
  ])('HTTP %d is %s and shows nothing of the body', async (status, code) => {
    answers = [
      (response) =>
        response.writeHead(status, { location: `${baseUrl}/elsewhere` }).end(`your key ${KEY} is bad`),
    ]
    const { error } = completed(await ask())
    expect(error?.code).toBe(code)
    expect(error?.detail).toContain(`HTTP ${status}`)
    expect(asked).toHaveLength(1)
  })

  it.each<[string, Answer, string]>([
    ['an empty answer', stream(['[DONE]']), 'model_answer_invalid'],
    ['no JSON', stream(['{"choices":']), 'model_answer_invalid'],
    ['another form', stream([{ choices: 'none' }]), 'model_answer_invalid'],
    ['an error in the stream', stream([say('so'), { error: { message: KEY } }]), 'model_unreachable'],
    ['a content filter', stream([delta({}, 'content_filter')]), 'model_refused'],
    [
      'a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'model_answer_invalid',
    ],
    [
      'an endless line',
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('x'.repeat(300_000)),
      'model_answer_invalid',
    ],
    [
      'too large a body',
      (response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(' '.repeat(1_100_000)),
      'model_answer_invalid',
    ],
    ['too long an answer', stream([say('x'.repeat(70_000))]), 'model_answer_invalid'],
    [
      'too large a tool input',
      stream([calls({ index: 0, function: { arguments: 'x'.repeat(9000) } })]),
      'model_answer_invalid',
    ],
    [
      'too many tools',
      stream([calls(...Array.from({ length: 9 }, (_, index) => ({ index })))]),
      'model_answer_invalid',
    ],
    [
      'too long a name of a tool, in pieces',
      stream(Array.from({ length: 5 }, () => calls({ index: 0, function: { name: 'x'.repeat(30) } }))),
      'model_answer_invalid',
    ],
    [
      'too long an id of a call',
      stream([calls({ index: 0, id: 'x'.repeat(257), function: { name: 'calculate' } })]),
      'model_answer_invalid',
    ],
    [
      'a broken connection',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: {}\n\n', () => response.destroy())
      },
      'model_unreachable',
    ],
  ])('%s ends the run with an error', async (_name, answer, code) => {
    answers = [answer]
    expect(completed(await ask()).error?.code).toBe(code)
  })

  it('a stream that says a lot of nothing ends the run too', async () => {
    answers = [
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(`: ${'x'.repeat(1000)}\n\n`.repeat(17_000))
      },
    ]
    const { error } = completed(await ask())
    expect(error).toEqual({ code: 'model_answer_invalid', detail: 'The answer of the model is too large.' })
  })

  it('keeps what was said before it broke', async () => {
    answers = [stream([say('Half an'), { error: 'x' }])]
    expect(completed(await ask())).toMatchObject({ text: 'Half an', error: { code: 'model_unreachable' } })
  })

  it('an endpoint that is not there is unreachable', async () => {
    server.close()
    server.closeAllConnections()
    expect(completed(await ask()).error?.code).toBe('model_unreachable')
  })

  it('silence is a timeout, before the first word and between two', async () => {
    answers = [() => undefined, stream([say('One')], { end: false })]
    expect(completed(await ask({ silenceMs: 50 })).error?.code).toBe('model_timeout')
    expect(completed(await ask({ silenceMs: 50 }))).toMatchObject({
      text: 'One',
      error: { code: 'model_timeout' },
    })
  })

  it('a stop closes the connection to the model', async () => {
    let closed: Promise<void> | undefined
    answers = [
      (response, request) => {
        closed = new Promise((resolve) => {
          response.on('close', resolve)
        })
        stream([say('One')], { end: false })(response, request)
      },
    ]
    const stop = new AbortController()
    const onEvent = (event: AgentEvent): void => {
      if (event.type === 'text_delta') stop.abort()
    }
    expect(completed(await ask({ signal: stop.signal, onEvent })).error?.code).toBe('run_stopped')
    await closed
  })

  it('a stop while the model is asked is no error of the model', async () => {
    const stop = new AbortController()
    answers = [() => stop.abort()]
    expect(completed(await ask({ signal: stop.signal })).error?.code).toBe('run_stopped')
  })
})

it('never shows the key, even if a sentence came to hold it', async () => {
  const endpoint = { baseUrl, apiKey: 'HTTP', model: 'm' }
  const events = await collect(
    createAgent({ brain: modelBrain({ endpoint, toolbox }) }).run({ messageId: 'm', text: 'x' }),
  )
  expect(completed(events).error?.detail).toBe("The model's endpoint failed ([key] 500).")
})

it('takes a fetch of your own', async () => {
  const events = await ask({ fetch: async () => new Response(null, { status: 200 }) })
  expect(completed(events).error?.code).toBe('model_answer_invalid')
})
