import { z } from 'zod'
import { calculate, formatNumber } from './calculator.js'
import { describeTime, findPlace } from './clock-tool.js'
import type { Source, ToolInput, ToolResult } from './events.js'
import { clip } from './excerpts.js'
import type { Finding, Library } from './library.js'
import type { Passage } from './passages.js'

// As much as a message or a model's tool call can hold.
const INPUT_CHARACTERS = 8 * 1024

/** A tool of the agent, as both the planner and a model see it. */
export interface Tool {
  readonly name: ToolName
  /** For a model: what it does and when to use it. */
  readonly description: string
  /** The only field of its input, and what it means. */
  readonly parameter: { readonly name: string; readonly description: string; readonly required: boolean }
  readonly run: (argument: string) => ToolOutcome
}

export type ToolName = 'search_documents' | 'calculate' | 'current_time'

/** What a tool came to; the findings are for whoever writes the answer. */
export interface ToolOutcome extends ToolResult {
  readonly findings?: readonly Finding[]
}

export interface Toolbox {
  readonly tools: readonly Tool[]
  /** Runs a tool; an unknown one or a wrong input is an outcome that says so, never an exception. */
  run(name: string, input: unknown): ToolOutcome
}

/** Makes the agent's tools. */
export function createToolbox(options: { readonly library: Library; readonly now?: () => number }): Toolbox {
  const now = options.now ?? Date.now
  const tools: readonly Tool[] = [
    {
      name: 'search_documents',
      description: 'Searches the documents of the wsticket project and gives the passages that fit best.',
      parameter: { name: 'query', description: 'A few words, or the question itself.', required: true },
      run: (query) => searchDocuments(options.library, query),
    },
    {
      name: 'calculate',
      description:
        'Calculates an expression of numbers with + - * / % ^, parentheses, sqrt, abs, round, floor, ceil, ln, log, exp, sin, cos, tan, min, max, pi and e.',
      parameter: { name: 'expression', description: 'For example 12*(7+5).', required: true },
      run: runCalculation,
    },
    {
      name: 'current_time',
      description: 'Tells the date and the time of day, in UTC or in a place.',
      parameter: {
        name: 'place',
        description: 'A city or an IANA time zone; UTC if left out.',
        required: false,
      },
      run: (place) => tellTime(place, now()),
    },
  ]
  return {
    tools,
    run: (name, input) => {
      const tool = tools.find((each) => each.name === name)
      if (tool === undefined) return { ok: false, output: 'There is no tool of this name.' }
      const argument = readArgument(tool, input)
      if (argument === undefined) {
        return { ok: false, output: `${tool.name} takes an object with one text, "${tool.parameter.name}".` }
      }
      return tool.run(argument)
    },
  }
}

/** The input of a tool as an event shows it: texts only, clipped. */
export function showInput(input: unknown): ToolInput {
  const fields = z.record(z.string(), z.unknown()).safeParse(input)
  if (!fields.success) return {}
  return Object.fromEntries(
    Object.entries(fields.data)
      .slice(0, 4)
      .map(([name, value]) => [
        name.slice(0, 40),
        (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 500),
      ]),
  )
}

/** A passage as a source of an answer. */
export function sourceOf(passage: Passage): Source {
  return { title: passage.trail.join(' › '), file: passage.file, anchor: passage.anchor }
}

function readArgument(tool: Tool, input: unknown): string | undefined {
  const text = z.string().max(INPUT_CHARACTERS)
  const { name, required } = tool.parameter
  const parsed = z.strictObject({ [name]: required ? text.min(1) : text.optional() }).safeParse(input)
  return parsed.success ? (parsed.data[name] ?? '') : undefined
}

function searchDocuments(library: Library, query: string): ToolOutcome {
  const findings = library.search(query)
  if (findings.length === 0) {
    return { ok: true, output: `Nothing about this in ${library.passages} passages.`, findings }
  }
  const sources = findings.map((finding) => sourceOf(finding.passage))
  const output = findings
    .map(({ passage }) => `${passage.trail.join(' › ')} (${passage.file}): ${clip(passage.text, 600)}`)
    .join('\n\n')
  return { ok: true, output, sources, findings }
}

function runCalculation(expression: string): ToolOutcome {
  const outcome = calculate(expression)
  if (!outcome.ok) return { ok: false, output: outcome.problem }
  return { ok: true, output: formatNumber(outcome.value) }
}

function tellTime(text: string, now: number): ToolOutcome {
  const place = findPlace(text.trim() === '' ? 'UTC' : text)
  if (place === undefined) return { ok: false, output: `No time zone is known for "${clip(text, 60)}".` }
  return { ok: true, output: describeTime(new Date(now), place.zone) }
}
