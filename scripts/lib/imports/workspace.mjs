import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { filesUnder } from '../fingerprint.mjs'
import { readImports } from './read-imports.mjs'

/**
 * A package of the workspace, or the workspace's root itself, whose `directory` is `''`.
 *
 * @typedef {{
 *   name: string, directory: string, published: boolean, exports: readonly string[],
 *   dependencies: ReadonlySet<string>, peerDependencies: ReadonlySet<string>, devDependencies: ReadonlySet<string>,
 * }} Package
 */

/**
 * A source file. Paths are relative to the root, with `/`.
 *
 * @typedef {{
 *   path: string, home: Package, isTest: boolean, imports: readonly import('./read-imports.mjs').Import[],
 * }} Source
 */

/** @typedef {{ root: Package, packages: readonly Package[], sources: readonly Source[] }} Workspace */

const SOURCE = /\.(ts|tsx|mts|mjs|js)$/
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'fixtures', 'test-results'])
const TEST = /\.(test|test-d|bench)\.tsx?$/
/** Folders at the root that hold nothing but tests and tools. */
const ROOT_FOLDERS = ['scripts', 'test', 'e2e', 'bench']

/**
 * Reads every source file of the workspace with what it imports.
 *
 * @param {string} directory the workspace's root
 * @returns {Promise<Workspace>}
 */
export async function readWorkspace(directory) {
  const root = await readPackage(directory, '')
  const packages = await Promise.all(
    (await Promise.all(['packages', 'examples'].map((group) => foldersOf(directory, group))))
      .flat()
      .map((folder) => readPackage(directory, folder)),
  )
  const keep = (/** @type {string} */ name) => !SKIPPED.has(name) && !name.startsWith('.')
  const homes = [...packages, ...ROOT_FOLDERS.map((folder) => ({ ...root, directory: folder }))]
  const sources = homes.map(async (home) => {
    const files = await filesUnder(join(directory, home.directory), keep)
    return Promise.all(
      files.filter((file) => SOURCE.test(file)).map((file) => readSource(directory, file, home, root)),
    )
  })
  return { root, packages, sources: (await Promise.all(sources)).flat() }
}

/**
 * @param {string} directory
 * @param {string} file
 * @param {Package} home
 * @param {Package} root
 * @returns {Promise<Source>}
 */
async function readSource(directory, file, home, root) {
  const path = relative(directory, file).split(sep).join('/')
  const ofRoot = home.name === root.name
  return {
    path,
    home: ofRoot ? root : home,
    // What a package ships lies in its src; tests, configuration and all of the root's folders are ours alone.
    isTest: ofRoot || TEST.test(path) || (home.published && !path.startsWith(`${home.directory}/src/`)),
    imports: readImports(path, await readFile(file, 'utf8')),
  }
}

/**
 * @param {string} directory
 * @param {string} group
 */
async function foldersOf(directory, group) {
  const entries = await readdir(join(directory, group), { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${group}/${entry.name}`)
}

/**
 * @typedef {{
 *   name: string, exports?: Record<string, unknown>, dependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>, devDependencies?: Record<string, string>,
 * }} Manifest
 */

/**
 * @param {string} root
 * @param {string} directory
 * @returns {Promise<Package>}
 */
async function readPackage(root, directory) {
  const text = await readFile(join(root, directory, 'package.json'), 'utf8')
  const manifest = /** @type {Manifest} */ (JSON.parse(text))
  const names = (/** @type {Record<string, string> | undefined} */ from) => new Set(Object.keys(from ?? {}))
  return {
    name: manifest.name,
    directory,
    published: directory.startsWith('packages/'),
    exports: Object.keys(manifest.exports ?? {}),
    dependencies: names(manifest.dependencies),
    peerDependencies: names(manifest.peerDependencies),
    devDependencies: names(manifest.devDependencies),
  }
}
