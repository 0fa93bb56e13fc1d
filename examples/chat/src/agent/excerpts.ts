import { stem, words } from './library.js'
import { type Passage, plain } from './passages.js'
import { isSpace, withoutEnd } from './trim.js'

// Enough to understand, short enough to read while it streams.
const EXCERPT_CHARACTERS = 420

/** The part of a passage that answers best. */
export interface Excerpt {
  /** Without Markdown, but with line breaks between items, rows and lines of code. */
  readonly text: string
  /** How many of the words asked for stand together in its best sentence, item or row, from 0 to 1. */
  readonly fit: number
}

/** What may be quoted by itself: a sentence, an item of a list, a row of a table, a piece of code. */
interface Unit {
  readonly kind: 'sentence' | 'item' | 'row' | 'code'
  readonly text: string
  /** A table's header belongs to the meaning of each row. */
  readonly header: string
  readonly startsBlock: boolean
}

/** Finds the part of a passage that holds most of the terms; `undefined` if nothing of it can be quoted. */
export function excerpt(passage: Passage, terms: readonly string[]): Excerpt | undefined {
  const wanted = new Set(terms)
  const held = (text: string): Set<string> =>
    new Set(
      words(text)
        .map(stem)
        .filter((word) => wanted.has(word)),
    )
  const headed = held(passage.trail.at(-1) ?? '').size >= Math.max(1, Math.min(2, wanted.size))
  const units = readableUnits(passage.text)
  const rated = units.map((unit, index) => {
    const count = held(`${unit.text} ${unit.header}`).size
    // Under a heading that says it all, the first sentence is the definition. Of equals the earlier is taken.
    const definition = headed && index === 0 && unit.kind !== 'code' ? 1.5 : 0
    return {
      unit,
      index,
      count,
      points: count * (unit.kind === 'code' ? 0.5 : 1) + definition - index * 0.001,
    }
  })
  const best = rated.reduce((a, b) => (b.points > a.points ? b : a), rated[0] ?? NOTHING)
  if (best.unit.text === '') return undefined
  const chosen = [best.unit]
  let length = best.unit.text.length
  for (const { unit, count } of rated.slice(best.index + 1)) {
    if (unit.kind === 'code' || length + unit.text.length > EXCERPT_CHARACTERS) break
    // Prose goes on; the next row of a table is about something else, unless it is asked for as well.
    if (unit.kind === 'row' && count < best.count) continue
    chosen.push(unit)
    length += unit.text.length
  }
  const text = chosen
    .map((unit, index) => (index > 0 ? (unit.startsBlock ? '\n' : ' ') : '') + unit.text)
    .join('')
  const fit = wanted.size === 0 ? 0 : (best.count + (headed ? 1 : 0)) / (wanted.size + (headed ? 1 : 0))
  return { text: clip(text, 2 * EXCERPT_CHARACTERS), fit }
}

const NOTHING = {
  unit: { kind: 'sentence', text: '', header: '', startsBlock: true },
  index: 0,
  count: 0,
  points: 0,
} as const

function readableUnits(markdown: string): Unit[] {
  return markdown.split('\n\n').flatMap((paragraph) => {
    if (/^ {4}/.test(paragraph)) return codeUnit(paragraph)
    if (/^\s*\|/.test(paragraph)) return tableRows(paragraph)
    return paragraph.split(/\n(?=\s*(?:[-*+]|\d+[.)])\s)/).flatMap(proseUnits)
  })
}

function proseUnits(block: string): Unit[] {
  const item = /^\s*(?:[-*+]|\d+[.)])\s+/.test(block)
  const bare = plain(block.replace(/^\s*(?:[-*+]|\d+[.)]|>)\s+/gm, '').replace(/^\s*>\s?/gm, ''))
  if (item) return bare === '' ? [] : [{ kind: 'item', text: `- ${bare}`, header: '', startsBlock: true }]
  const sentences = new Intl.Segmenter('en', { granularity: 'sentence' })
  return [...sentences.segment(bare)].map(({ segment, index }) => ({
    kind: 'sentence',
    text: segment.trim(),
    header: '',
    startsBlock: index === 0,
  }))
}

function tableRows(table: string): Unit[] {
  const rows = table.split('\n').map((row) =>
    row
      .split(/(?<!\\)\|/)
      .map((cell) => plain(cell.replaceAll('\\|', '|')))
      .filter((cell) => cell !== ''),
  )
  const header = (rows[0] ?? []).join(' ')
  return rows
    .slice(1)
    .filter((cells) => cells.some((cell) => /[\p{L}\p{N}]/u.test(cell)))
    .map((cells) => ({ kind: 'row', text: cells.join(' — '), header, startsBlock: true }))
}

function codeUnit(code: string): Unit[] {
  const lines = code.split('\n').map((line) => line.slice(4).trimEnd())
  return [{ kind: 'code', text: lines.slice(0, 12).join('\n'), header: '', startsBlock: true }]
}

/** Cuts a text at a word, and says so. */
export function clip(text: string, characters: number): string {
  if (text.length <= characters) return text
  const cut = text.slice(0, characters)
  const word = withoutEnd(cut, (character) => !isSpace(character))
  // A single long word has no end before it.
  return `${word === '' ? cut : word.trimEnd()}…`
}
