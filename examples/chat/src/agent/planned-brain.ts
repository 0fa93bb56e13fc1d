import { setTimeout as delay } from 'node:timers/promises'
import { type Brain, type BrainEvent, type BrainResult, type Question, runTool } from './brain.js'
import { composeAnswer, type DoneStep } from './composer.js'
import { makePlan } from './planner.js'
import type { Toolbox } from './tools.js'

// An answer that is there at once reads worse than one that flows.
const THINKING_MS = 120
const PIECE_MS = 18
const WORDS_A_PIECE = 3

export interface PlannedBrainOptions {
  readonly toolbox: Toolbox
  readonly now?: () => number
  /** Waits between pieces of the answer; rejects when the signal aborts. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/** Answers by rules, without a model and without a network. */
export function plannedBrain(options: PlannedBrainOptions): Brain {
  const now = options.now ?? (() => performance.now())
  const pause = options.pause ?? (async (ms, signal) => await delay(ms, undefined, { signal }))
  return {
    name: 'rules',
    think: async function* (question: Question): AsyncGenerator<BrainEvent, BrainResult> {
      const plan = makePlan(question.text)
      const done: DoneStep[] = []
      for (const [index, step] of plan.steps.entries()) {
        yield { type: 'agent_thinking', note: step.note }
        await pause(THINKING_MS, question.signal)
        const call = { id: `call_${index + 1}`, tool: step.tool, input: step.input }
        done.push({ step, outcome: yield* runTool(options.toolbox, call, now) })
      }
      const answer = composeAnswer(plan.kind, done)
      for (const text of pieces(answer.text)) {
        yield { type: 'text_delta', text }
        await pause(PIECE_MS, question.signal)
      }
      return { sources: answer.sources }
    },
  }
}

function pieces(text: string): string[] {
  const parts = text.match(/\S+\s*|\s+/g) ?? []
  return Array.from({ length: Math.ceil(parts.length / WORDS_A_PIECE) }, (_, index) =>
    parts.slice(index * WORDS_A_PIECE, (index + 1) * WORDS_A_PIECE).join(''),
  )
}
