import { type Dirent, promises as fs } from 'node:fs'
import path from 'node:path'
import { isRefusalCode } from '@wsticket/protocol'
import MiniSearch from 'minisearch'
import { type Passage, splitIntoPassages } from './passages.js'

// Bounds against a folder that is not what it was taken for.
const MAX_FILES = 500
const MAX_FILE_BYTES = 1024 * 1024
const MAX_DEPTH = 8
// A passage about one of four words asked for is about something else.
const MIN_COVERAGE = 0.5
// The words of questions, and those too common to tell one passage from another.
const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about again all also am an and any are as at be been before being between both but by can cannot could did do does
  doing done each else explain find for from get gets give gives go good got had has have he hello help her here hi him
  his how i if in into is it its just know let like look make makes many may me mean means meant might more most much
  must my need needs no nor not of on one or other our out over please question same say says search see she should show
  so some such tell than thank thanks that the their them then there these they thing things this those through to too
  under understand up us use used using very want was way we well were what when where whether which while who whom whose
  why will with word words work works would yes you your`.split(/\s+/),
)

/** A passage that answers a question, and how well. */
export interface Finding {
  readonly passage: Passage
  readonly score: number
  /** The words of the question that it holds, in the form in which they are compared. */
  readonly terms: readonly string[]
}

/** The documents, ready to be searched. */
export interface Library {
  readonly passages: number
  /** Best first; empty if nothing is really about the question. */
  search(question: string, limit?: number): Finding[]
}

/** Reads the Markdown files at the top of a folder and, at any depth, in its `docs`. */
export async function readDocuments(folder: string): Promise<Passage[]> {
  const files = [
    ...(await markdownFiles(folder, '', 0)),
    ...(await markdownFiles(folder, 'docs', MAX_DEPTH)),
  ].slice(0, MAX_FILES)
  const passages: Passage[] = []
  for (const file of files) {
    const absolute = path.join(folder, ...file.split('/'))
    if ((await fs.stat(absolute)).size > MAX_FILE_BYTES) continue
    passages.push(...splitIntoPassages(file, await fs.readFile(absolute, 'utf8')))
  }
  return passages
}

/** Makes passages searchable. */
export function createLibrary(passages: readonly Passage[]): Library {
  const index = new MiniSearch<{ id: number; heading: string; trail: string; text: string }>({
    fields: ['heading', 'trail', 'text'],
    // What is about a code is found by the words in it, too.
    tokenize: (text) =>
      words(text).flatMap((word) => (isRefusalCode(word) ? [word, ...word.split('_')] : word)),
    processTerm: (word) => (STOP_WORDS.has(word) ? null : stem(word)),
    searchOptions: {
      tokenize: (text) => words(text),
      boost: { heading: 4, trail: 1.5 },
      prefix: (term) => term.length >= 4,
      weights: { prefix: 0.5, fuzzy: 0.2 },
    },
  })
  index.addAll(
    passages.map((passage, id) => ({
      id,
      heading: passage.trail.at(-1) ?? '',
      trail: `${passage.trail.slice(0, -1).join(' ')} ${passage.file}`,
      text: passage.text,
    })),
  )
  const search = (question: string, limit: number): Finding[] => {
    const asked = searchTerms(question)
    if (asked.length === 0) return []
    const exact = findings(index.search(asked.join(' ')), asked.length)
    // Typing errors are forgiven only when the words as written lead nowhere.
    const fuzzy = (term: string): number | boolean => term.length >= 5 && 1
    const found = exact.length > 0 ? exact : findings(index.search(asked.join(' '), { fuzzy }), asked.length)
    return found.slice(0, limit)
  }
  const findings = (
    results: readonly {
      readonly id: unknown
      readonly score: number
      readonly queryTerms: readonly string[]
      readonly terms: readonly string[]
    }[],
    asked: number,
  ): Finding[] =>
    results
      .flatMap((result) => {
        const passage = typeof result.id === 'number' ? passages[result.id] : undefined
        const coverage = new Set(result.queryTerms).size / asked
        if (passage === undefined || coverage < MIN_COVERAGE) return []
        return [{ passage, score: result.score * coverage ** 2, terms: result.terms }]
      })
      .sort((a, b) => b.score - a.score)
  return { passages: passages.length, search: (question, limit = 5) => search(question, limit) }
}

/** The words of a question that are worth searching for, in the form in which they are compared. */
export function searchTerms(question: string): string[] {
  return [
    ...new Set(
      words(question)
        .filter((word) => !STOP_WORDS.has(word))
        .map(stem),
    ),
  ]
}

/** The words of a text, in small letters. A refusal code is one word: the "used" of `ticket_used` alone says nothing. */
export function words(text: string): string[] {
  const found =
    text
      .toLowerCase()
      .normalize('NFKC')
      .match(/[\p{L}\p{N}]+(?:_+[\p{L}\p{N}]+)*(?:'[\p{L}]+)?/gu) ?? []
  return found.flatMap((word) => (isRefusalCode(word) ? word : word.split(/_+/)))
}

/** Takes the plainest English endings off, so that "tickets" finds "ticket" and "redeemed" finds "redeem". */
export function stem(word: string): string {
  if (isRefusalCode(word)) return word
  const bare = word.replace(/'s?$/, '')
  if (bare.length > 4 && /[^aeiou]ies$/.test(bare)) return `${bare.slice(0, -3)}y`
  if (bare.length > 5 && /(ss|sh|ch|x|z)es$/.test(bare)) return bare.slice(0, -2)
  if (bare.length > 3 && /[^su]s$/.test(bare)) return stem(bare.slice(0, -1))
  if (bare.length > 5 && bare.endsWith('ing')) return undouble(bare.slice(0, -3))
  if (bare.length > 4 && /[^e]ed$/.test(bare)) return undouble(bare.slice(0, -2))
  return bare.length > 4 ? bare.replace(/e$/, '') : bare
}

function undouble(word: string): string {
  const single = /([bdgmnprt])\1$/.test(word) ? word.slice(0, -1) : word
  return single.length > 4 ? single.replace(/e$/, '') : single
}

async function markdownFiles(folder: string, below: string, depth: number): Promise<string[]> {
  let entries: Dirent[]
  try {
    entries = await fs.readdir(path.join(folder, below), { withFileTypes: true })
  } catch (error) {
    // No `docs` is no reason to fail; no folder at all is.
    if (below !== '' && error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  const files: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isFile() && /\.md$/i.test(entry.name)) files.push(name)
    else if (entry.isDirectory() && depth > 0) files.push(...(await markdownFiles(folder, name, depth - 1)))
  }
  return files
}
