import { readFile } from 'node:fs/promises'

/**
 * What became of the tests of one vitest run.
 *
 * @typedef {{ passed: number, failed: number, skipped: readonly string[] }} Tally
 */

/**
 * What we read of the file that vitest's JSON reporter writes.
 *
 * @typedef {{ status: string, fullName: string }} Assertion
 * @typedef {{ testResults: { assertionResults: Assertion[] }[] }} Report
 */

/**
 * Counts a run by its JSON report. Whatever neither passed nor failed was not run, and is named.
 *
 * @param {string} path
 * @returns {Promise<Tally | undefined>} `undefined` when there is no report: the run crashed
 */
export async function readTally(path) {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const report = /** @type {Report} */ (JSON.parse(text))
  const all = report.testResults.flatMap((file) => file.assertionResults)
  return {
    passed: all.filter((test) => test.status === 'passed').length,
    failed: all.filter((test) => test.status === 'failed').length,
    skipped: all
      .filter((test) => test.status !== 'passed' && test.status !== 'failed')
      .map((test) => test.fullName),
  }
}
