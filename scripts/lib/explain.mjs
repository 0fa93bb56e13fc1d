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
  process.stderr.write(`${told(error)}\n`)
}

/**
 * What was foreseen is told in a sentence of ours; anything else is a mistake of these scripts, and needs its stack.
 *
 * @param {unknown} error
 */
function told(error) {
  if (!(error instanceof Error)) return String(error)
  return error.message.startsWith('wsticket: ') ? error.message : error.stack
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
