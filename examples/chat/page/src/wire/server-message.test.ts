import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readServerMessage, userMessage } from './server-message.js'

const run = { run_id: 'r1', seq: 0, at: 1.5 }
const source = { title: 'A › B', file: 'docs/a.md', anchor: 'b' }

const GOOD: readonly object[] = [
  { type: 'agent_started', ...run, message_id: 'm1' },
  { type: 'agent_thinking', ...run, note: 'Looking' },
  { type: 'tool_executing', ...run, call_id: 'c1', tool: 'calculate', input: { expression: '1+1' } },
  { type: 'tool_completed', ...run, call_id: 'c1', tool: 'calculate', ok: true, output: '2', ms: 3 },
  { type: 'text_delta', ...run, text: 'two' },
  { type: 'agent_completed', ...run, text: 'two', ms: 9 },
  { type: 'agent_completed', ...run, text: '', ms: 9, sources: [source], error: { code: 'x', detail: 'y' } },
  { type: 'error', code: 'queue_full', detail: 'Later.' },
  { type: 'error', code: 'queue_full', detail: 'Later.', message_id: 'm1' },
]

describe('readServerMessage', () => {
  it.each(GOOD)('takes %o', (message) => {
    expect(readServerMessage(JSON.stringify(message))).toEqual(message)
  })

  it('takes none of them with a field missing or of another type', () => {
    const optional = new Set(['sources', 'message_id of error'])
    for (const message of GOOD) {
      for (const [name, value] of Object.entries(message)) {
        const wrong = JSON.stringify({ ...message, [name]: typeof value === 'object' ? 'text' : { a: 1 } })
        expect(readServerMessage(wrong), wrong).toBeUndefined()
        if (optional.has(name) || name === 'error' || (name === 'message_id' && 'code' in message)) continue
        const { [name]: _gone, ...rest } = { ...message } as Record<string, unknown>
        expect(readServerMessage(JSON.stringify(rest)), `without ${name}`).toBeUndefined()
      }
    }
  })

  it('leaves out what it does not know, so that a newer server can say more', () => {
    expect(readServerMessage(JSON.stringify({ type: 'agent_sang', ...run }))).toBeUndefined()
  })

  it('gives nothing for frames that are no JSON, whatever they are', () => {
    expect(readServerMessage(new ArrayBuffer(2))).toBeUndefined()
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = readServerMessage(text)
        expect(read === undefined || 'type' in read).toBe(true)
      }),
    )
  })
})

describe('userMessage', () => {
  it('writes the frame of a question', () => {
    expect(JSON.parse(userMessage('m1', 'Hi "you"\n'))).toEqual({
      type: 'user_message',
      id: 'm1',
      text: 'Hi "you"\n',
    })
  })
})
