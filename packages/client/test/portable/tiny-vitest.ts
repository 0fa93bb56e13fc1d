// What a test file takes from vitest, for runtimes that vitest does not run on: its own assertions, and a runner of a page.
import { GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect'
import * as chai from 'chai'

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

type Run = () => unknown

/** What became of the tests of one file. */
export interface Report {
  readonly passed: number
  readonly failed: readonly string[]
}

const tests: { readonly name: string; readonly run: Run }[] = []
const path: string[] = []

export function describe(name: string, body: Run): void {
  path.push(name)
  body()
  path.pop()
}

export function it(name: string, run: Run): void {
  tests.push({ name: [...path, name].join(' > '), run })
}

it.each =
  (rows: readonly unknown[]) =>
  (name: string, run: (...row: unknown[]) => unknown): void => {
    for (const row of rows) {
      const values: unknown[] = Array.isArray(row) ? row : [row]
      it(`${name} ${JSON.stringify(values.slice(0, 2))}`, () => run(...values))
    }
  }

export const expect = (value: unknown, message?: string): Chai.Assertion => chai.expect(value, message)
Object.assign(globalThis, { [GLOBAL_EXPECT]: expect })

/** Runs all that was declared, one after the other. */
export async function runDeclared(): Promise<Report> {
  const failed: string[] = []
  for (const { name, run } of tests) {
    try {
      await run()
    } catch (error) {
      failed.push(`${name}: ${String(error)}`)
    }
  }
  return { passed: tests.length - failed.length, failed }
}
