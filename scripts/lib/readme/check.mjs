import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../run.mjs'
import { exampleNamed } from './blocks.mjs'
import { play } from './play.mjs'

const SUBJECT = 'ada'

/** What the README's client takes from the page around it. */
const PAGE = `
declare const auth: { accessToken(): Promise<string> }
declare function show(data: unknown): void
declare function banner(to: unknown, cause: unknown): void
`

/** As strict as a user may be, our own declarations included. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
  },
  files: ['server.ts', 'client.ts', 'page.d.ts'],
}

/**
 * Checks the README's two examples as a user would try them: copied into a project that has the packages, compiled,
 * and run against each other.
 *
 * @param {string} root
 * @param {string} folder the project
 * @returns {Promise<string[]>} what is wrong
 */
export async function checkReadme(root, folder) {
  const markdown = await readFile(join(root, 'README.md'), 'utf8').catch(() => '')
  await writeFile(join(folder, 'server.ts'), exampleNamed(markdown, 'server'))
  await writeFile(join(folder, 'client.ts'), exampleNamed(markdown, 'client'))
  await writeFile(join(folder, 'page.d.ts'), PAGE)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  const tsc = await run(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder],
    {
      cwd: folder,
    },
  )
  if (tsc.code !== 0) return [`README.md, the examples do not compile:\n${tsc.output.trim()}`]
  const server = join(folder, 'server.js')
  const client = join(folder, 'client.js')
  const shown = await play({ server, client, subject: SUBJECT })
  if (String(shown).includes(SUBJECT)) return []
  return [`README.md: its server should greet ${SUBJECT}; its client showed ${JSON.stringify(shown)}.`]
}
