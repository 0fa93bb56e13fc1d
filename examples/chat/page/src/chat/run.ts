import type { RunEvent, RunProblem, Source } from '../wire/server-message.js'

/** One visible step of a run; a tool's start and end are one step. */
export type Step =
  | { readonly kind: 'started' }
  | { readonly kind: 'thinking'; readonly note: string }
  | {
      readonly kind: 'tool'
      readonly callId: string
      readonly tool: string
      readonly input: Readonly<Record<string, string>>
      /** Absent while it runs, and if the run was interrupted meanwhile. */
      readonly result?: { readonly ok: boolean; readonly output: string; readonly ms: number }
    }
  | { readonly kind: 'completed'; readonly ms: number }

export type RunPhase = 'working' | 'answering' | 'completed' | 'interrupted'

/** One answer as it comes to be. */
export interface Run {
  readonly id: string
  readonly phase: RunPhase
  readonly steps: readonly Step[]
  readonly text: string
  readonly sources: readonly Source[]
  readonly ms?: number
  readonly problem?: RunProblem
  /** The last event that is in here. */
  readonly seq: number
}

/** A run with its first event in it. */
export function beginRun(event: RunEvent): Run {
  const run: Run = {
    id: event.run_id,
    phase: 'working',
    steps: [],
    text: '',
    sources: [],
    seq: event.seq - 1,
  }
  return advanceRun(run, event)
}

/** Takes the next event into a run. One that came before already changes nothing. */
export function advanceRun(run: Run, event: RunEvent): Run {
  if (event.seq <= run.seq || isOver(run)) return run
  const next: Run = { ...run, seq: event.seq }
  switch (event.type) {
    case 'agent_started':
      return withStep(next, { kind: 'started' })
    case 'agent_thinking':
      return withStep(next, { kind: 'thinking', note: event.note })
    case 'tool_executing': {
      const { call_id, tool, input } = event
      return withStep(next, { kind: 'tool', callId: call_id, tool, input })
    }
    case 'tool_completed': {
      const { call_id, tool, ok, output, ms } = event
      const result = { ok, output, ms }
      const known = run.steps.some((step) => step.kind === 'tool' && step.callId === call_id)
      if (!known) return withStep(next, { kind: 'tool', callId: call_id, tool, input: {}, result })
      const steps = run.steps.map((step) =>
        step.kind === 'tool' && step.callId === call_id ? { ...step, result } : step,
      )
      return { ...next, steps }
    }
    case 'text_delta':
      return { ...next, phase: 'answering', text: run.text + event.text }
    case 'agent_completed':
      return {
        ...withStep(next, { kind: 'completed', ms: event.ms }),
        phase: 'completed',
        // The whole answer: what the pieces add up to, or more if one was lost.
        text: event.text,
        ms: event.ms,
        sources: event.sources ?? [],
        ...(event.error === undefined ? {} : { problem: event.error }),
      }
  }
}

/** Ends a run whose connection is gone; the server does not go on with it. */
export function interruptRun(run: Run): Run {
  return isOver(run) ? run : { ...run, phase: 'interrupted' }
}

export function isOver(run: Run): boolean {
  return run.phase === 'completed' || run.phase === 'interrupted'
}

function withStep(run: Run, step: Step): Run {
  return { ...run, steps: [...run.steps, step] }
}
