import type { AgentThinking, RunError, Source, TextDelta, ToolCompleted, ToolExecuting } from './events.js'
import { showInput, type Toolbox, type ToolOutcome } from './tools.js'

/** An event before the run numbers and dates it. */
export type BrainEvent = Bare<AgentThinking> | Bare<ToolExecuting> | Bare<ToolCompleted> | Bare<TextDelta>
type Bare<E> = Omit<E, 'run_id' | 'seq' | 'at'>

/** One turn of an earlier conversation on the same connection. */
export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

export interface Question {
  readonly text: string
  readonly history: readonly Turn[]
  readonly signal: AbortSignal
}

export interface BrainResult {
  readonly sources: readonly Source[]
  readonly error?: RunError
}

/**
 * Decides which tools to use and writes the answer.
 *
 * It MUST stop soon after `signal` aborts, by returning or by throwing, and MUST NOT throw for a failing
 * model: that is an `error` in its result.
 */
export interface Brain {
  /** For people: what answers here. */
  readonly name: string
  think(question: Question): AsyncGenerator<BrainEvent, BrainResult>
}

/** Runs a tool between its two events. */
export function* runTool(
  toolbox: Toolbox,
  call: { readonly id: string; readonly tool: string; readonly input: unknown },
  now: () => number,
): Generator<BrainEvent, ToolOutcome> {
  const call_id = call.id
  // A model may invent a name of any length.
  const tool = call.tool.slice(0, 64)
  yield { type: 'tool_executing', call_id, tool, input: showInput(call.input) }
  const begun = now()
  const outcome = toolbox.run(tool, call.input)
  const ms = Math.round((now() - begun) * 100) / 100
  yield { type: 'tool_completed', call_id, tool, ok: outcome.ok, output: outcome.output, ms }
  return outcome
}
