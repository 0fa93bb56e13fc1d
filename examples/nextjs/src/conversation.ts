/** A question and what has come of it so far. */
export interface Exchange {
  readonly id: string
  readonly question: string
  /** The agent's events, by their names, each once in a row. */
  readonly steps: readonly string[]
  readonly answer: string
  readonly end?: 'answered' | 'interrupted'
}

export type Message =
  | { readonly type: 'asked'; readonly id: string; readonly text: string }
  /** An event of the agent; it works on one question after the other, in their order. */
  | { readonly type: 'agent'; readonly step: string; readonly text: string; readonly last: boolean }
  | { readonly type: 'interrupted' }

/** Reads what the backend sends; `undefined` for what is nothing to show. */
export function readMessage(data: unknown): Message | undefined {
  let event: unknown
  try {
    event = JSON.parse(String(data))
  } catch {
    return undefined
  }
  if (typeof event !== 'object' || event === null || !('type' in event)) return undefined
  const { type } = event
  const text = 'text' in event && typeof event.text === 'string' ? event.text : ''
  if (type === 'text_delta') return { type: 'agent', step: '', text, last: false }
  if (type === 'error') {
    const detail = 'detail' in event ? String(event.detail) : 'The backend did not take this.'
    return { type: 'agent', step: '', text: detail, last: true }
  }
  if (typeof type !== 'string' || !/^(agent|tool)_/.test(type)) return undefined
  const last = type === 'agent_completed'
  // Its text is all of the pieces once more.
  return { type: 'agent', step: type, text: '', last }
}

export function converse(exchanges: readonly Exchange[], message: Message): readonly Exchange[] {
  if (message.type === 'asked') {
    return [...exchanges, { id: message.id, question: message.text, steps: [], answer: '' }]
  }
  if (message.type === 'interrupted') {
    // What has not begun may still wait in the outbox.
    return exchanges.map((one) =>
      one.end === undefined && one.steps.length > 0 ? { ...one, end: 'interrupted' } : one,
    )
  }
  const current = exchanges.find(({ end }) => end === undefined)
  return exchanges.map((one) => (one === current ? heard(one, message) : one))
}

function heard(exchange: Exchange, { step, text, last }: Extract<Message, { type: 'agent' }>): Exchange {
  const { steps, answer } = exchange
  return {
    ...exchange,
    steps: step === '' || steps.at(-1) === step ? steps : [...steps, step],
    answer: answer + text,
    ...(last && { end: 'answered' }),
  }
}
