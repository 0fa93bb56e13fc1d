import { join } from 'node:path'
import { build, isBuilt } from './build.mjs'
import { install, isInstalled } from './install.mjs'
import { withLock } from './lock.mjs'

/**
 * Installs the packages and builds, each only if needed, and says so in a line each. Several processes may do this in
 * one checkout at once: one works, the others wait for it and find nothing left to do.
 *
 * @param {string} root
 * @param {{ say: (line: string) => void, build?: boolean }} options `build: false` installs only
 * @returns {Promise<void>}
 */
export async function prepare(root, { say, build: builds = true }) {
  if (await isReady(root, builds)) return
  const onWait = () => say('Waiting for another process that is installing or building in this checkout…')
  await withLock(
    join(root, '.cache', 'lock'),
    async () => {
      if (!(await isInstalled(root))) {
        say('Installing packages (about a minute)…')
        await install(root)
      }
      if (builds && !(await isBuilt(root))) {
        say('Building (a few seconds)…')
        await build(root)
      }
    },
    { onWait },
  )
}

/**
 * @param {string} root
 * @param {boolean} builds
 */
async function isReady(root, builds) {
  return (await isInstalled(root)) && (!builds || (await isBuilt(root)))
}
