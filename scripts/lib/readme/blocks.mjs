/**
 * Takes the code out of a Markdown text that stands, fenced, right behind `<!-- example: <name> -->`.
 *
 * @param {string} markdown
 * @param {string} name
 * @returns {string}
 * @throws {Error} when there is none, or more than one
 */
export function exampleNamed(markdown, name) {
  const pattern = new RegExp(
    `^<!-- example: ${name} -->\\s*\\n\`\`\`(?:ts|tsx|js)\\n([\\s\\S]*?)^\`\`\`$`,
    'gm',
  )
  const found = [...markdown.matchAll(pattern)].map((match) => match[1] ?? '')
  const [code] = found
  if (code === undefined || found.length > 1) {
    throw new Error(
      `wsticket: the README must have one code block (ts) right behind "<!-- example: ${name} -->"; it has ${found.length}.`,
    )
  }
  return code
}
