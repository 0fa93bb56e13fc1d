import { describe, expect, it } from 'vitest'
import type { ServerMessage } from '../wire/server-message.js'
import { announcement } from './announcement.js'
import { type Conversation, type ConversationInput, converse, EMPTY_CONVERSATION } from './conversation.js'

const asked: ConversationInput = { type: 'asked', id: 'm1', text: '1+1', at: 5 }
const handedOver: ConversationInput = { type: 'handed-over', id: 'm1' }
const heard = (message: ServerMessage): ConversationInput => ({ type: 'heard', message })
const event = (seq: number): { run_id: string; seq: number; at: number } => ({ run_id: 'r1', seq, at: seq })

const started = heard({ type: 'agent_started', ...event(0), message_id: 'm1' })
const thinking = heard({ type: 'agent_thinking', ...event(1), note: 'A sum' })
const executing = heard({
  type: 'tool_executing',
  ...event(2),
  call_id: 'c1',
  tool: 'calculate',
  input: { expression: '1+1' },
})
const toolDone = heard({
  type: 'tool_completed',
  ...event(3),
  call_id: 'c1',
  tool: 'calculate',
  ok: true,
  output: '2',
  ms: 4,
})
const delta = heard({ type: 'text_delta', ...event(4), text: '1+1 ' })
const delta2 = heard({ type: 'text_delta', ...event(5), text: '= 2' })
const source = { title: 'Sums', file: 'docs/sums.md', anchor: 'one' }
const completed = heard({ type: 'agent_completed', ...event(6), text: '1+1 = 2', ms: 20, sources: [source] })

function after(...inputs: ConversationInput[]): Conversation {
  return inputs.reduce(converse, EMPTY_CONVERSATION)
}

function only(conversation: Conversation): Conversation['exchanges'][number] {
  const [exchange, ...others] = conversation.exchanges
  if (exchange === undefined || others.length > 0) throw new Error('expected one exchange')
  return exchange
}

