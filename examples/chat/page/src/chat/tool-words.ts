import type { IconName } from '../ui/icons.js'

interface ToolWords {
  readonly icon: IconName
  readonly doing: string
  readonly done: string
}

const WORDS: Readonly<Record<string, ToolWords>> = {
  search_documents: { icon: 'search', doing: 'Searching the documents', done: 'Searched the documents' },
  calculate: { icon: 'calculator', doing: 'Calculating', done: 'Calculated' },
  current_time: { icon: 'clock', doing: 'Looking at the clock', done: 'Looked at the clock' },
}

/** Says what a tool does; a tool that this page does not know is called by its name. */
export function toolWords(tool: string): ToolWords {
  const known = Object.hasOwn(WORDS, tool) ? WORDS[tool] : undefined
  return known ?? { icon: 'tool', doing: `Using ${tool}`, done: `Used ${tool}` }
}
