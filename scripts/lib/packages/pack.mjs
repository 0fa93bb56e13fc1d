import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../error-code.mjs'
import { npm, run, runOrFail } from '../run.mjs'

/**
 * A package as a user would get it.
 *
 * @typedef {{ name: string, directory: string, tarball: string, files: readonly string[], manifest: Manifest }} Packed
 */

/**
 * @typedef {{
 *   name: string, exports?: Record<string, unknown>,
 *   peerDependencies?: Record<string, string>, devDependencies?: Record<string, string>,
 * }} Manifest
 */

/**
 * Packs every package of the workspace into a folder.
 *
 * @param {string} root
 * @param {string} destination
 * @returns {Promise<Packed[]>}
 */
export async function packAll(root, destination) {
  const entries = await readdir(join(root, 'packages'), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join('packages', entry.name))
  const { command, args } = npm()
  const output = await runOrFail(
    command,
    [
      ...args,
      'pack',
      '--json',
      '--loglevel=error',
      '--pack-destination',
      destination,
      ...folders.map((one) => `./${one}`),
    ],
    { cwd: root, remedy: 'See its words above.' },
  )
  const packs = /** @type {{ name: string, filename: string, files: { path: string }[] }[]} */ (
    JSON.parse(output.slice(output.indexOf('[')))
  )
  return Promise.all(
    folders.map(async (folder) => {
      const directory = join(root, folder)
      const manifest = /** @type {Manifest} */ (
        JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
      )
      const pack = packs.find((one) => one.name === manifest.name)
      if (pack === undefined) throw new Error(`wsticket: npm packed no ${manifest.name}.`)
      const files = pack.files.map((file) => file.path)
      return { name: manifest.name, directory, tarball: join(destination, pack.filename), files, manifest }
    }),
  )
}

/**
 * Tells what is wrong with a packed package: by publint, by attw, and by looking at its files.
 *
 * @param {Packed} packed
 * @param {string} root
 * @returns {Promise<string[]>}
 */
export async function complaintsAbout(packed, root) {
  const tool = async (/** @type {string} */ name, /** @type {readonly string[]} */ args) => {
    const ran = await run(process.execPath, [join(root, 'node_modules', ...name.split('/')), ...args], {
      cwd: root,
    })
    return ran.code === 0 ? [] : [`${packed.name}: ${ran.output.trim()}`]
  }
  const found = await Promise.all([
    tool('publint/src/cli.js', ['run', '--strict', packed.tarball]),
    // esm-only: that `require()` finds nothing is our decision, not a mistake.
    tool('@arethetypeswrong/cli/dist/index.js', [
      packed.tarball,
      '--profile',
      'esm-only',
      '--no-definitely-typed',
      '--no-emoji',
      '-f',
      'ascii',
    ]),
    complaintsAboutFiles(packed),
  ])
  return found.flat()
}

/**
 * A dist folder keeps what was built from sources that are gone, and npm would publish it.
 *
 * @param {Packed} packed
 * @returns {Promise<string[]>}
 */
async function complaintsAboutFiles({ name, directory, files }) {
  const complaints = []
  if (!files.includes('LICENSE')) complaints.push(`${name}: LICENSE is missing in the package.`)
  for (const file of files) {
    const stem = /^dist\/(.+)\.js$/.exec(file)?.[1]
    if (stem === undefined) continue
    if (/\.(test|test-d)$/.test(stem)) complaints.push(`${name}: ${file} is a test; tests are not published.`)
    else if (
      !(await isThere(join(directory, 'src', `${stem}.ts`))) &&
      !(await isThere(join(directory, 'src', `${stem}.tsx`)))
    )
      complaints.push(
        `${name}: ${file} has no source any more. Remove ${join(directory, 'dist')} and build anew.`,
      )
  }
  return complaints
}

/** @param {string} path */
async function isThere(path) {
  try {
    await readFile(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

/**
 * The names under which a package can be imported.
 *
 * @param {Packed} packed
 * @returns {string[]}
 */
export function entryPoints({ name, manifest }) {
  return Object.keys(manifest.exports ?? {})
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => name + subpath.slice(1))
}
