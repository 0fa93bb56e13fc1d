import { z } from 'zod'
import type { RunErrorCode } from './events.js'
import { readSse, SseError } from './sse.js'
import type { Tool } from './tools.js'
import { withoutEnd } from './trim.js'

// How long a model may think before its first word, and pause between two.
const SILENCE_MS = 60_000
const MAX_BODY_BYTES = 1024 * 1024
// A stream says some 300 bytes around every piece of a word: for the longest answer that is let through.
const MAX_STREAM_BYTES = 16 * 1024 * 1024
const MAX_ARGUMENTS_CHARACTERS = 8 * 1024
const MAX_TOOL_CALLS = 8
// The protocol allows names of 64; ids of the known endpoints have some 30 to 50. Both go back with every round.
const MAX_NAME_CHARACTERS = 128
const MAX_ID_CHARACTERS = 256

/** An OpenAI-compatible endpoint. */
export interface ModelEndpoint {
  /** Up to and without `/chat/completions`. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly model: string
}

/** A message of the protocol. */
export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly tool_calls?: readonly ModelToolCall[] }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }

export interface ModelToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** Why a model could not be used. Its message is for people and holds nothing that the endpoint sent. */
export class ModelError extends Error {
  readonly code: RunErrorCode

  constructor(code: RunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface CompletionOptions {
  readonly endpoint: ModelEndpoint
  readonly messages: readonly ModelMessage[]
  /** None: the model must answer now. */
  readonly tools: readonly Tool[]
  readonly signal: AbortSignal
  readonly fetch?: typeof fetch
  /** @default 60000 */
  readonly silenceMs?: number
}

const Fragment = z.object({
  index: z.number().int().min(0).nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
})
const Part = z.object({ content: z.string().nullish(), tool_calls: z.array(Fragment).nullish() })
const Choice = z.object({
  delta: Part.nullish(),
  message: Part.nullish(),
  finish_reason: z.string().nullish(),
})
const Chunk = z.object({ choices: z.array(Choice).nullish(), error: z.unknown().optional() })

/** Asks for one completion: gives its text piece by piece, and in the end the tools that it wants to use. */
export async function* streamCompletion(options: CompletionOptions): AsyncGenerator<string, ModelToolCall[]> {
  const silence = new Silence(options.silenceMs ?? SILENCE_MS)
  const signal = AbortSignal.any([options.signal, silence.signal])
  try {
    const response = await ask(options, signal)
    const calls = new ToolCallCollector()
    for await (const data of documents(response, silence)) {
      if (data.trim() === '[DONE]') break
      const part = readPart(data)
      calls.add(part?.tool_calls ?? [])
      if (part?.content) yield part.content
    }
    return calls.finish()
  } catch (error) {
    if (options.signal.aborted) throw error
    if (silence.signal.aborted) throw new ModelError('model_timeout', 'The model did not answer in time.')
    if (error instanceof ModelError) throw error
    if (error instanceof SseError) throw new ModelError('model_answer_invalid', error.message)
    throw new ModelError('model_unreachable', 'The connection to the model broke.', { cause: error })
  } finally {
    silence.end()
  }
}

/** Aborts its signal when nothing is heard for so long. */
class Silence {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(milliseconds: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), milliseconds)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  heard(): void {
    this.#timer.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

async function ask(options: CompletionOptions, signal: AbortSignal): Promise<Response> {
  const { endpoint, messages, tools } = options
  let response: Response
  try {
    const base = withoutEnd(endpoint.baseUrl, (character) => character === '/')
    response = await (options.fetch ?? fetch)(`${base}/chat/completions`, {
      method: 'POST',
      // The key must not travel on to wherever a redirect points.
      redirect: 'manual',
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${endpoint.apiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        model: endpoint.model,
        messages,
        stream: true,
        ...(tools.length > 0 && { tools: tools.map(describe), tool_choice: 'auto' }),
      }),
      signal,
    })
  } catch (error) {
    if (signal.aborted) throw error
    throw new ModelError('model_unreachable', 'The model cannot be reached.', { cause: error })
  }
  if (response.status === 200) return response
  await response.body?.cancel()
  throw statusError(response.status)
}

function describe(tool: Tool): unknown {
  const { name, description, required } = tool.parameter
  return {
    type: 'function',
    function: {
      name: tool.name,
      description: tool.description,
      parameters: {
        type: 'object',
        properties: { [name]: { type: 'string', description } },
        required: required ? [name] : [],
        additionalProperties: false,
      },
    },
  }
}

function statusError(status: number): ModelError {
  if (status === 401 || status === 403) {
    return new ModelError(
      'model_refused',
      `The model's endpoint refused the key (HTTP ${status}). Check OPENAI_API_KEY.`,
    )
  }
  if (status === 404) {
    const where = 'Check OPENAI_BASE_URL and OPENAI_MODEL.'
    return new ModelError('model_refused', `The endpoint knows no such address or model (HTTP 404). ${where}`)
  }
  if (status === 429)
    return new ModelError('model_busy', 'The model is busy or its quota is used up (HTTP 429).')
  if (status >= 500)
    return new ModelError('model_unreachable', `The model's endpoint failed (HTTP ${status}).`)
  return new ModelError('model_refused', `The model's endpoint refused the request (HTTP ${status}).`)
}

/** The JSON documents of an answer: one per event, or the whole body of an endpoint that does not stream. */
async function* documents(response: Response, silence: Silence): AsyncGenerator<string, void> {
  if (response.body === null) return
  const body = response.body
  const type = response.headers.get('content-type') ?? ''
  if (/^text\/event-stream\b/i.test(type)) {
    yield* readSse(heard(body, silence, MAX_STREAM_BYTES))
  } else if (/^application\/json\b/i.test(type)) {
    const parts: Uint8Array[] = []
    for await (const part of heard(body, silence, MAX_BODY_BYTES)) parts.push(part)
    yield Buffer.concat(parts).toString('utf8')
  } else {
    throw new ModelError('model_answer_invalid', "The endpoint's answer is neither an event stream nor JSON.")
  }
}

async function* heard(
  body: AsyncIterable<Uint8Array>,
  silence: Silence,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let size = 0
  for await (const part of body) {
    silence.heard()
    size += part.length
    if (size > maxBytes) throw new ModelError('model_answer_invalid', 'The answer of the model is too large.')
    yield part
  }
}

function readPart(data: string): z.infer<typeof Part> | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(data)
  } catch {
    throw new ModelError('model_answer_invalid', 'The answer of the model is not valid JSON.')
  }
  const chunk = Chunk.safeParse(parsed)
  if (!chunk.success)
    throw new ModelError('model_answer_invalid', 'The answer of the model has an unknown form.')
  if (chunk.data.error !== undefined && chunk.data.error !== null) {
    throw new ModelError('model_unreachable', 'The model failed while it was answering.')
  }
  const choice = chunk.data.choices?.[0]
  if (choice?.finish_reason === 'content_filter') {
    throw new ModelError('model_refused', 'The endpoint withheld the answer (content filter).')
  }
  return choice?.delta ?? choice?.message ?? undefined
}

