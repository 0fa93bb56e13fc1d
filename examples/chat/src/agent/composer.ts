import type { Source } from './events.js'
import { clip, type Excerpt, excerpt } from './excerpts.js'
import { type Finding, searchTerms } from './library.js'
import type { Passage } from './passages.js'
import type { Plan, Step } from './planner.js'
import { sourceOf, type ToolOutcome } from './tools.js'
import { isSpace, withoutEnd } from './trim.js'

const QUOTES = 2
const FURTHER_READING = 3
// A second passage is quoted only if it fits nearly as well as the first.
const NEARLY = 0.7

/** A step of the plan and what came of it. */
export interface DoneStep {
  readonly step: Step
  readonly outcome: ToolOutcome
}

export interface Answer {
  readonly text: string
  readonly sources: readonly Source[]
}

/** Writes the answer out of what the tools found. */
export function composeAnswer(kind: Plan['kind'], done: readonly DoneStep[]): Answer {
  const parts = done.map((each) => (kind === 'greeting' ? greet(each) : answerStep(each, done.length > 1)))
  return {
    text: parts.map((part) => part.text).join('\n\n'),
    sources: parts.flatMap((part) => part.sources),
  }
}

function answerStep({ step, outcome }: DoneStep, oneOfSeveral: boolean): Answer {
  switch (step.tool) {
    case 'calculate': {
      const expression = clip(step.input.expression ?? '', 120)
      const text = outcome.ok
        ? `${expression} = ${outcome.output}`
        : `I cannot calculate ${expression}: ${outcome.output}`
      return { text, sources: [] }
    }
    case 'current_time': {
      const { place } = step.input
      if (!outcome.ok) {
        const text = `${outcome.output} Name a larger city, or a zone such as Europe/Paris.`
        return { text, sources: [] }
      }
      return {
        text: `${place === undefined ? 'It is' : `In ${capitalize(place)} it is`} ${outcome.output}.`,
        sources: [],
      }
    }
    case 'search_documents':
      return quote(step.input.query ?? '', outcome.findings ?? [], oneOfSeveral)
  }
}

function greet({ outcome }: DoneStep): Answer {
  const lines = [
    'Hello! I answer over a WebSocket that was opened with a single-use ticket. Without any network I can:',
    [
      '- search the documents of this project: "What is a tenure fence?"',
      '- calculate: "12*(7+5)"',
      '- tell the time: "What time is it in Tokyo?"',
    ].join('\n'),
  ]
  const found = rank(outcome.findings ?? [], ['wsticket'])
  // What a project is, its README says before the first section.
  const about = found.find(({ passage }) => passage.trail.length === 1) ?? found[0]
  if (about === undefined) return { text: lines.join('\n\n'), sources: [] }
  const { passage, quoted } = about
  lines.push(`What the documents are about, from ${where(passage)}:`, block(quoted.text))
  return { text: lines.join('\n\n'), sources: [sourceOf(passage)] }
}

interface Ranked {
  readonly passage: Passage
  readonly quoted: Excerpt
  readonly score: number
}

/** The findings that can be quoted. One whose words stand together goes before one where they are scattered. */
function rank(findings: readonly Finding[], terms: readonly string[]): Ranked[] {
  return findings
    .flatMap(({ passage, score, terms: held }) => {
      const quoted = excerpt(passage, [...new Set([...terms, ...held])])
      return quoted === undefined ? [] : [{ passage, quoted, score: score * (0.25 + quoted.fit) }]
    })
    .sort((a, b) => b.score - a.score)
}

function quote(query: string, findings: readonly Finding[], oneOfSeveral: boolean): Answer {
  const terms = searchTerms(query)
  const ranked = rank(findings, terms)
  const best = ranked[0]
  if (best === undefined) {
    const what =
      terms.length === 0
        ? 'this'
        : `"${clip(
            withoutEnd(query, (character) => isSpace(character) || '?!.'.includes(character)),
            120,
          )}"`
    const text = oneOfSeveral
      ? `About ${what} I found nothing in the documents.`
      : `I found nothing about ${what} in the documents of this project. Other words may help; I can also calculate and tell the time.`
    return { text, sources: [] }
  }
  const quotes = ranked.slice(0, QUOTES).filter(({ score }) => score >= best.score * NEARLY)
  const lines = quotes.flatMap(({ passage, quoted }, index) => [
    `${index === 0 ? 'From' : 'And from'} ${where(passage)}:`,
    block(quoted.text),
  ])
  const named = new Set(quotes.map(({ passage }) => where(passage)))
  const further = distinct(ranked.map(({ passage }) => passage))
    .filter((passage) => !named.has(where(passage)))
    .slice(0, FURTHER_READING)
  if (further.length > 0)
    lines.push(['See also:', ...further.map((passage) => `- ${where(passage)}`)].join('\n'))
  const sources = distinct([...quotes.map(({ passage }) => passage), ...further]).map(sourceOf)
  return { text: lines.join('\n\n'), sources }
}

function where(passage: Passage): string {
  const heading = passage.trail.at(-1) ?? passage.document
  return `${passage.file}, "${heading}"`
}

function distinct(passages: readonly Passage[]): Passage[] {
  return [...new Map(passages.map((passage) => [`${passage.file}#${passage.anchor}`, passage])).values()]
}

function block(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
}

function capitalize(name: string): string {
  return name.replace(
    /(^|[ /_-])(\p{Ll})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  )
}
