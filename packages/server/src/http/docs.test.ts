import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PATHS, REFUSALS, type RefusalCode } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../test/temporary-folder.js'
import { ACTION_TEXT, httpStatuses } from './refusals-page.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const CODES = Object.keys(REFUSALS) as RefusalCode[]

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The documents of the project, for people. */
async function documents(): Promise<string[]> {
  const folders = ['.', 'docs', 'packages/protocol', 'packages/server', 'packages/client']
  const lists = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(ROOT, folder)))
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(folder, name)),
    ),
  )
  return lists.flat()
}

/** The section of a document under a heading, to the next heading of its level or above. */
function section(markdown: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 1
  const start = markdown.indexOf(`\n${heading}\n`)
  if (start === -1) throw new Error(`there is no heading ${heading}`)
  const rest = markdown.slice(start + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end === -1 ? rest : rest.slice(0, end)
}

/** The rows of the first table, without its head; cells without backquotes. */
function tableRows(markdown: string): string[][] {
  const lines = markdown.split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'))
  return lines.slice(first + 2, length === -1 ? undefined : first + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

/** The anchors that GitHub gives the headings of a document. */
function anchors(markdown: string): Set<string> {
  const found = new Map<string, number>()
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '')
  const all = new Set<string>()
  for (const [, heading = ''] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const base = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-')
    const count = found.get(base) ?? 0
    found.set(base, count + 1)
    all.add(count === 0 ? base : `${base}-${count}`)
  }
  return all
}

describe('the documents', () => {
  it('have the very table of refusals that the code has', () => {
    const rows = tableRows(section(read('PROTOCOL.md'), '## Refusals'))
    const expected = CODES.map((code) => [
      code,
      httpStatuses(code),
      String(REFUSALS[code].close ?? ''),
      ACTION_TEXT[REFUSALS[code].action],
    ])
    expect(rows).toEqual(expected)
  })

  it('say of every refusal code what to do about it', () => {
    const text = section(read('docs/troubleshooting.md'), '## By refusal code')
    expect([...text.matchAll(/^### (\w+)$/gm)].map(([, code]) => code)).toEqual(CODES)
  })

  it('have every path of the HTTP interface', () => {
    const text = section(read('PROTOCOL.md'), '## HTTP interface')
    for (const path of Object.values(PATHS).flat()) expect(text).toContain(path)
  })

  it('have every environment variable that the chat reads, and no other', () => {
    const source = read('examples/chat/src/server/config.ts')
    const names = [...source.matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)].map(([, name]) => name)
    const told = tableRows(section(read('docs/chat.md'), '## Environment variables')).map(([name]) => name)
    // The library itself reads the last one.
    expect(new Set(told)).toEqual(new Set([...names, 'ENABLE_TICKET_AUTH']))
    expect(told.length).toBeGreaterThan(6)
  })

  it('link only to what is there', async () => {
    const all = await documents()
    expect(all.length).toBeGreaterThan(10)
    const broken: string[] = []
    let links = 0
    for (const path of all) {
      const prose = read(path).replace(/^```[\s\S]*?^```$/gm, '')
      for (const [, target = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue
        links += 1
        const [file = '', anchor] = target.split('#')
        const found = file === '' ? join(ROOT, path) : resolve(dirname(join(ROOT, path)), file)
        const known =
          existsSync(found) && (anchor === undefined || anchors(read(relative(ROOT, found))).has(anchor))
        if (!known) broken.push(`${path}: ${target}`)
      }
    }
    expect(broken).toEqual([])
    expect(links).toBeGreaterThan(30)
  })

  it('show only code that compiles against the sources', { timeout: 60_000 }, async () => {
    const files: Record<string, string> = {}
    for (const path of await documents()) {
      // The README's examples are run as they are printed, by the check of the packages.
      if (!path.startsWith('docs/') && path !== 'packages/server/README.md') continue
      let index = 0
      for (const [, code = ''] of read(path).matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
        index += 1
        files[`${path.replaceAll('/', '_')}_${index}.ts`] = code
      }
    }
    expect(Object.keys(files).length).toBeGreaterThan(10)
    const folder = await temporaryFolder({
      ...files,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'ES2023',
          lib: ['ES2023', 'DOM', 'DOM.Iterable'],
          module: 'ESNext',
          moduleResolution: 'bundler',
          moduleDetection: 'force',
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          skipLibCheck: true,
          types: ['node'],
          typeRoots: [join(ROOT, 'node_modules/@types')],
          paths: {
            '@wsticket/server/docs': [join(ROOT, 'packages/server/src/adapters/api-docs.ts')],
            '@wsticket/server/redis': [join(ROOT, 'packages/server/src/stores/redis/index.ts')],
            '@wsticket/server/*': [join(ROOT, 'packages/server/src/adapters/*.ts')],
            '@wsticket/client/*': [join(ROOT, 'packages/client/src/*/index.ts')],
            '@wsticket/*': [join(ROOT, 'packages/*/src/index.ts')],
            '*': [join(ROOT, 'node_modules/@types/*'), join(ROOT, 'node_modules/*')],
          },
        },
        include: ['*.ts'],
      }),
    })
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const told = await promisify(execFile)(process.execPath, [compiler, '-p', folder], { cwd: folder }).then(
      ({ stdout }) => stdout,
      (error: unknown) => String((error as { readonly stdout?: unknown }).stdout ?? error),
    )
    // What is wrong within the sources themselves is told by the type check.
    expect(
      told.split('\n').filter((line) => line.startsWith('docs_') || line.startsWith('packages_')),
    ).toEqual([])
    expect(told).not.toContain('error TS5')
  })
})
