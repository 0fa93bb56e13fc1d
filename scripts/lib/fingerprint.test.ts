import { rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../test/temporary-folder.js'
import { filesUnder, fingerprint } from './fingerprint.mjs'

const files = { 'src/a.ts': 'a', 'src/deep/b.ts': 'b', 'src/skipped/c.ts': 'c' }

describe('filesUnder', () => {
  it('lists all files in order, without what is not to be kept', async () => {
    const folder = await temporaryFolder(files)
    const found = await filesUnder(join(folder, 'src'), (name) => name !== 'skipped')
    expect(found).toEqual([join(folder, 'src/a.ts'), join(folder, 'src/deep/b.ts')])
  })

  it('takes a file for itself and a missing path for nothing', async () => {
    const folder = await temporaryFolder(files)
    expect(await filesUnder(join(folder, 'src/a.ts'))).toEqual([join(folder, 'src/a.ts')])
    expect(await filesUnder(join(folder, 'gone'))).toEqual([])
  })
})

describe('fingerprint', () => {
  const of = async (folder: string) => fingerprint(folder, await filesUnder(folder))

  it('is the same for the same contents, wherever they lie and however old they are', async () => {
    const [one, two] = [await temporaryFolder(files), await temporaryFolder(files)]
    await utimes(join(two, 'src/a.ts'), new Date(0), new Date(0))
    expect(await of(one)).toBe(await of(two))
  })

  it.each([
    ['a changed file', { 'src/a.ts': 'A' }],
    ['a new file', { 'src/d.ts': '' }],
  ])('is another one after %s', async (_what, change) => {
    const folder = await temporaryFolder(files)
    const before = await of(folder)
    await writeFiles(folder, change)
    expect(await of(folder)).not.toBe(before)
  })

  it('is another one when a file is gone or its text moved into the next', async () => {
    const folder = await temporaryFolder({ a: 'xy', b: '' })
    const before = await of(folder)
    await writeFiles(folder, { a: 'x', b: 'y' })
    expect(await of(folder)).not.toBe(before)
    await rm(join(folder, 'b'))
    await writeFiles(folder, { a: 'xy' })
    expect(await of(folder)).not.toBe(before)
  })
})
