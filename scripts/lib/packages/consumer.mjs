import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, run, runOrFail } from '../run.mjs'
import { entryPoints } from './pack.mjs'

/** @typedef {import('./pack.mjs').Packed} Packed */

/**
 * Makes a project that has nothing but our packages, as a user's has on the first day.
 *
 * @param {string} folder
 * @param {readonly Packed[]} packages
 * @returns {Promise<void>}
 */
export async function makeConsumer(folder, packages) {
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  )
  await add(
    folder,
    packages.map((one) => one.tarball),
  )
}

/**
 * Adds packages to it.
 *
 * @param {string} folder
 * @param {readonly string[]} specs
 * @returns {Promise<void>}
 */
export async function add(folder, specs) {
  const { command, args } = npm()
  await runOrFail(
    command,
    [
      ...args,
      'install',
      '--ignore-scripts',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      ...specs,
    ],
    { cwd: folder, env: outsideOfNpm(), remedy: 'Is the npm registry reachable?' },
  )
}

/**
 * The optional peers of the packages, at the versions that the packages themselves are tested with.
 *
 * @param {readonly Packed[]} packages
 * @returns {string[]}
 */
export function peersOf(packages) {
  return packages.flatMap(({ manifest }) =>
    Object.entries(manifest.peerDependencies ?? {}).map(
      ([name, range]) => `${name}@${manifest.devDependencies?.[name] ?? range}`,
    ),
  )
}

/**
 * Imports every entry point there, each in a Node of its own.
 *
 * @param {string} folder
 * @param {readonly Packed[]} packages
 * @param {{ withPeers: boolean }} options without peers, an entry point may fail for the lack of one, the main one not
 * @returns {Promise<string[]>} what is wrong
 */
export async function importAll(folder, packages, { withPeers }) {
  const complaints = []
  for (const packed of packages) {
    for (const name of entryPoints(packed)) {
      const script = `const found = await import(${JSON.stringify(name)}); if (Object.keys(found).length === 0) throw new Error('no exports')`
      const ran = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
      if (ran.code === 0) continue
      const lacking = /Cannot find package '([^']+)'/.exec(ran.output)?.[1]
      const excused =
        !withPeers &&
        name !== packed.name &&
        lacking !== undefined &&
        lacking in (packed.manifest.peerDependencies ?? {})
      if (!excused)
        complaints.push(`import '${name}' ${withPeers ? 'with' : 'without'} its peers: ${ran.output.trim()}`)
    }
  }
  return complaints
}

/** The environment without what `npm run` puts there: the inner npm must not take its project for the outer one. */
function outsideOfNpm() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local_prefix|command)/.test(name),
    ),
  )
}
