import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, runOrFail } from './run.mjs'

/** No browser comes with the packages: the tests take the system's, and the server needs none. */
const NO_DOWNLOADS = { PUPPETEER_SKIP_DOWNLOAD: '1', PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' }

/**
 * One package in a lock file.
 *
 * @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean }} Locked
 */

/**
 * Tells whether node_modules holds what package-lock.json asks for, by the copy of the lock file that npm leaves there
 * when it is done: so an install by hand counts as well as our own.
 *
 * @param {string} root
 * @returns {Promise<boolean>}
 */
export async function isInstalled(root) {
  try {
    const mark = await readFile(markOf(root), 'utf8').catch(() => undefined)
    // An install that was cut short, or one by another Node.
    if (mark !== undefined && mark !== process.version) return false
    const wanted = await readLock(join(root, 'package-lock.json'))
    const there = await readLock(join(root, 'node_modules', '.package-lock.json'))
    return Object.entries(wanted).every(([path, one]) => {
      if (!/(^|\/)node_modules\//.test(path)) return true
      const other = there[path]
      // npm leaves out what is made for other systems; it marks all of these as optional.
      if (other === undefined) return one.optional === true
      return other.version === one.version && other.integrity === one.integrity && other.link === one.link
    })
  } catch {
    return false
  }
}

/**
 * Installs what package-lock.json asks for, from scratch.
 *
 * @param {string} root
 * @returns {Promise<void>}
 */
export async function install(root) {
  const { command, args } = npm()
  await mkdir(join(root, '.cache'), { recursive: true })
  await writeFile(markOf(root), 'unfinished')
  await runOrFail(command, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, ...NO_DOWNLOADS },
    remedy: 'Is the npm registry reachable, and is package-lock.json as it was committed? Then start again.',
  })
  await writeFile(markOf(root), process.version)
}

/** @param {string} root */
function markOf(root) {
  return join(root, '.cache', 'installed')
}

/**
 * @param {string} path
 * @returns {Promise<Record<string, Locked>>}
 */
async function readLock(path) {
  const lock = /** @type {{ packages: Record<string, Locked> }} */ (JSON.parse(await readFile(path, 'utf8')))
  return lock.packages
}
