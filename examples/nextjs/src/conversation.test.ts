import { describe, expect, it } from 'vitest'
import { converse, type Exchange, readMessage } from './conversation'

const event = (type: string, more: object = {}): string =>
  JSON.stringify({ type, run_id: 'r', seq: 0, ...more })

const LOST = { lost: true } as const

/** What is shown after questions and frames, in the order in which they came. */
function after(
  ...happened: readonly (string | { readonly ask: string } | typeof LOST)[]
): readonly Exchange[] {
  return happened.reduce<readonly Exchange[]>((exchanges, one) => {
    if (typeof one === 'object' && 'lost' in one) return converse(exchanges, { type: 'interrupted' })
    if (typeof one === 'object' && 'ask' in one)
      return converse(exchanges, { type: 'asked', id: one.ask, text: one.ask })
    const message = readMessage(one)
    return message ? converse(exchanges, message) : exchanges
  }, [])
}

describe('a conversation', () => {
  it('shows what the agent does, and its answer piece by piece', () => {
    const [exchange] = after(
      { ask: '12*(7+5)' },
      event('agent_started'),
      event('agent_thinking', { note: 'A sum.' }),
      event('agent_thinking', { note: 'Really.' }),
      event('tool_executing'),
      event('tool_completed'),
      event('text_delta', { text: 'It is ' }),
      event('text_delta', { text: '144.' }),
      event('agent_completed', { text: 'It is 144.' }),
    )
    expect(exchange).toEqual({
      id: '12*(7+5)',
      question: '12*(7+5)',
      steps: ['agent_started', 'agent_thinking', 'tool_executing', 'tool_completed', 'agent_completed'],
      answer: 'It is 144.',
      end: 'answered',
    })
  })

  it('answers one question after the other', () => {
    const answered = [event('agent_started'), event('text_delta', { text: 'A' }), event('agent_completed')]
    const [first, second] = after({ ask: 'a' }, { ask: 'b' }, ...answered, event('text_delta', { text: 'B' }))
    expect([first?.answer, first?.end, second?.answer, second?.end]).toEqual([
      'A',
      'answered',
      'B',
      undefined,
    ])
  })

  it('tells a question that was under way when the connection was lost from one that still waits', () => {
    const [first, second] = after({ ask: 'a' }, event('agent_started'), { ask: 'b' }, LOST)
    expect([first?.end, second?.end]).toEqual(['interrupted', undefined])
  })

  it('shows what the backend did not take', () => {
    const [exchange] = after({ ask: 'a' }, event('error', { code: 'text_too_long', detail: 'Too long.' }))
    expect(exchange).toMatchObject({ answer: 'Too long.', end: 'answered' })
    expect(after({ ask: 'a' }, event('error'))[0]?.answer).toBe('The backend did not take this.')
  })

  it.each(['', 'no json', '7', 'null', '{}', '{"type":7}', event('connected'), event('something_new')])(
    'passes over %j',
    (frame) => {
      expect(readMessage(frame)).toBeUndefined()
    },
  )
})