describe('a conversation', () => {
  it('takes a question from waiting over sent to received', () => {
    expect(only(after(asked)).delivery).toBe('waiting')
    expect(only(after(asked, handedOver)).delivery).toBe('sent')
    expect(only(after(asked, handedOver, started)).delivery).toBe('received')
  })

  it('counts what waited as sent once there is a connection', () => {
    expect(only(after(asked, { type: 'connected' })).delivery).toBe('sent')
  })

  it('builds the answer out of the events of its run', () => {
    const { run } = only(after(asked, handedOver, started, thinking, executing, toolDone, delta, delta2))
    expect(run).toMatchObject({ phase: 'answering', text: '1+1 = 2' })
    expect(run?.steps.map((step) => step.kind)).toEqual(['started', 'thinking', 'tool'])
    expect(run?.steps[2]).toMatchObject({ callId: 'c1', result: { ok: true, output: '2', ms: 4 } })
  })

  it('ends with the whole text, the time it took and the sources', () => {
    const { run } = only(after(asked, handedOver, started, delta, completed))
    expect(run).toMatchObject({ phase: 'completed', text: '1+1 = 2', ms: 20, sources: [source] })
    expect(run?.steps.at(-1)).toEqual({ kind: 'completed', ms: 20 })
  })

  it('keeps the problem of a run that failed', () => {
    const failed = heard({
      type: 'agent_completed',
      ...event(1),
      text: '',
      ms: 1,
      error: { code: 'run_failed', detail: 'No.' },
    })
    expect(only(after(asked, handedOver, started, failed)).run?.problem).toEqual({
      code: 'run_failed',
      detail: 'No.',
    })
  })

  it('takes no event twice, and none after the end', () => {
    const once = after(asked, handedOver, started, delta, delta)
    expect(only(once).run?.text).toBe('1+1 ')
    const late = heard({ type: 'text_delta', ...event(9), text: 'more' })
    expect(only(after(asked, handedOver, started, completed, late)).run?.text).toBe('1+1 = 2')
  })

  it('shows a tool that ends without having begun', () => {
    expect(only(after(asked, handedOver, started, toolDone)).run?.steps[1]).toMatchObject({
      kind: 'tool',
      input: {},
      result: { output: '2' },
    })
  })

  it('leaves the events of unknown runs and messages alone', () => {
    const stranger = heard({ type: 'agent_started', ...event(0), message_id: 'someone else' })
    const before = after(asked, handedOver)
    expect(converse(before, stranger).exchanges).toEqual(before.exchanges)
    expect(converse(before, delta).exchanges).toEqual(before.exchanges)
  })

  it('keeps exchanges that nothing happened to as the same objects, so that they are not drawn again', () => {
    const before = after(asked, handedOver, started, completed, { ...asked, id: 'm2' })
    const [first] = before.exchanges
    const next = converse(before, { type: 'handed-over', id: 'm2' })
    expect(next.exchanges[0]).toBe(first)
  })

  it('says of a question that was sent but not taken up that it may be lost', () => {
    const exchange = only(after(asked, handedOver, { type: 'disconnected' }))
    expect(exchange.delivery).toBe('failed')
    expect(exchange.problem).toMatch(/lost/)
  })

  it('interrupts an answer when the connection goes, and leaves a finished one as it is', () => {
    expect(only(after(asked, handedOver, started, delta, { type: 'disconnected' })).run?.phase).toBe(
      'interrupted',
    )
    expect(only(after(asked, handedOver, started, completed, { type: 'disconnected' })).run?.phase).toBe(
      'completed',
    )
  })

  it('lets a question wait through a lost connection, and fails it when the connection stops for good', () => {
    expect(only(after(asked, { type: 'disconnected' })).delivery).toBe('waiting')
    expect(only(after(asked, { type: 'stopped' }))).toMatchObject({ delivery: 'failed' })
    expect(only(after(asked, handedOver, started, { type: 'stopped' })).run?.phase).toBe('interrupted')
  })

  it('begins anew when it is asked again', () => {
    const again = after(
      asked,
      handedOver,
      started,
      delta,
      { type: 'disconnected' },
      { type: 'asked-again', id: 'm1' },
    )
    expect(only(again)).toEqual({ id: 'm1', text: '1+1', askedAt: 5, delivery: 'waiting' })
  })

  it('gives the complaint of the server to the message that it is about', () => {
    const complaint = heard({ type: 'error', code: 'queue_full', detail: 'Later.', message_id: 'm1' })
    expect(only(after(asked, handedOver, complaint))).toMatchObject({ delivery: 'failed', problem: 'Later.' })
    const general = heard({ type: 'error', code: 'message_invalid', detail: 'What?' })
    expect(after(asked, general).complaint).toBe('What?')
    expect(after(general, asked).complaint).toBeUndefined()
  })

  it('fails what the outbox did not take', () => {
    const input: ConversationInput = { type: 'not-taken', id: 'm1', problem: 'Full.' }
    expect(only(after(asked, input))).toMatchObject({ delivery: 'failed', problem: 'Full.' })
  })
})

describe('what a screen reader hears', () => {
  it('is where the newest answer stands, and all of it once it is there', () => {
    expect(announcement(EMPTY_CONVERSATION)).toBe('')
    expect(announcement(after(asked))).toMatch(/Waiting/)
    expect(announcement(after(asked, handedOver))).toBe('Sent.')
    expect(announcement(after(asked, handedOver, started))).toMatch(/working/)
    expect(announcement(after(asked, handedOver, started, executing))).toBe('Calculating.')
    const answering = announcement(after(asked, handedOver, started, delta))
    expect(announcement(after(asked, handedOver, started, delta, delta2))).toBe(answering)
    expect(announcement(after(asked, handedOver, started, delta, completed))).toBe('Answer: 1+1 = 2')
    expect(announcement(after(asked, handedOver, started, { type: 'disconnected' }))).toMatch(/lost/)
    expect(announcement(after(asked, { type: 'stopped' }))).toMatch(/Not sent/)
  })
})
