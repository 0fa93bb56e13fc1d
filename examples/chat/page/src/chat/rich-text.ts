// A small reader of the light markup that answers are written in. It knows paragraphs, headings, lists, quotes, code, bold
// and nothing else; all else stays the text it is.

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bold'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }

export type Block =
  | { readonly kind: 'paragraph'; readonly lines: readonly (readonly Inline[])[] }
  | { readonly kind: 'heading'; readonly content: readonly Inline[] }
  | {
      readonly kind: 'list'
      readonly start: number | undefined
      readonly items: readonly (readonly Inline[])[]
    }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly Inline[])[])[] }

// Deeper quotes are shown as text: nobody writes them, and input from outside must not choose how deep we go.
const MAX_DEPTH = 3

const FENCE = /^ {0,3}```/
const HEADING = /^ {0,3}#{1,6} +(\S.*)$/
const BULLET = /^ {0,3}[-*•] +(.+)$/
const NUMBERED = /^ {0,3}(\d{1,9})[.)] +(.+)$/
const QUOTED = /^ {0,3}> ?(.*)$/
const ROW = /^ {0,3}\|(.+)\| *$/
const ROW_RULE = /^[\s|:-]+$/
// Bold begins after a space or the like and ends before one, so that `2**3` stays a power.
const INLINE = /`([^`\n]+)`|(?<![\w*])\*\*(?! )([^*\n]+?)(?<! )\*\*(?![\w*])/g

/** Reads a text into blocks. Whatever the text is, it gives blocks; every visible character is in one of them. */
export function readRichText(text: string, depth = 0): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    const { block, next } = readBlock(lines, at, depth)
    if (block !== undefined) blocks.push(block)
    at = next
  }
  return blocks
}

/** Reads the markup within a line. */
export function readInline(line: string): Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const match of line.matchAll(INLINE)) {
    if (match.index > from) parts.push({ kind: 'text', text: line.slice(from, match.index) })
    const [whole, code, bold] = match
    parts.push(code === undefined ? { kind: 'bold', text: bold ?? '' } : { kind: 'code', text: code })
    from = match.index + whole.length
  }
  if (from < line.length) parts.push({ kind: 'text', text: line.slice(from) })
  return parts
}

interface Reading {
  readonly block: Block | undefined
  readonly next: number
}

function readBlock(lines: readonly string[], at: number, depth: number): Reading {
  const line = lines[at] ?? ''
  if (line.trim() === '') return { block: undefined, next: at + 1 }
  if (FENCE.test(line)) return readFence(lines, at)
  const heading = HEADING.exec(line)?.[1]
  if (heading !== undefined) {
    return { block: { kind: 'heading', content: readInline(heading) }, next: at + 1 }
  }
  if (depth < MAX_DEPTH && QUOTED.test(line)) {
    const { taken, next } = takeWhile(lines, at, (each) => QUOTED.exec(each)?.[1])
    return { block: { kind: 'quote', blocks: readRichText(taken.join('\n'), depth + 1) }, next }
  }
  if (BULLET.test(line)) return readList(lines, at, undefined, (each) => BULLET.exec(each)?.[1])
  const first = NUMBERED.exec(line)?.[1]
  if (first !== undefined) return readList(lines, at, Number(first), (each) => NUMBERED.exec(each)?.[2])
  if (ROW.test(line)) return readTable(lines, at)
  const { taken, next } = takeWhile(lines, at + 1, (each) => (interrupts(each, depth) ? undefined : each))
  return {
    block: { kind: 'paragraph', lines: [line, ...taken].map((each) => readInline(each.trim())) },
    next,
  }
}

function readFence(lines: readonly string[], at: number): Reading {
  const { taken, next } = takeWhile(lines, at + 1, (each) => (FENCE.test(each) ? undefined : each))
  // While the answer streams, the fence may not be closed yet.
  return { block: { kind: 'code', text: taken.join('\n') }, next: Math.min(next + 1, lines.length) }
}

function readList(
  lines: readonly string[],
  at: number,
  start: number | undefined,
  itemOf: (line: string) => string | undefined,
): Reading {
  const items: string[] = []
  let next = at
  for (; next < lines.length; next++) {
    const line = lines[next] ?? ''
    const item = itemOf(line)
    if (item !== undefined) items.push(item)
    // An indented line goes on with the item before it.
    else if (/^ {2,}\S/.test(line)) items.push(`${items.pop() ?? ''} ${line.trim()}`)
    else break
  }
  return { block: { kind: 'list', start, items: items.map(readInline) }, next }
}

function readTable(lines: readonly string[], at: number): Reading {
  const { taken, next } = takeWhile(lines, at, (each) => ROW.exec(each)?.[1])
  const rows = taken
    .filter((row) => !ROW_RULE.test(row))
    .map((row) => row.split('|').map((cell) => readInline(cell.trim())))
  return { block: rows.length === 0 ? undefined : { kind: 'table', rows }, next }
}

function interrupts(line: string, depth: number): boolean {
  if (line.trim() === '') return true
  return (
    [FENCE, HEADING, BULLET, NUMBERED, ROW].some((start) => start.test(line)) ||
    (depth < MAX_DEPTH && QUOTED.test(line))
  )
}

function takeWhile(
  lines: readonly string[],
  from: number,
  take: (line: string) => string | undefined,
): { readonly taken: string[]; readonly next: number } {
  const taken: string[] = []
  let next = from
  for (; next < lines.length; next++) {
    const got = take(lines[next] ?? '')
    if (got === undefined) break
    taken.push(got)
  }
  return { taken, next }
}
