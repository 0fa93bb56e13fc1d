import type {
  AgentStarted,
  AgentThinking,
  Source,
  TextDelta,
  ToolCompleted,
  ToolExecuting,
  AgentCompleted as WireCompleted,
} from '../../../src/agent/events.js'
import { isNumber, isObject, isString, parseJson } from './guards.js'

export type { AgentStarted, AgentThinking, Source, TextDelta, ToolCompleted, ToolExecuting }

/** The server may know more codes than this page does. */
export interface RunProblem {
  readonly code: string
  readonly detail: string
}

export interface AgentCompleted extends Omit<WireCompleted, 'error'> {
  readonly error?: RunProblem
}

export type RunEvent =
  | AgentStarted
  | AgentThinking
  | ToolExecuting
  | ToolCompleted
  | TextDelta
  | AgentCompleted

/** A message of ours that the server did not take. */
export interface ServerComplaint {
  readonly type: 'error'
  readonly code: string
  readonly detail: string
  readonly message_id?: string
}

export type ServerMessage = RunEvent | ServerComplaint

/** Reads one frame; `undefined` for what this page does not know, so that a newer server can say more. */
export function readServerMessage(frame: unknown): ServerMessage | undefined {
  const value = isString(frame) ? parseJson(frame) : undefined
  if (isComplaint(value)) return value
  return isRunEvent(value) ? value : undefined
}

/** The frame of a question. */
export function userMessage(id: string, text: string): string {
  return JSON.stringify({ type: 'user_message', id, text })
}

function isComplaint(value: unknown): value is ServerComplaint {
  return (
    isObject(value) &&
    value.type === 'error' &&
    isString(value.code) &&
    isString(value.detail) &&
    isOptional(value.message_id, isString)
  )
}

function isRunEvent(value: unknown): value is RunEvent {
  if (!isObject(value) || !isString(value.run_id) || !isNumber(value.seq) || !isNumber(value.at)) return false
  switch (value.type) {
    case 'agent_started':
      return isString(value.message_id)
    case 'agent_thinking':
      return isString(value.note)
    case 'tool_executing':
      return isString(value.call_id) && isString(value.tool) && isToolInput(value.input)
    case 'tool_completed':
      return (
        isString(value.call_id) &&
        isString(value.tool) &&
        typeof value.ok === 'boolean' &&
        isString(value.output) &&
        isNumber(value.ms)
      )
    case 'text_delta':
      return isString(value.text)
    case 'agent_completed':
      return (
        isString(value.text) &&
        isNumber(value.ms) &&
        isOptional(value.sources, (sources) => Array.isArray(sources) && sources.every(isSource)) &&
        isOptional(value.error, isProblem)
      )
    default:
      return false
  }
}

function isToolInput(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every(isString)
}

function isSource(value: unknown): value is Source {
  return isObject(value) && isString(value.title) && isString(value.file) && isString(value.anchor)
}

function isProblem(value: unknown): value is RunProblem {
  return isObject(value) && isString(value.code) && isString(value.detail)
}

function isOptional(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === undefined || check(value)
}
