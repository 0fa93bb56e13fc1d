import type { Conversation } from './conversation.js'
import { toolWords } from './tool-words.js'

/**
 * What a screen reader is told of the newest answer: where it stands, and the whole of it once it is there. The pieces of a
 * streaming answer would only interrupt each other.
 */
export function announcement({ exchanges, complaint }: Conversation): string {
  if (complaint !== undefined) return complaint
  const last = exchanges.at(-1)
  if (last === undefined) return ''
  const { delivery, problem, run } = last
  if (delivery === 'failed') return `Not sent. ${problem ?? ''}`
  if (run === undefined) return delivery === 'waiting' ? 'Waiting for the connection.' : 'Sent.'
  switch (run.phase) {
    case 'working': {
      const step = run.steps.at(-1)
      return step?.kind === 'tool' ? `${toolWords(step.tool).doing}.` : 'The agent is working.'
    }
    case 'answering':
      return 'The agent is answering.'
    case 'completed':
      return `Answer: ${run.text}${run.problem === undefined ? '' : ` ${run.problem.detail}`}`
    case 'interrupted':
      return 'The connection was lost in the middle of the answer.'
  }
}
