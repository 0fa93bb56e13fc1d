import { CommandFailed } from './run.mjs'

/**
 * Tells a failure as a person wants it: the tool's own words first, then what to do, and not our stack.
 *
 * @param {unknown} error
 * @returns {void}
 */
export function explain(error) {
  if (error instanceof CommandFailed && error.output !== '')
    process.stderr.write(`${error.output.trimEnd()}\n\n`)
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
}

/**
 * Runs the whole of a script; a failure is explained and ends the process with code 1.
 *
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
export async function orExplain(work) {
  try {
    await work()
  } catch (error) {
    explain(error)
    process.exit(1)
  }
}
