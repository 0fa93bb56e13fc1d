import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../test/temporary-folder.js'
import { isInstalled } from './install.mjs'

const lock = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages })

const wanted = {
  '': { name: 'root' },
  'packages/a': { name: 'a' },
  'node_modules/a': { link: true },
  'node_modules/b': { version: '1.0.0', integrity: 'sha512-b' },
  'packages/a/node_modules/c': { version: '2.0.0', integrity: 'sha512-c' },
  'node_modules/only-on-mac': { version: '1.0.0', integrity: 'sha512-m', optional: true },
}
const there = {
  'node_modules/a': { link: true },
  'node_modules/b': { version: '1.0.0', integrity: 'sha512-b' },
  'packages/a/node_modules/c': { version: '2.0.0', integrity: 'sha512-c' },
}

const folderWith = (installed: object, more: Record<string, string> = {}) =>
  temporaryFolder({
    'package-lock.json': lock(wanted),
    'node_modules/.package-lock.json': lock(installed),
    ...more,
  })

describe('isInstalled', () => {
  it('is true for what npm installed, by our hand or by another', async () => {
    expect(await isInstalled(await folderWith(there))).toBe(true)
    expect(await isInstalled(await folderWith(there, { '.cache/installed': process.version }))).toBe(true)
  })

  it.each([
    ['nothing is installed', {}],
    ['another version is', { ...there, 'node_modules/b': { version: '1.0.1', integrity: 'sha512-b' } }],
    ['other content is', { ...there, 'node_modules/b': { version: '1.0.0', integrity: 'sha512-x' } }],
    [
      'a nested one is missing',
      { 'node_modules/a': there['node_modules/a'], 'node_modules/b': there['node_modules/b'] },
    ],
  ])('is false when %s', async (_what, installed) => {
    expect(await isInstalled(await folderWith(installed))).toBe(false)
  })

  it.each([['unfinished'], ['v18.0.0']])('is false after an install that ended as "%s"', async (mark) => {
    expect(await isInstalled(await folderWith(there, { '.cache/installed': mark }))).toBe(false)
  })

  it('is false in a fresh clone and beside a file that cannot be read', async () => {
    const folder = await temporaryFolder({ 'package-lock.json': lock(wanted) })
    expect(await isInstalled(folder)).toBe(false)
    await writeFiles(folder, { 'node_modules/.package-lock.json': '{' })
    expect(await isInstalled(folder)).toBe(false)
    expect(await isInstalled(join(folder, 'nowhere'))).toBe(false)
  })
})
