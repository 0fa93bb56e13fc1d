import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/temporary-folder.js'
import { type Outcome, runPart, runParts } from './parts.mjs'

/** A script that stands for vitest: it writes this report where it is told to, and ends with this code. */
const reporter = (statuses: readonly string[], code: number) => `
  const file = process.argv.find((one) => one.startsWith('--outputFile.json=')).split('=')[1]
  const assertionResults = ${JSON.stringify(statuses)}.map((status, at) => ({ status, fullName: 'test ' + at }))
  require('fs').writeFileSync(file, JSON.stringify({ testResults: [{ assertionResults }] }))
  console.log('the output')
  process.exitCode = ${code}`

async function outcomeOf(script: string, tests: boolean): Promise<Outcome> {
  const root = await temporaryFolder({
    'package.json': JSON.stringify({ scripts: { part: 'node part.cjs' } }),
    'part.cjs': script,
  })
  return runPart({ script: 'part', tests }, { root, env: process.env })
}

describe('runPart', () => {
  it('counts a check that ends well as one passed, and keeps its output to itself', async () => {
    expect(await outcomeOf(`console.log('fine')`, false)).toMatchObject({ passed: 1, failed: 0, details: '' })
  })

  it('counts a check that fails as one failed, with its output', async () => {
    const outcome = await outcomeOf(`console.log('broken'); process.exitCode = 2`, false)
    expect(outcome).toMatchObject({ passed: 0, failed: 1 })
    expect(outcome.details).toBe('broken\n`npm run part` ended with code 2.')
  })

  it('counts each test, and the run itself', async () => {
    const outcome = await outcomeOf(reporter(['passed', 'passed'], 0), true)
    expect(outcome).toMatchObject({ passed: 3, failed: 0, details: '' })
  })

  it('counts failed tests, and not the run a second time', async () => {
    const outcome = await outcomeOf(reporter(['passed', 'failed', 'failed'], 1), true)
    expect(outcome).toMatchObject({ passed: 1, failed: 2 })
    expect(outcome.details).toContain('the output')
  })

  it.each([
    ['whose tests pass and whose coverage does not', reporter(['passed'], 1), 1],
    ['without a test', reporter([], 0), 0],
    ['that crashes before its report', 'process.exit(1)', 0],
    ['that leaves no report', '', 0],
  ])('counts a run %s as failed', async (_what, script, passed) => {
    expect(await outcomeOf(script, true)).toMatchObject({ passed, failed: 1 })
  })

  it.each([['skipped'], ['pending'], ['todo']])(
    'counts a test that is %s as failed, and names it',
    async (status) => {
      const outcome = await outcomeOf(reporter(['passed', status], 0), true)
      expect(outcome).toMatchObject({ passed: 1, failed: 1 })
      expect(outcome.details).toContain('Skipped, so it counts as failed: test 1')
    },
  )
})

describe('runParts', () => {
  it('hands every outcome on, also of a script that is not there', async () => {
    const root = await temporaryFolder({ 'package.json': JSON.stringify({ scripts: { good: 'node -e 0' } }) })
    const outcomes: Outcome[] = []
    await runParts([{ script: 'good' }, { script: 'gone' }, { script: 'good' }], {
      root,
      env: process.env,
      atOnce: 2,
      onOutcome: (outcome) => outcomes.push(outcome),
    })
    const seen = outcomes.map(({ script, failed }) => `${script} ${failed}`).sort()
    expect(seen).toEqual(['gone 1', 'good 0', 'good 0'])
  })
})
