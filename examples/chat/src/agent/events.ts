// What travels from the chat server to the page. Names and times are the wire's: snake_case, Unix seconds.

/** What every event of a run has. */
interface RunEvent {
  readonly run_id: string
  /** Counts the events of a run from 0, without gaps. */
  readonly seq: number
  /** Unix seconds, with a fraction. */
  readonly at: number
}

/** The agent took a message. Always the first event of a run. */
export interface AgentStarted extends RunEvent {
  readonly type: 'agent_started'
  /** The `id` of the user's message. */
  readonly message_id: string
}

export interface AgentThinking extends RunEvent {
  readonly type: 'agent_thinking'
  /** One short sentence for people. */
  readonly note: string
}

export interface ToolExecuting extends RunEvent {
  readonly type: 'tool_executing'
  readonly call_id: string
  readonly tool: string
  readonly input: ToolInput
}

export interface ToolCompleted extends RunEvent {
  readonly type: 'tool_completed'
  readonly call_id: string
  readonly tool: string
  readonly ok: boolean
  /** What the tool found, or why it could not, in a few lines for people. */
  readonly output: string
  readonly ms: number
}

/** A piece of the answer. All pieces of a run, one after the other, are `agent_completed.text`. */
export interface TextDelta extends RunEvent {
  readonly type: 'text_delta'
  readonly text: string
}

/** Always the last event of a run. */
export interface AgentCompleted extends RunEvent {
  readonly type: 'agent_completed'
  /** The answer: plain text with paragraphs, `- ` lists and `> ` quotes. */
  readonly text: string
  readonly ms: number
  readonly sources?: readonly Source[]
  /** Present if the run did not come to its end; `text` is what there was until then. */
  readonly error?: RunError
}

export type AgentEvent =
  | AgentStarted
  | AgentThinking
  | ToolExecuting
  | ToolCompleted
  | TextDelta
  | AgentCompleted

/** A passage of the documents that an answer rests on. */
export interface Source {
  /** The heading, with those above it. */
  readonly title: string
  /** Path of the file inside the folder of the documents, with `/`. */
  readonly file: string
  /** The heading's anchor in that file, without `#`; empty for text before the first heading. */
  readonly anchor: string
}

export interface RunError {
  readonly code: RunErrorCode
  /** One sentence for people. Holds no secrets. */
  readonly detail: string
}

export type RunErrorCode =
  | 'run_stopped'
  | 'run_failed'
  | 'model_unreachable'
  | 'model_timeout'
  | 'model_refused'
  | 'model_busy'
  | 'model_answer_invalid'

export type ToolInput = Readonly<Record<string, string>>

/** What a tool came to. */
export interface ToolResult {
  readonly ok: boolean
  readonly output: string
  readonly sources?: readonly Source[]
}
