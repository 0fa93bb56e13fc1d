import { CALCULATOR_NAMES, calculate } from './calculator.js'
import { findPlace } from './clock-tool.js'
import { searchTerms, words } from './library.js'
import type { ToolName } from './tools.js'
import { isSpace, withoutEnd } from './trim.js'

/** One use of a tool, and what to tell the user meanwhile. */
export interface Step {
  readonly tool: ToolName
  readonly input: Readonly<Record<string, string>>
  readonly note: string
}

export interface Plan {
  readonly kind: 'greeting' | 'question'
  readonly steps: readonly Step[]
}

const GREETINGS: ReadonlySet<string> = new Set(
  `afternoon and are ada agent alan bonjour bot bye cheers cool day dear doing evening everybody everyone fine friend good
  goodbye great greetings hallo hello hey hi hola how howdy i'm is it's later lot meet moin morning much nice night
  ok okay see servus so sup thank thanks there to today very welcome what's up well yo you your`.split(/\s+/),
)
const HELP =
  /^(?:please )?(?:help|help me|(?:what|how) (?:can|do) you (?:do|help|know)|who are you|what are you)\b/i

const NAMES = CALCULATOR_NAMES.filter((name) => name.length > 1 && name !== 'pi').join('|')
const RUN = new RegExp(
  `(?:[\\d.+\\-*/%^(),×÷−·\\s]|\\b(?:${NAMES})(?=\\s?\\()|\\bpi\\b|(?<=\\d)e[+-]?(?=\\d))+`,
  'giu',
)
const LEAD_IN =
  /^(?:(?:please|hey|hi|hello|so|and|ok|okay)[, ]+)*(?:what(?:'s| is| are| does)?|how much (?:is|are|does)|calculate|compute|evaluate|solve|work out|tell me)(?: the (?:result|value) of)?[: ]+/i
const ASKS_TO_CALCULATE = /\b(?:calculate|compute|evaluate|solve|how much is|work out)\b/i
const ASKS_TIME =
  /\b(?:what(?:'s| is) the (?:current |local )?(?:time|date|day)|what (?:time|day|date) is it|what's the time|current (?:time|date)|local time|time is it|today's date|date today)\b/i
const TIME_IN =
  /\b(?:time|date|day|it)\b[^?.!,;]{0,30}?\b(?:in|at|for) (?:the )?([\p{L}][\p{L} _/'-]{1,60})/iu
// What is left of a question once the calculation or the time is taken out of it.
const REMAINDER_FILLER =
  /\b(?:calculate|compute|evaluate|solve|work|result|value|equals?|much|time|date|day|current(?:ly)?|local|right|now|today|today's|moment|sum)\b/gi

/** Decides, without a model, which tools a question needs. */
export function makePlan(text: string): Plan {
  const question = text.replace(/\s+/g, ' ').trim()
  if (isGreeting(question)) {
    return { kind: 'greeting', steps: [search('wsticket', 'Looking up what these documents are about')] }
  }
  const steps: Step[] = []
  let rest = question
  const time = findTimeQuestion(rest)
  if (time !== undefined) {
    steps.push({
      tool: 'current_time',
      input: time.place === '' ? {} : { place: time.place },
      note: 'Looking at the clock',
    })
    rest = time.rest
  }
  const sum = findExpression(rest)
  if (sum !== undefined) {
    steps.push({ tool: 'calculate', input: { expression: sum.expression }, note: 'This needs a calculation' })
    rest = sum.rest
  }
  if (steps.length > 0) rest = rest.replace(REMAINDER_FILLER, ' ').replace(/\s+/g, ' ').trim()
  if (steps.length === 0 || searchTerms(rest).length > 0) {
    steps.push(search(rest.slice(0, 500), 'Searching the documents'))
  }
  return { kind: 'question', steps }
}

function search(query: string, note: string): Step {
  return { tool: 'search_documents', input: { query }, note }
}

function isGreeting(question: string): boolean {
  if (HELP.test(question)) return true
  const said = words(question)
  return said.length > 0 && said.length <= 8 && said.every((word) => GREETINGS.has(word))
}

function findTimeQuestion(question: string): { place: string; rest: string } | undefined {
  const asked = ASKS_TIME.exec(question)
  const located = TIME_IN.exec(question)
  const place = located?.[1] === undefined ? undefined : longestPlace(located[1])
  if (located !== null && place !== undefined) {
    const end = located.index + located[0].length - (located[1]?.length ?? 0) + place.length
    const start = Math.min(located.index, asked?.index ?? located.index)
    return { place, rest: `${question.slice(0, start)} ${question.slice(end)}` }
  }
  if (asked === null) return undefined
  const after = question.slice(asked.index + asked[0].length)
  // "What is the time limit" asks about something else, "What time is it in Atlantis" for an unknown place.
  const unknown = /^(?: right)?(?: now)? (?:in|at) ([\p{L}][\p{L} _/'-]{1,60})/iu.exec(after)
  if (unknown?.[1] !== undefined) {
    const name = unknown[1].replace(/ (?:right|now|please|and)\b.*$/i, '')
    return { place: name, rest: question.slice(0, asked.index) }
  }
  if (!/^(?: (?:right|now|today|please|there|it|is|currently|at the moment|and)\b| ?[?.!,;]|$)/i.test(after))
    return undefined
  return { place: '', rest: `${question.slice(0, asked.index)} ${after}` }
}

function longestPlace(text: string): string | undefined {
  const parts = text.split(' ')
  for (let length = Math.min(parts.length, 4); length > 0; length -= 1) {
    const name = withoutEnd(parts.slice(0, length).join(' '), (character) => "'-".includes(character))
    if (findPlace(name) !== undefined) return name
  }
  return undefined
}

function findExpression(question: string): { expression: string; rest: string } | undefined {
  const written = inSymbols(question)
  const bare = withoutEnd(
    written.replace(LEAD_IN, ''),
    (character) => isSpace(character) || '=?!.;'.includes(character),
  ).trimStart()
  if (/\d/.test(bare) && isOnlyExpression(bare) && /[-+*/%^()×÷−·]/.test(bare.replace(/^[-−]/, ''))) {
    return { expression: bare, rest: '' }
  }
  const told = ASKS_TO_CALCULATE.test(question)
  const candidates = [...written.matchAll(RUN)]
    .map((match) => ({ at: match.index, text: withoutEnd(match[0].replace(/^[\s,.]+/, ''), isAround) }))
    .filter(({ text }) => /\d/.test(text) && isCalculation(text, told))
    .sort((a, b) => b.text.length - a.text.length)
  const best = candidates[0]
  if (best !== undefined) {
    return { expression: best.text, rest: written.replace(best.text, ' ') }
  }
  // Told to calculate something that does not look like it: the calculator can say what is wrong.
  if (/^(?:please )?(?:calculate|compute|evaluate)\b/i.test(question) && /\d/.test(bare)) {
    return { expression: bare.slice(0, 500), rest: '' }
  }
  return undefined
}

function isAround(character: string): boolean {
  return isSpace(character) || character === ',' || character === '.'
}

function isOnlyExpression(text: string): boolean {
  return text.replaceAll(RUN, '').trim() === ''
}

// "24/7", "30-3600" and dates inside a sentence are no sums, unless one is asked for.
function isCalculation(text: string, told: boolean): boolean {
  if (!/\d\)?\s?[-+*/%^×÷−·]\s?[-(]?\s?[\da-z.]|[a-z]\s?\(/i.test(text)) return false
  const clear = told || /[*^+×÷]/.test(text) || /\d [-/%−] [\d(]/.test(text) || /[a-z]\s?\(/i.test(text)
  return clear && (told || calculate(text).ok || /\d\s?\/\s?0/.test(text))
}

// The words of arithmetic, where they stand between numbers.
function inSymbols(question: string): string {
  return question
    .replace(/(?<=[\d)] )(?:times|multiplied by)(?= [-(\d])/gi, '*')
    .replace(/(?<=[\d)] )divided by(?= [-(\d])/gi, '/')
    .replace(/(?<=[\d)] )plus(?= [-(\d])/gi, '+')
    .replace(/(?<=[\d)] )minus(?= [-(\d])/gi, '-')
    .replace(/(?<=[\d)] )(?:mod|modulo)(?= [-(\d])/gi, '%')
    .replace(/(?<=[\d)] )to the power of(?= [-(\d])/gi, '^')
    .replace(/(?<=[\d)]) squared\b/gi, '^2')
    .replace(/(?<=[\d)]) cubed\b/gi, '^3')
    .replace(/(?<=[\d)] ?)x(?= ?[\d(])/gi, '*')
    .replace(/(?:the )?square root of (\d{1,15}(?:\.\d{1,15})?)/gi, 'sqrt($1)')
    .replace(/(\d{1,15}(?:\.\d{1,15})?) ?(?:%|percent) of (\d{1,15}(?:\.\d{1,15})?)/gi, '$1/100*$2')
    .replace(/(?<![\d(,.])(\d{1,3}(?:,\d{3}){1,4})(?![\d,)])/g, (number) => number.replaceAll(',', ''))
}
