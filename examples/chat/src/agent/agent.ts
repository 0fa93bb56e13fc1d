import { randomUUID } from 'node:crypto'
import type { Brain, Turn } from './brain.js'
import type { AgentEvent, RunError, Source } from './events.js'

/** A message to answer. */
export interface RunRequest {
  readonly messageId: string
  readonly text: string
  /** Earlier turns, the oldest first. */
  readonly history?: readonly Turn[]
  readonly signal?: AbortSignal
}

export interface Agent {
  /** For people: what answers here. */
  readonly name: string
  /**
   * Answers a message. The first event is `agent_started`, the last one `agent_completed`, with an `error`
   * if the run was stopped or failed; it never throws.
   */
  run(request: RunRequest): AsyncGenerator<AgentEvent, void>
}

export interface AgentOptions {
  readonly brain: Brain
  /** Hears a defect behind a `run_failed`. */
  readonly onError?: (error: unknown) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly runId?: () => string
}

/** Makes an agent that thinks with the given brain. */
export function createAgent(options: AgentOptions): Agent {
  const now = options.now ?? Date.now
  const runId = options.runId ?? randomUUID
  return {
    name: options.brain.name,
    run: async function* (request: RunRequest): AsyncGenerator<AgentEvent, void> {
      const begun = now()
      const id = runId()
      let seq = 0
      const stamp = (): { run_id: string; seq: number; at: number } => {
        const stamped = { run_id: id, seq, at: now() / 1000 }
        seq += 1
        return stamped
      }
      yield { type: 'agent_started', ...stamp(), message_id: request.messageId }
      const signal = request.signal ?? new AbortController().signal
      const thoughts = options.brain.think({ text: request.text, history: request.history ?? [], signal })
      let text = ''
      let sources: readonly Source[] = []
      let error: RunError | undefined
      try {
        for (;;) {
          if (signal.aborted) {
            error = STOPPED
            break
          }
          const next = await thoughts.next()
          if (next.done === true) {
            sources = next.value.sources
            error = next.value.error
            break
          }
          // A piece that comes after the stop is not sent, so it is not in the text either.
          if (signal.aborted) continue
          if (next.value.type === 'text_delta') text += next.value.text
          yield { ...next.value, ...stamp() }
        }
      } catch (reason) {
        error = signal.aborted ? STOPPED : FAILED
        if (error === FAILED) options.onError?.(reason)
      } finally {
        await thoughts.return({ sources: [] }).catch(() => undefined)
      }
      yield {
        type: 'agent_completed',
        ...stamp(),
        text,
        ms: Math.round(now() - begun),
        ...(sources.length > 0 && { sources }),
        ...(error !== undefined && { error }),
      }
    },
  }
}

const STOPPED: RunError = { code: 'run_stopped', detail: 'The run was stopped.' }
const FAILED: RunError = {
  code: 'run_failed',
  detail: 'The agent failed. This was noted; asking again may help.',
}
