/**
 * `npm test`: everything, from a bare checkout. The last line is `N passed, N failed`, where each vitest test and each
 * part counts one.
 */
import { fileURLToPath } from 'node:url'
import { explain } from './lib/explain.mjs'
import { nodeComplaint } from './lib/node-version.mjs'
import { runParts } from './lib/parts.mjs'
import { prepare } from './lib/prepare.mjs'
import { BROWSERS, findPrograms, SERVERS } from './lib/system-packages.mjs'

/** @type {readonly import('./lib/parts.mjs').Part[]} */
const FIRST = [{ script: 'build' }]
/** Quick ones that share nothing: two at a time. */
/** @type {readonly import('./lib/parts.mjs').Part[]} */
const CHECKS = [
  { script: 'check:packages' },
  { script: 'check:types' },
  { script: 'check:format' },
  { script: 'lint' },
  { script: 'check:imports' },
  { script: 'check:size' },
]
/** One after the other: they watch the clock, and a busy machine would make them lie. */
/** @type {readonly import('./lib/parts.mjs').Part[]} */
const TESTS = [
  { script: 'test:unit', tests: true },
  { script: 'test:e2e', tests: true },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const say = (/** @type {string} */ line) => console.log(line)
let passed = 0
let failed = 0

/** @param {import('./lib/parts.mjs').Outcome} outcome */
function onOutcome(outcome) {
  passed += outcome.passed
  failed += outcome.failed
  const verdict = outcome.failed === 0 ? 'ok    ' : 'FAILED'
  say(
    `${verdict}  ${outcome.script.padEnd(16)} ${outcome.seconds.toFixed(1).padStart(6)} s  ${count(outcome)}`,
  )
  if (outcome.details !== '') say(`\n${outcome.details.replace(/^/gm, '    ')}\n`)
}

/** @param {import('./lib/parts.mjs').Outcome} outcome */
function count(outcome) {
  return `${outcome.passed} passed${outcome.failed === 0 ? '' : `, ${outcome.failed} failed`}`
}

async function everything() {
  const complaint = nodeComplaint(process.versions.node)
  if (complaint !== undefined) throw new Error(complaint)
  const programs = await findPrograms([...BROWSERS, ...SERVERS], { say, who: 'the tests need' })
  await prepare(root, { say, build: false })
  // Without colours: what they print is read in a log, and indented.
  const { FORCE_COLOR: _colour, ...inherited } = process.env
  const options = { root, env: { ...inherited, NO_COLOR: '1', ...programs }, onOutcome }
  await runParts(FIRST, { ...options, atOnce: 1 })
  if (failed > 0) return say('Nothing else was run: all of it needs the build.')
  await runParts(CHECKS, { ...options, atOnce: 2 })
  await runParts(TESTS, { ...options, atOnce: 1 })
}

// Ended from outside, it takes along what it started.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => process.exit(1))
}

try {
  await everything()
} catch (error) {
  failed += 1
  explain(error)
}
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
