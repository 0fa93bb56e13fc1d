import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { errorCode } from './error-code.mjs'

/**
 * Lists the files under a path, in the same order everywhere; a path that is not there has none.
 *
 * @param {string} path
 * @param {(name: string) => boolean} keep asked with each entry's own name, directories too
 * @returns {Promise<string[]>}
 */
export async function filesUnder(path, keep = () => true) {
  let entries
  try {
    entries = await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return [path]
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
  const found = await Promise.all(
    entries
      .filter((entry) => keep(entry.name))
      .map(async (entry) => {
        const inside = join(path, entry.name)
        return entry.isDirectory() ? filesUnder(inside, keep) : [inside]
      }),
  )
  return found.flat().sort()
}

/**
 * Sums up names and contents of files. Contents, not times: a fresh clone, a checkout of another branch and back, or
 * a copied folder has new times and the same sources.
 *
 * @param {string} root names are taken relative to it
 * @param {readonly string[]} files
 * @returns {Promise<string>}
 */
export async function fingerprint(root, files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = await readFile(file).catch(() => Buffer.alloc(0))
    hash.update(`${relative(root, file).split(sep).join('/')}\0${content.length}\0`)
    hash.update(content)
  }
  return hash.digest('hex')
}