/** Puts tool calls together whose names and arguments come in pieces. */
class ToolCallCollector {
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>()

  add(fragments: readonly z.infer<typeof Fragment>[]): void {
    for (const [position, fragment] of fragments.entries()) {
      const index = fragment.index ?? position
      const call = this.#calls.get(index) ?? { id: '', name: '', arguments: '' }
      call.id ||= fragment.id ?? ''
      call.name += fragment.function?.name ?? ''
      call.arguments += fragment.function?.arguments ?? ''
      if (call.name.length > MAX_NAME_CHARACTERS || call.id.length > MAX_ID_CHARACTERS) {
        throw new ModelError('model_answer_invalid', 'The model gave a tool call too long a name or id.')
      }
      if (call.arguments.length > MAX_ARGUMENTS_CHARACTERS) {
        throw new ModelError('model_answer_invalid', 'The model gave a tool too large an input.')
      }
      this.#calls.set(index, call)
      if (this.#calls.size > MAX_TOOL_CALLS) {
        throw new ModelError('model_answer_invalid', 'The model wanted too many tools at once.')
      }
    }
  }

  finish(): ModelToolCall[] {
    return [...this.#calls.entries()]
      .sort(([a], [b]) => a - b)
      .map(([index, call]) => ({
        id: call.id === '' ? `call_${index}` : call.id,
        type: 'function',
        function: { name: call.name, arguments: call.arguments },
      }))
  }
}
