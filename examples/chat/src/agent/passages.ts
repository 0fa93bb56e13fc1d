// A passage that a person would not read to its end is no good as a source.
const PASSAGE_CHARACTERS = 1200

/** A piece of a document that can be found, quoted and linked to. */
export interface Passage {
  /** Path inside the documents' folder, with `/`. */
  readonly file: string
  /** The document's first heading, else the file's name. */
  readonly document: string
  /** The headings above the text, the document's own first. */
  readonly trail: readonly string[]
  /** The anchor that GitHub gives the nearest heading; empty before the first one. */
  readonly anchor: string
  /** Paragraphs as they stand in the file, without comments and diagrams; fenced code is indented by four spaces. */
  readonly text: string
}

interface Section {
  readonly level: number
  readonly heading: string
  readonly anchor: string
  readonly lines: string[]
}

/** Splits a Markdown document by its headings into passages, long ones at their paragraphs. */
export function splitIntoPassages(file: string, markdown: string): Passage[] {
  const sections = splitByHeadings(markdown)
  const title = sections.find((section) => section.level === 1)?.heading ?? file.split('/').at(-1) ?? file
  const passages: Passage[] = []
  const above: Section[] = []
  for (const section of sections) {
    while ((above.at(-1)?.level ?? 0) >= section.level && above.length > 0) above.pop()
    if (section.level > 0) above.push(section)
    const headings = above.map((each) => each.heading)
    const trail = headings[0] === title ? headings : [title, ...headings]
    for (const text of splitText(section.lines)) {
      passages.push({ file, document: title, trail, anchor: section.anchor, text })
    }
  }
  return passages
}

/** The text of a heading without its Markdown. */
export function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^()]*\)/g, '$1')
    .replace(/<\/?[a-z][^<>]*>/gi, '')
    .replace(/(\*\*|__|`)/g, '')
    .replace(/(^|[\s(])[*_]([^\s*_][^*_]*)[*_](?=$|[\s).,:;!?])/g, '$1$2')
    .replace(/\s+/g, ' ')
    .trim()
}

function splitByHeadings(markdown: string): Section[] {
  const sections: Section[] = [{ level: 0, heading: '', anchor: '', lines: [] }]
  const used = new Map<string, number>()
  let fence: { readonly mark: string; readonly diagram: boolean } | undefined
  let front = false
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    // Front matter is for tools.
    if (line === '---' && (index === 0 || front)) {
      front = index === 0
      continue
    }
    if (front) continue
    const [, mark, info = ''] = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$/.exec(line) ?? []
    if (mark !== undefined && fence === undefined) {
      fence = { mark, diagram: info.startsWith('mermaid') }
      sections.at(-1)?.lines.push('')
      continue
    }
    if (mark !== undefined && fence !== undefined && info === '' && mark.startsWith(fence.mark)) {
      fence = undefined
      sections.at(-1)?.lines.push('')
      continue
    }
    // Code is told from prose by four spaces, as Markdown itself does; a blank line would end it. The text of
    // a diagram is for a drawing tool.
    if (fence !== undefined) {
      if (!fence.diagram && line.trim() !== '') sections.at(-1)?.lines.push(`    ${line}`)
      continue
    }
    const heading =
      fence === undefined ? /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/.exec(line) : null
    if (heading === null) {
      sections.at(-1)?.lines.push(line)
      continue
    }
    const text = plain(heading[2] ?? '')
    sections.push({ level: heading[1]?.length ?? 1, heading: text, anchor: anchorOf(text, used), lines: [] })
  }
  return sections
}

/** The anchor that GitHub makes of a heading; a second one of the same text gets `-1`, and so on. */
function anchorOf(heading: string, used: Map<string, number>): string {
  const base = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
  let anchor = base
  while (used.has(anchor)) {
    const count = (used.get(base) ?? 0) + 1
    used.set(base, count)
    anchor = `${base}-${count}`
  }
  used.set(anchor, 0)
  return anchor
}

function splitText(lines: readonly string[]): string[] {
  const paragraphs = lines
    .join('\n')
    .replace(/<!--[\s\S]*?-->/g, '')
    .split(/\n[ \t]*\n/)
    .map((paragraph) => paragraph.replace(/^\n+/, '').trimEnd())
    .filter((paragraph) => /[\p{L}\p{N}]/u.test(paragraph))
  const texts: string[] = []
  let text = ''
  for (const paragraph of paragraphs) {
    if (text !== '' && text.length + paragraph.length > PASSAGE_CHARACTERS) {
      texts.push(text)
      text = ''
    }
    text = text === '' ? paragraph : `${text}\n\n${paragraph}`
  }
  if (text !== '') texts.push(text)
  return texts
}
