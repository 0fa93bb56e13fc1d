import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, run } from './run.mjs'
import { readTally } from './vitest-report.mjs'

/**
 * Far more than any part takes, on a slow machine too: one that hangs must end, with what it printed, before whoever waits
 * for all of them gives up after ten minutes.
 */
const LIMIT_MS = 6 * 60_000

/**
 * A part of the whole test, which is an npm script of its own. `tests`: it runs vitest, and each test counts.
 *
 * @typedef {{ script: string, tests?: boolean }} Part
 */

/**
 * @typedef {{ script: string, passed: number, failed: number, seconds: number, details: string }} Outcome
 */

/**
 * Runs one part. It counts as one check, which fails when the command does; for vitest each test counts beside it, a
 * run without tests fails, and so does a test that was skipped: what is not run proves nothing.
 *
 * @param {Part} part
 * @param {{ root: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Outcome>}
 */
export async function runPart(part, { root, env }) {
  const began = performance.now()
  const { command, args } = npm(env)
  const folder = join(root, 'test-results')
  const file = join(folder, `${part.script.replace(':', '-')}.json`)
  const more = part.tests ? ['--', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`] : []
  await mkdir(folder, { recursive: true })
  await rm(file, { force: true })

  const ran = await run(command, [...args, 'run', '--silent', part.script, ...more], {
    cwd: root,
    env,
    limitMs: LIMIT_MS,
  })
  const problems = []
  if (ran.code !== 0)
    problems.push(`\`npm run ${part.script}\` ended with ${ran.signal ?? `code ${ran.code}`}.`)
  let passed = 0
  let failed = 0
  if (part.tests) {
    const tally = await readTally(file)
    if (tally === undefined) problems.push('It left no report, so it did not come to its end.')
    else if (tally.passed + tally.failed === 0) problems.push('It ran no test at all.')
    passed = tally?.passed ?? 0
    failed = (tally?.failed ?? 0) + (tally?.skipped.length ?? 0)
    for (const name of tally?.skipped ?? []) problems.push(`Skipped, so it counts as failed: ${name}`)
  }
  if (ran.code === 0 && problems.length === 0) passed += 1
  // A failed test is why vitest fails, and was counted; a failure beside it (coverage, a crash) is one more.
  else if (failed === 0) failed = 1
  return {
    script: part.script,
    passed,
    failed,
    seconds: (performance.now() - began) / 1000,
    details: failed === 0 ? '' : `${ran.output.trimEnd()}\n${problems.join('\n')}`,
  }
}

/**
 * Runs parts, some at a time, and hands each outcome on as soon as it is there.
 *
 * @param {readonly Part[]} parts
 * @param {{ root: string, env: NodeJS.ProcessEnv, atOnce: number, onOutcome: (outcome: Outcome) => void }} options
 * @returns {Promise<void>}
 */
export async function runParts(parts, { atOnce, onOutcome, ...options }) {
  const waiting = [...parts]
  const work = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      onOutcome(await runPart(part, options))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
