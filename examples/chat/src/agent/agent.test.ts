import { describe, expect, it } from 'vitest'
import { collect, completed, streamedText } from '../../test/collect.js'
import { type AgentOptions, createAgent } from './agent.js'
import type { Brain, BrainEvent } from './brain.js'
import type { AgentEvent } from './events.js'

const brainOf = (think: Brain['think']): Brain => ({ name: 'test', think })
const say = (text: string): BrainEvent => ({ type: 'text_delta', text })

function run(
  think: Brain['think'],
  more: Partial<AgentOptions> & { signal?: AbortSignal } = {},
): AsyncGenerator<AgentEvent, void> {
  const { signal, ...options } = more
  const agent = createAgent({ brain: brainOf(think), ...options })
  return agent.run({ messageId: 'message-1', text: 'question', ...(signal && { signal }) })
}

describe('a run', () => {
  it('numbers and dates its events and names the message', async () => {
    let now = 1_900_000_000_500
    const events = await collect(
      run(
        async function* () {
          yield { type: 'agent_thinking', note: 'n' }
          yield say('a')
          yield say('b')
          return { sources: [] }
        },
        { now: () => (now += 250), runId: () => 'run-1' },
      ),
    )
    expect(events).toEqual([
      { type: 'agent_started', run_id: 'run-1', seq: 0, at: 1_900_000_001, message_id: 'message-1' },
      { type: 'agent_thinking', run_id: 'run-1', seq: 1, at: 1_900_000_001.25, note: 'n' },
      { type: 'text_delta', run_id: 'run-1', seq: 2, at: 1_900_000_001.5, text: 'a' },
      { type: 'text_delta', run_id: 'run-1', seq: 3, at: 1_900_000_001.75, text: 'b' },
      { type: 'agent_completed', run_id: 'run-1', seq: 4, at: 1_900_000_002, text: 'ab', ms: 1500 },
    ])
  })

  it('has an id of its own', async () => {
    const think: Brain['think'] = async function* () {
      yield say('a')
      return { sources: [] }
    }
    const [one, two] = [await collect(run(think)), await collect(run(think))]
    expect(one[0]?.run_id).toMatch(/^[\da-f-]{36}$/)
    expect(one[0]?.run_id).not.toBe(two[0]?.run_id)
  })

  it('passes on what the brain came to', async () => {
    const source = { title: 't', file: 'f', anchor: 'a' }
    const error = { code: 'model_busy', detail: 'd' } as const
    const events = await collect(
      run(async function* () {
        yield say('a')
        return { sources: [source], error }
      }),
    )
    expect(completed(events)).toMatchObject({ sources: [source], error })
  })

  it('that breaks ends with an error that tells people nothing of the inside', async () => {
    const errors: unknown[] = []
    const broken = new Error('secret detail')
    const events = await collect(
      run(
        async function* () {
          yield say('so far')
          throw broken
        },
        { onError: (error) => errors.push(error) },
      ),
    )
    expect(completed(events)).toMatchObject({ text: 'so far', error: { code: 'run_failed' } })
    expect(JSON.stringify(events)).not.toContain('secret')
    expect(errors).toEqual([broken])
  })

  it('that was stopped says so, lets the brain clean up, and sends nothing that came after', async () => {
    const stop = new AbortController()
    let cleaned = false
    const events = await collect(
      run(
        async function* () {
          try {
            yield say('one')
            stop.abort()
            yield say('two')
            return { sources: [] }
          } finally {
            cleaned = true
          }
        },
        { signal: stop.signal },
      ),
    )
    expect(streamedText(events)).toBe('one')
    expect(completed(events)).toMatchObject({ text: 'one', error: { code: 'run_stopped' } })
    expect(cleaned).toBe(true)
  })

  it('that was stopped before it began uses no tool', async () => {
    const events = await collect(
      run(
        async function* () {
          yield say('never')
          return { sources: [] }
        },
        { signal: AbortSignal.abort() },
      ),
    )
    expect(events.map((event) => event.type)).toEqual(['agent_started', 'agent_completed'])
  })

  it('takes an exception after a stop for the stop', async () => {
    const stop = new AbortController()
    const errors: unknown[] = []
    const events = await collect(
      run(
        async function* () {
          yield say('one')
          stop.abort()
          throw new Error('aborted')
        },
        { signal: stop.signal, onError: (error) => errors.push(error) },
      ),
    )
    expect(completed(events).error?.code).toBe('run_stopped')
    expect(errors).toEqual([])
  })

  it('ends the brain when its reader goes away', async () => {
    let cleaned = false
    const stream = run(async function* () {
      try {
        for (;;) yield say('on and on')
      } finally {
        cleaned = true
      }
    })
    for await (const event of stream) if (event.type === 'text_delta') break
    expect(cleaned).toBe(true)
  })
})
