import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { orExplain } from '../../scripts/lib/explain.mjs'
import { prepare } from '../../scripts/lib/prepare.mjs'
import { findPrograms } from '../../scripts/lib/system-packages.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const say = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`)
}

/**
 * Runs tests that are no part of `npm test`, on a fresh clone, too.
 *
 * @param {string} config the path of Vitest's configuration, from the root of the workspace
 * @param {{ programs: readonly import('../../scripts/lib/system-packages.mjs').SystemProgram[], who: string }} needs
 */
export async function runVitest(config, { programs, who }) {
  await orExplain(async () => {
    const paths = await findPrograms(programs, { say, who })
    await prepare(ROOT, { say })
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const child = spawn(process.execPath, [vitest, 'run', '--config', config, ...process.argv.slice(2)], {
      cwd: ROOT,
      env: { ...process.env, ...paths },
      stdio: 'inherit',
    })
    await once(child, 'close')
    process.exitCode = child.exitCode === 0 ? 0 : 1
  })
}
