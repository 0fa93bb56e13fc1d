import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { REFUSALS } from '@wsticket/protocol'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createLibrary, type Library, readDocuments, searchTerms, stem } from './library.js'
import { splitIntoPassages } from './passages.js'

const FOLDER = fileURLToPath(new URL('../../test/documents', import.meta.url))
const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url))

const CODES = Object.keys(REFUSALS)
const documents = readDocuments(REPOSITORY)

let library: Library
beforeAll(async () => {
  library = createLibrary(await readDocuments(FOLDER))
})

const found = (question: string): string[] =>
  library.search(question).map(({ passage }) => `${passage.file}#${passage.anchor}`)

describe('search', () => {
  it('finds what a heading names', () => {
    expect(found('What is a tenure fence?')[0]).toBe('docs/redis.md#tenure-fence')
  })

  it('finds words in another form', () => {
    expect(found('penguin swimming')).not.toEqual([])
    expect(found('tickets that expired sessions')[0]).toBe('docs/redis.md#codes')
  })

  it('forgives a slip of the pen only if the words as written lead nowhere', () => {
    expect(found('albatroses')[0]).toBe('docs/deep/long.md#')
    expect(found('albatrozz')).toEqual([])
    expect(found('promotiom')[0]).toBe('docs/redis.md#tenure-fence')
  })

  // "ticket" and "used" once were two words, of which the second is too common to be looked for.
  it.each(CODES)('finds what the troubleshooting guide says of %s', async (code) => {
    const [first] = createLibrary(await documents).search(`What does ${code} mean?`)
    expect(first?.passage.file).toBe('docs/troubleshooting.md')
    expect(first?.passage.trail.at(-1)).toContain(code)
  })

  it('finds a code by the words in it as well', () => {
    const passages = splitIntoPassages('a.md', '# Codes\n\n## pathway_disabled\n\nSwitched off.')
    expect(createLibrary(passages).search('Which pathway is disabled?')).toHaveLength(1)
  })

  it('says honestly that there is nothing', () => {
    for (const question of [
      'What is the best pizza in Rome?',
      'walrus',
      'flamingo',
      'pelican',
      'what is it?',
      '',
      '💥',
    ]) {
      expect(found(question)).toEqual([])
    }
  })

  it('reads no hidden folders and no other files', () => {
    expect(library.search('walrus')).toEqual([])
  })

  it('gives as many as asked for', () => {
    expect(library.search('penguins', 2)).toHaveLength(2)
    expect(library.passages).toBeGreaterThan(8)
  })
})

describe('readDocuments', () => {
  it('needs no docs folder, but a folder', async () => {
    const folder = await temporaryFolder()
    await writeFile(path.join(folder, 'A.MD'), '# A\n\ntext')
    expect((await readDocuments(folder)).map((passage) => passage.file)).toEqual(['A.MD'])
    await expect(readDocuments(path.join(folder, 'nowhere'))).rejects.toThrow('ENOENT')
  })

  it('passes over files of unreasonable size, and everything in node_modules', async () => {
    const folder = await temporaryFolder()
    await writeFile(path.join(folder, 'huge.md'), '# Huge')
    await truncate(path.join(folder, 'huge.md'), 2 * 1024 * 1024)
    await mkdir(path.join(folder, 'docs', 'node_modules'), { recursive: true })
    await writeFile(path.join(folder, 'docs', 'node_modules', 'x.md'), '# X\n\nx')
    expect(await readDocuments(folder)).toEqual([])
  })

  it('reads what documents this repository has', async () => {
    const passages = await readDocuments(REPOSITORY)
    expect(passages.every(({ file }) => /^[^/]+\.md$|^docs\//i.test(file))).toBe(true)
  })
})

it('compares words without their endings', () => {
  const same = [
    ['ticket', 'tickets', "ticket's"],
    ['redeem', 'redeemed', 'redeems', 'redeeming'],
    ['policy', 'policies'],
    ['expire', 'expired', 'expires'],
    ['cache', 'caches', 'cached'],
    ['stop', 'stopped'],
    ['fence', 'fences'],
    ['address', 'addresses'],
  ]
  for (const forms of same) expect(new Set(forms.map(stem)).size, forms.join()).toBe(1)
  expect(['redis', 'status', 'is', 'need'].map(stem)).toEqual(['redi', 'status', 'is', 'need'])
})

it('asks only for words that tell passages apart', () => {
  expect(searchTerms('What is a tenure fence, and what is a FENCE?')).toEqual(['tenur', 'fenc'])
  expect(searchTerms('What does `TICKET_USED` mean?')).toEqual(['ticket_used'])
  expect(searchTerms('ticket_default_ttl')).toEqual(['ticket', 'default', 'ttl'])
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'library-'))
  onTestFinished(async () => {
    await rm(folder, { recursive: true })
  })
  return folder
}
