import type { AgentCompleted, AgentEvent } from '../src/agent/events.js'

/** Reads a stream of events to its end. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of stream) all.push(one)
  return all
}

/** The last event of a run. */
export function completed(events: readonly AgentEvent[]): AgentCompleted {
  const last = events.at(-1)
  if (last?.type !== 'agent_completed') throw new Error('The run has no end.')
  return last
}

/** What the pieces of text in a run make together. */
export function streamedText(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === 'text_delta' ? event.text : '')).join('')
}
