import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './error-code.mjs'
import { filesUnder, fingerprint } from './fingerprint.mjs'
import { runOrFail } from './run.mjs'

/** Where the page of the example lies when it is built; its server reads it there. */
const PAGE = 'examples/chat/dist/page'

/** What the build reads. Tests are no part of it, nor is what it writes itself. */
const SOURCES = ['packages', 'examples', 'tsconfig.base.json', 'tsconfig.build.json', 'package-lock.json']
const NOT_READ =
  /^(node_modules|dist|coverage|\.next|next-env\.d\.ts|.*\.tsbuildinfo|.*\.test(-d)?\.tsx?|.*\.md)$/

/**
 * Tells whether what lies in the dist folders was built by us from the sources as they are now. Both sides are looked
 * at: another build, of other sources, may have come in between.
 *
 * @param {string} root
 * @returns {Promise<boolean>}
 */
export async function isBuilt(root) {
  const mark = await readFile(markOf(root), 'utf8').catch(() => undefined)
  return mark !== undefined && mark === (await state(root))
}

/**
 * Builds the packages and the example.
 *
 * @param {string} root
 * @returns {Promise<void>}
 */
export async function build(root) {
  await rm(markOf(root), { force: true })
  const remedy = 'The lines above say where; they come from the sources, not from this machine.'
  const node = process.execPath
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  // --force: outputs that were removed or changed by hand are not noticed by tsc.
  await runOrFail(node, [tsc, '-b', '--force', 'tsconfig.build.json'], { cwd: root, remedy })

  // Built beside the old page and then put in its place, so that a server that runs never meets half a page.
  const draft = join(root, `${PAGE}.${process.pid}`)
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  try {
    await runOrFail(node, [vite, 'build', '--outDir', draft, '--emptyOutDir', '--logLevel', 'warn'], {
      cwd: join(root, 'examples', 'chat'),
      env: { ...process.env, NODE_ENV: 'production' },
      remedy,
    })
    await putInPlace(draft, join(root, PAGE))
  } finally {
    await rm(draft, { recursive: true, force: true })
  }

  await mkdir(join(root, '.cache'), { recursive: true })
  await writeFile(markOf(root), await state(root))
}

/**
 * @param {string} draft
 * @param {string} place
 */
async function putInPlace(draft, place) {
  const old = `${draft}.old`
  await rename(place, old).catch((/** @type {unknown} */ error) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
  await rename(draft, place)
  await rm(old, { recursive: true, force: true })
}

/** @param {string} root */
function markOf(root) {
  return join(root, '.cache', 'built')
}

/** @param {string} root */
async function state(root) {
  const sources = await Promise.all(
    SOURCES.map((path) => filesUnder(join(root, path), (name) => !NOT_READ.test(name))),
  )
  const outputs = (await filesUnder(join(root, 'packages'), (name) => name !== 'node_modules'))
    .concat(await filesUnder(join(root, 'examples'), (name) => name !== 'node_modules'))
    .filter((path) => /[\\/]dist[\\/]/.test(path))
  return `${await fingerprint(root, sources.flat())} ${await fingerprint(root, outputs)}\n`
}
