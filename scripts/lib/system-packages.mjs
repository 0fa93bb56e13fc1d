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

/** @type {readonly SystemProgram[]} */
export const SERVERS = [
  { variable: 'REDIS_SERVER_PATH', path: '/usr/bin/redis-server', debian: 'redis-server' },
  { variable: 'HAPROXY_PATH', path: '/usr/sbin/haproxy', debian: 'haproxy' },
]

/**
 * Debian's packages of servers start them at once, on their standard ports. Nobody asked for that: the tests start their
 * own. The first is for machines that SysV init has booted, the second for those of systemd.
 */
const START_NO_SERVICE = { RUNLEVEL: '1', SYSTEMD_OFFLINE: '1' }

/**
 * Finds the programs, and installs those that are missing where that is possible: on Debian, as root.
 *
 * @param {readonly SystemProgram[]} programs
 * @param {{ say: (line: string) => void, env?: NodeJS.ProcessEnv, isRoot?: boolean, aptGet?: string }} options
 * @returns {Promise<Record<string, string>>} each program's path under its variable, for the tests
 * @throws {Error} naming what is missing and how to get it: a test that needs it must fail, not be skipped
 */
export async function findPrograms(
  programs,
  { say, env = process.env, isRoot = process.getuid?.() === 0, aptGet = '/usr/bin/apt-get' },
) {
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
  if (missing.length > 0) await installPrograms(missing, { say, isRoot, aptGet })
  return paths
}

/**
 * @param {readonly SystemProgram[]} missing
 * @param {{ say: (line: string) => void, isRoot: boolean, aptGet: string }} options
 */
async function installPrograms(missing, { say, isRoot, aptGet }) {
  const names = missing.map((program) => program.debian).join(' ')
  const byHand =
    `On Debian: sudo apt-get update && sudo apt-get install --no-install-recommends ${names}. ` +
    `Elsewhere: install them in your way and set ${missing.map((program) => program.variable).join(', ')}.`
  const refuse = (/** @type {string} */ because) => {
    throw new Error(`wsticket: the tests need ${names}, ${because}. ${byHand}`)
  }
  if (!(await isExecutable(aptGet))) refuse('which is not installed, and there is no apt-get here')
  if (!isRoot) refuse('which is not installed, and only root may install it')

  say(`Installing ${names} with apt (half a minute)…`)
  const env = { ...process.env, ...START_NO_SERVICE, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-q']
  // Always anew: lists that are missing know no package, and old ones name files that are gone.
  const update = await run(aptGet, [...wait, 'update'], { cwd: '/', env })
  const install = await run(
    aptGet,
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
