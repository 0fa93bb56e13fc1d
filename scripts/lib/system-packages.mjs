import { access, constants } from 'node:fs/promises'
import { run } from './run.mjs'

/**
 * A program that we need and npm does not bring.
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
 * @param {{ say: (line: string) => void, who: string, env?: NodeJS.ProcessEnv, isRoot?: boolean, aptGet?: string }} options
 *   `who`: who needs them, for the message, such as "the tests need"
 * @returns {Promise<Record<string, string>>} each program's path under its variable, for the environment of who needs it
 * @throws {Error} naming what is missing and how to get it: a test that needs it must fail, not be skipped
 */
export async function findPrograms(
  programs,
  { say, who, env = process.env, isRoot = process.getuid?.() === 0, aptGet = '/usr/bin/apt-get' },
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
  if (missing.length > 0) await installPrograms(missing, { say, who, isRoot, aptGet })
  return paths
}

/**
 * @param {readonly SystemProgram[]} missing
 * @param {{ say: (line: string) => void, who: string, isRoot: boolean, aptGet: string }} options
 */
async function installPrograms(missing, { say, who, isRoot, aptGet }) {
  const one = missing.length === 1
  const packages = missing.map((program) => program.debian)
  const names = listed(packages)
  const byHand =
    `On Debian: sudo apt-get update && sudo apt-get install --no-install-recommends ${packages.join(' ')}. ` +
    `Elsewhere: install ${one ? 'it' : 'them'} in your way and set ${listed(missing.map((program) => program.variable))}.`
  const refuse = (/** @type {string} */ because) => {
    throw new Error(`wsticket: ${who} ${names}, ${because}. ${byHand}`)
  }
  const absent = `which ${one ? 'is' : 'are'} not installed`
  if (!(await isExecutable(aptGet))) refuse(`${absent}, and there is no apt-get here`)
  if (!isRoot) refuse(`${absent}, and only root may install ${one ? 'it' : 'them'}`)

  say(`Installing ${names} with apt (half a minute)…`)
  const env = { ...process.env, ...START_NO_SERVICE, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-q']
  // Always anew: lists that are missing know no package, and old ones name files that are gone.
  const update = await run(aptGet, [...wait, 'update'], { cwd: '/', env })
  const install = await run(aptGet, [...wait, 'install', '-y', '--no-install-recommends', ...packages], {
    cwd: '/',
    env,
  })
  if (install.code !== 0) refuse(`and apt-get could not install it:\n${update.output}${install.output}`)
  for (const program of missing) {
    if (!(await isExecutable(program.path))) refuse(`and apt-get left no ${program.path}`)
  }
}

/**
 * "a", "a and b", "a, b and c"
 *
 * @param {readonly string[]} names
 */
function listed(names) {
  return names.length === 1 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.slice(-1).join()}`
}

/** @param {string} path */
async function isExecutable(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
