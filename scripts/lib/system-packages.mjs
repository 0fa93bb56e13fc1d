import { access, constants } from 'node:fs/promises'
import { run } from './run.mjs'

/**
 * A program that the tests need and npm does not bring.
 *
 * @typedef {{ variable: string, path: string, debian: string }} SystemProgram
 */

/** @type {readonly SystemProgram[]} */
export const BROWSERS = [
  { variable: 'CHROMIUM_PATH', path: '/usr/bin/chromium', debian: 'chromium' },
  { variable: 'FIREFOX_PATH', path: '/usr/bin/firefox-esr', debian: 'firefox-esr' },
]

/**
 * Finds the programs, and installs those that are missing where that is possible: on Debian, as root.
 *
 * @param {readonly SystemProgram[]} programs
 * @param {{ say: (line: string) => void, env?: NodeJS.ProcessEnv, isRoot?: boolean }} options
 * @returns {Promise<Record<string, string>>} each program's path under its variable, for the tests
 * @throws {Error} naming what is missing and how to get it: a test that needs it must fail, not be skipped
 */
export async function findPrograms(programs, { say, env = process.env, isRoot = process.getuid?.() === 0 }) {
  /** @type {Record<string, string>} */
  const paths = {}
  /** @type {SystemProgram[]} */
  const missing = []
  for (const program of programs) {
    const chosen = env[program.variable]
    if (chosen !== undefined && !(await isExecutable(chosen))) {
      throw new Error(
        `wsticket: ${program.variable} is "${chosen}"; it must be the path of a program that can be run. ` +
          `Example: ${program.path}`,
      )
    }
    paths[program.variable] = chosen ?? program.path
    if (chosen === undefined && !(await isExecutable(program.path))) missing.push(program)
  }
  if (missing.length > 0) await installPrograms(missing, { say, isRoot })
  return paths
}

/**
 * @param {readonly SystemProgram[]} missing
 * @param {{ say: (line: string) => void, isRoot: boolean }} options
 */
async function installPrograms(missing, { say, isRoot }) {
  const names = missing.map((program) => program.debian).join(' ')
  const byHand =
    `On Debian: sudo apt-get update && sudo apt-get install --no-install-recommends ${names}. ` +
    `Elsewhere: install them in your way and set ${missing.map((program) => program.variable).join(', ')}.`
  const refuse = (/** @type {string} */ because) => {
    throw new Error(`wsticket: the tests need ${names}, ${because}. ${byHand}`)
  }
  if (!(await isExecutable('/usr/bin/apt-get')))
    refuse('which is not installed, and there is no apt-get here')
  if (!isRoot) refuse('which is not installed, and only root may install it')

  say(`Installing ${names} with apt (half a minute)…`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-q']
  // Always anew: lists that are missing know no package, and old ones name files that are gone.
  const update = await run('/usr/bin/apt-get', [...wait, 'update'], { cwd: '/', env })
  const install = await run(
    '/usr/bin/apt-get',
    [...wait, 'install', '-y', '--no-install-recommends', ...missing.map((program) => program.debian)],
    { cwd: '/', env },
  )
  if (install.code !== 0) refuse(`and apt-get could not install it:\n${update.output}${install.output}`)
  for (const program of missing) {
    if (!(await isExecutable(program.path))) refuse(`and apt-get left no ${program.path}`)
  }
}

/** @param {string} path */
async function isExecutable(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
