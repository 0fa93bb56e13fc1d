import { createHash } from 'node:crypto'

// What a script reads is split at spaces, commas and semicolons: text from outside must have none of them. The letter in
// front tells an empty text from none.
const PRESENT = 'x'
const ABSENT = '-'

// Compared for equality only; 96 bits, of which nobody can choose two that are alike.
const FINGERPRINT_CHARACTERS = 16

/** A text as one word of letters, digits, `-` and `_`; an absent one is `-`. */
export function toWord(text: string | undefined): string {
  // As JSON, because UTF-8 has no lone surrogates, which JSON escapes.
  return text === undefined ? ABSENT : PRESENT + Buffer.from(JSON.stringify(text)).toString('base64url')
}

/** The text of a word. */
export function fromWord(word: string | undefined): string | undefined {
  if (word === undefined || !word.startsWith(PRESENT)) return undefined
  const text: unknown = JSON.parse(Buffer.from(word.slice(1), 'base64url').toString())
  return typeof text === 'string' ? text : undefined
}

/** Several texts, as words with spaces in between. */
export function toWords(texts: readonly string[]): string {
  return texts.map(toWord).join(' ')
}

/** The texts of a line of words. */
export function fromWords(line: string): string[] {
  return line.split(' ').flatMap((word) => fromWord(word) ?? [])
}

/** What stands for a text where it is only compared; an absent one is `-`. */
export function fingerprint(text: string | undefined): string {
  if (text === undefined) return ABSENT
  return createHash('sha256')
    .update(JSON.stringify(text))
    .digest('base64url')
    .slice(0, FINGERPRINT_CHARACTERS)
}
